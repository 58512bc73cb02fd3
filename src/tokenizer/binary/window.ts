// One window of a file, merged by rank in linear time.
//
// Ranks are worked off in ascending order from buckets of positions. A new pair contains the token that
// rank r has just made, so its own rank is above r: one sweep over the buckets is enough, and no heap is
// needed. Order inside a bucket only matters where pairs overlap, which is in runs of one symbol.
import { FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'
import type { MergeTable } from './merge-table.ts'

const NONE = -1

/** Reusable working arrays, for sequences of at most `capacity` bytes. */
export class WindowMerger {
  readonly capacity: number
  private readonly table: MergeTable
  /** Symbol at each live position. */
  private readonly symbols: Int32Array
  /** Live positions before and behind each live position. */
  private readonly next: Int32Array
  private readonly previous: Int32Array
  /** Rank of the pair that begins at each position, or -1; an entry of a bucket that differs is stale. */
  private readonly pairRank: Int32Array
  /** Buckets by rank: `head[rank]` → entry, `link[entry]` → next entry, `at[entry]` → position. */
  private readonly head: Int32Array
  private readonly link: Int32Array
  private readonly at: Int32Array

  constructor(table: MergeTable, capacity: number) {
    this.table = table
    this.capacity = capacity
    this.symbols = new Int32Array(capacity)
    this.next = new Int32Array(capacity)
    this.previous = new Int32Array(capacity)
    this.pairRank = new Int32Array(capacity)
    this.head = new Int32Array(table.size).fill(NONE)
    // A position enters a bucket once at first, and each merge re-enters at most two.
    this.link = new Int32Array(capacity * 3)
    this.at = new Int32Array(capacity * 3)
  }

  /**
   * Encodes `bytes[start .. end]` (at most `capacity` bytes) as one sequence with the first `limit` merges
   * into `out`. Returns the number of ids.
   */
  encode(bytes: Uint8Array, start: number, end: number, limit: number, out: Uint32Array): number {
    const { symbols, next, previous, pairRank, head, link, at, table } = this
    const { ofBytes, lefts, rights } = table
    const n = end - start
    let entries = 0
    let highest = -1
    for (let i = 0; i < n; i++) {
      const b = bytes[start + i]!
      symbols[i] = b + FIRST_BYTE_ID
      next[i] = i + 1
      previous[i] = i - 1
      let rank = NONE
      if (i + 1 < n) {
        rank = ofBytes[(b << 8) | bytes[start + i + 1]!]!
        if (rank >= limit) rank = NONE
      }
      pairRank[i] = rank
      if (rank !== NONE) {
        at[entries] = i
        link[entries] = head[rank]!
        head[rank] = entries++
        if (rank > highest) highest = rank
      }
    }
    for (let rank = 0; rank <= highest; rank++) {
      let entry = head[rank]!
      if (entry === NONE) continue
      head[rank] = NONE
      const left = lefts[rank]!
      const right = rights[rank]!
      const made = FIRST_MERGE_ID + rank
      const twins = left === right
      while (entry !== NONE) {
        let i = at[entry]!
        entry = link[entry]!
        if (pairRank[i] !== rank) continue
        // In a run of one symbol the pairs overlap, and they are taken from the left end of the run.
        if (twins) while (previous[i]! >= 0 && pairRank[previous[i]!] === rank) i = previous[i]!
        for (;;) {
          const j = next[i]!
          const k = next[j]!
          symbols[i] = made
          next[i] = k
          pairRank[j] = NONE
          let found = NONE
          if (k < n) {
            previous[k] = i
            // A run goes on behind the merged pair: its next pair is taken now, and pairs with us after.
            if (twins && pairRank[k] === rank) {
              pairRank[i] = NONE
            } else {
              found = table.rankOf(made, symbols[k]!)
              if (found >= limit) found = NONE
              pairRank[i] = found
              if (found !== NONE) {
                at[entries] = i
                link[entries] = head[found]!
                head[found] = entries++
                if (found > highest) highest = found
              }
            }
          } else {
            pairRank[i] = NONE
          }
          const p = previous[i]!
          if (p >= 0) {
            found = table.rankOf(symbols[p]!, made)
            if (found >= limit) found = NONE
            pairRank[p] = found
            if (found !== NONE) {
              at[entries] = p
              link[entries] = head[found]!
              head[found] = entries++
              if (found > highest) highest = found
            }
          }
          if (!twins || k >= n || pairRank[k] !== rank) break
          i = k
        }
      }
    }
    let count = 0
    for (let i = 0; i < n; i = next[i]!) out[count++] = symbols[i]!
    return count
  }
}
