// Candidates for the next merge of a batch: a binary heap, higher count first, then the pair that stands
// first. Entries are never updated: one that promises too much is put back with what is true now, and a pair
// that gained is pushed again. An entry can only promise too much, so the top, once true, is the best.

export interface Pair {
  readonly left: number
  readonly right: number
  readonly made: number
  count: number
  /** Cells where the pair stood when it was counted; those before `seen` are gone. */
  places: number[]
  seen: number
  /** A place was added that lies before another. */
  unsorted: boolean
  touched: boolean
}

interface Entry {
  pair: Pair
  count: number
  first: number
}

export class PairQueue {
  private readonly heap: Entry[] = []
  private readonly firstOf: (pair: Pair) => number

  constructor(firstOf: (pair: Pair) => number) {
    this.firstOf = firstOf
  }

  push(pair: Pair): void {
    this.put({ pair, count: pair.count, first: this.firstOf(pair) })
  }

  /** Takes the best pair out; null when there is none. */
  take(): Pair | null {
    for (;;) {
      const top = this.heap[0]
      if (!top) return null
      this.drop()
      const { pair } = top
      if (pair.count === 0) continue
      const first = this.firstOf(pair)
      if (pair.count === top.count && first === top.first) return pair
      this.put({ pair, count: pair.count, first })
    }
  }

  private put(entry: Entry): void {
    const { heap } = this
    let at = heap.length
    heap.push(entry)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  private drop(): void {
    const { heap } = this
    const last = heap.pop()!
    const size = heap.length
    if (size === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.count !== b.count ? a.count > b.count : a.first < b.first
}
