// Candidates for the next merge: a binary max-heap over entries, each entry a pair with the list of
// places where it occurs. Order: higher count first, then the smaller (left, right), then the older
// entry. A stored count may be out of date; whoever looks at the top corrects it (lazy update).

export class MergeQueue {
  /** `[entries]` by entry number; entries are numbered in order of creation. */
  left = new Int32Array(1024)
  right = new Int32Array(1024)
  stored = new Float64Array(1024)
  /** Where the entry's places begin in the arena, and how many there are; -1 = the entry is gone (`drop`). */
  from = new Int32Array(1024)
  places = new Int32Array(1024)
  entries = 0
  private gone = 0
  private heap = new Int32Array(1024)
  private heapSize = 0

  /** The best entry, or -1. */
  top(): number {
    return this.heapSize === 0 ? -1 : this.heap[0]!
  }

  push(left: number, right: number, count: number, from: number, places: number): void {
    if (this.entries === this.left.length) {
      if (this.gone * 4 > this.entries) this.compact()
      else this.grow()
    }
    const entry = this.entries++
    this.left[entry] = left
    this.right[entry] = right
    this.stored[entry] = count
    this.from[entry] = from
    this.places[entry] = places
    this.siftUp(this.heapSize++, entry)
  }

  /** Takes the best entry out. */
  pop(): void {
    const last = this.heap[--this.heapSize]!
    if (this.heapSize > 0) this.siftDown(last)
  }

  /** Gives the best entry another count and puts it where it belongs. */
  correctTop(count: number): void {
    const entry = this.heap[0]!
    this.stored[entry] = count
    this.siftDown(entry)
  }

  /** Forgets an entry that is in the heap no more. */
  drop(entry: number): void {
    this.places[entry] = -1
    this.gone++
  }

  /** Renumbers so that gone entries take no room; the order of the others stays. */
  compact(): void {
    const renamed = new Int32Array(this.entries).fill(-1)
    let kept = 0
    for (let entry = 0; entry < this.entries; entry++) {
      if (this.places[entry]! < 0) continue
      renamed[entry] = kept
      this.left[kept] = this.left[entry]!
      this.right[kept] = this.right[entry]!
      this.stored[kept] = this.stored[entry]!
      this.from[kept] = this.from[entry]!
      this.places[kept] = this.places[entry]!
      kept++
    }
    this.entries = kept
    this.gone = 0
    // Gone entries are not in the heap, and new numbers do not change the order of any two.
    for (let i = 0; i < this.heapSize; i++) this.heap[i] = renamed[this.heap[i]!]!
  }

  clear(): void {
    this.entries = 0
    this.gone = 0
    this.heapSize = 0
  }

  private before(a: number, b: number): boolean {
    const d = this.stored[a]! - this.stored[b]!
    if (d !== 0) return d > 0
    if (this.left[a] !== this.left[b]) return this.left[a]! < this.left[b]!
    if (this.right[a] !== this.right[b]) return this.right[a]! < this.right[b]!
    return a < b
  }

  private siftUp(at: number, entry: number): void {
    const { heap } = this
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  private siftDown(entry: number): void {
    const { heap, heapSize } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heapSize) break
      if (child + 1 < heapSize && this.before(heap[child + 1]!, heap[child]!)) child++
      if (!this.before(heap[child]!, entry)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = entry
  }

  private grow(): void {
    const capacity = this.left.length * 2
    this.left = widened(this.left, capacity)
    this.right = widened(this.right, capacity)
    this.from = widened(this.from, capacity)
    this.places = widened(this.places, capacity)
    this.heap = widened(this.heap, capacity)
    const stored = new Float64Array(capacity)
    stored.set(this.stored)
    this.stored = stored
  }
}

/** The same numbers in an array of `capacity`. */
export function widened(array: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const wide = new Int32Array(capacity)
  wide.set(array)
  return wide
}
