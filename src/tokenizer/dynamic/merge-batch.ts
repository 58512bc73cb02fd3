// The merges of a batch: again and again the most frequent pair of neighbours over all its texts, as
// byte-pair encoding is trained, but on base tokens and for this batch alone. Ties go to the pair that is
// seen first. Counts are kept by difference over linked lists; testing/recount.ts counts anew every time.
//
// The history needs one number per base token: the merge that joined it to its left neighbour. Every state
// between the base tokens and the last merge can be read off it.
import { PairQueue, type Pair } from './pair-queue.ts'
import type { Symbols } from './symbols.ts'

export interface BatchMerge {
  left: number
  right: number
  /** The symbol that the two become. */
  made: number
  /** How often the pair was counted; "aaa" has the pair (a, a) twice, but only one merge. */
  count: number
  /** Places that were merged. */
  places: number
}

export class BatchMerges {
  readonly merges: BatchMerge[] = []
  /** `[base tokens]` number (from 1) of the merge that joined a token to the one before it; 0 = none. */
  readonly joinedAt: Int32Array
  private readonly symbols: Symbols
  private readonly cells: Int32Array
  private readonly next: Int32Array
  private readonly previous: Int32Array
  private readonly walls: Uint8Array
  private readonly pairs = new Map<number, Pair | null>()
  private readonly queue: PairQueue
  private readonly touched: Pair[] = []

  /**
   * `cells`: the symbols of all texts, one after another; they are overwritten. `starts` `[texts + 1]`: where
   * each text begins. `walls` `[cells]`: 1 = nothing may be joined to what is before.
   */
  constructor(symbols: Symbols, cells: Int32Array, starts: ArrayLike<number>, walls: Uint8Array) {
    this.symbols = symbols
    this.cells = cells
    this.walls = walls
    const n = cells.length
    this.joinedAt = new Int32Array(n)
    this.next = Int32Array.from({ length: n }, (_, i) => (i + 1 < n ? i + 1 : -1))
    this.previous = Int32Array.from({ length: n }, (_, i) => i - 1)
    for (let text = 1; text + 1 < starts.length; text++) {
      const at = starts[text]!
      if (at > 0) this.next[at - 1] = -1
      if (at < n) this.previous[at] = -1
    }
    this.queue = new PairQueue((pair) => this.firstOf(pair))
    for (let i = 0; i < n; i++) this.enter(i)
    this.queueTouched()
  }

  /** One merge; false when no pair is left. */
  step(): boolean {
    const pair = this.queue.take()
    if (!pair) return false
    const { cells, next, previous } = this
    const { left, right, made, count } = pair
    const step = this.merges.length + 1
    // Entering pairs may add places to this very pair's list: they lie in a new one.
    const places = pair.places
    const from = pair.seen
    pair.places = []
    pair.seen = 0
    let merged = 0
    for (let n = from; n < places.length; n++) {
      const at = places[n]!
      if (!this.stands(pair, at)) continue
      const gone = next[at]!
      const before = previous[at]!
      const after = next[gone]!
      if (before >= 0) this.leave(before)
      this.leave(at)
      if (after >= 0) this.leave(gone)
      cells[at] = made
      cells[gone] = -1
      next[at] = after
      if (after >= 0) previous[after] = at
      this.joinedAt[gone] = step
      if (before >= 0) this.enter(before)
      this.enter(at)
      merged++
    }
    this.merges.push({ left, right, made, count, places: merged })
    this.queueTouched()
    return true
  }

  /** Whether the pair stands at a cell now. */
  private stands(pair: Pair, at: number): boolean {
    const right = this.next[at]!
    return this.cells[at] === pair.left && right >= 0 && this.cells[right] === pair.right
  }

  /** The first cell where the pair stands. A cell where it does not will never see it again. */
  private firstOf(pair: Pair): number {
    if (pair.unsorted) {
      pair.places = pair.places.slice(pair.seen).sort((a, b) => a - b)
      pair.seen = 0
      pair.unsorted = false
    }
    while (!this.stands(pair, pair.places[pair.seen]!)) pair.seen++
    return pair.places[pair.seen]!
  }

  /** Counts the pair that begins at a cell. */
  private enter(at: number): void {
    const pair = this.pairAt(at)
    if (!pair) return
    pair.count++
    const { places } = pair
    if (places.length > 0 && places[places.length - 1]! > at) pair.unsorted = true
    places.push(at)
    if (!pair.touched) {
      pair.touched = true
      this.touched.push(pair)
    }
  }

  private leave(at: number): void {
    const pair = this.pairAt(at)
    if (pair) pair.count--
  }

  /** The pair that begins at a cell; null: nothing follows, or they may not be joined. */
  private pairAt(at: number): Pair | null {
    const right = this.next[at]!
    if (right < 0 || this.walls[right] === 1) return null
    const a = this.cells[at]!
    const b = this.cells[right]!
    const key = a * 2 ** 26 + b
    let pair = this.pairs.get(key)
    if (pair === undefined) {
      const made = this.symbols.join(a, b)
      pair =
        made < 0
          ? null
          : { left: a, right: b, made, count: 0, places: [], seen: 0, unsorted: false, touched: false }
      this.pairs.set(key, pair)
    }
    return pair
  }

  private queueTouched(): void {
    for (const pair of this.touched) {
      pair.touched = false
      if (pair.count > 0) this.queue.push(pair)
    }
    this.touched.length = 0
  }
}
