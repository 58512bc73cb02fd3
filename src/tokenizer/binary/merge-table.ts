// The merges of a binary vocabulary as the encoder reads them: all byte pairs in one direct table (most
// look-ups), every other pair in an open-addressed hash of integers.
import { FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'

/** The merges of a vocabulary in the form the encoder reads. Symbols are ids. */
export class MergeTable {
  /** Number of merges. */
  readonly size: number
  /** `[65536]` first byte × 256 + second byte → rank, or -1. */
  readonly ofBytes: Int32Array
  /** `[size]` ids of the two halves of each merge. */
  readonly lefts: Int32Array
  readonly rights: Int32Array
  private readonly mask: number
  /** `[2 * capacity]` of (left, right), and the rank at each slot; rank -1 = free. */
  private readonly keys: Int32Array
  private readonly ranks: Int32Array

  /** `merges`: `[2 * n]` pairs of ids; merge m makes id 263 + m. */
  constructor(merges: Uint32Array) {
    const n = merges.length / 2
    this.size = n
    this.ofBytes = new Int32Array(65536).fill(-1)
    this.lefts = new Int32Array(n)
    this.rights = new Int32Array(n)
    let capacity = 1024
    while (capacity < n * 4) capacity *= 2
    this.mask = capacity - 1
    this.keys = new Int32Array(capacity * 2)
    this.ranks = new Int32Array(capacity).fill(-1)
    for (let rank = 0; rank < n; rank++) {
      const left = merges[2 * rank]!
      const right = merges[2 * rank + 1]!
      this.lefts[rank] = left
      this.rights[rank] = right
      if (left < FIRST_MERGE_ID && right < FIRST_MERGE_ID) {
        const at = ((left - FIRST_BYTE_ID) << 8) | (right - FIRST_BYTE_ID)
        if (this.ofBytes[at] === -1) this.ofBytes[at] = rank
      }
      let at = slotOf(left, right, this.mask)
      let known = false
      while (this.ranks[at] !== -1) {
        if (this.keys[2 * at] === left && this.keys[2 * at + 1] === right) known = true
        at = (at + 1) & this.mask
      }
      if (known) continue
      this.keys[2 * at] = left
      this.keys[2 * at + 1] = right
      this.ranks[at] = rank
    }
  }

  /** Rank of the merge of two ids, or -1. */
  rankOf(left: number, right: number): number {
    const { keys, ranks, mask } = this
    let at = slotOf(left, right, mask)
    for (;;) {
      const rank = ranks[at]!
      if (rank === -1 || (keys[2 * at] === left && keys[2 * at + 1] === right)) return rank
      at = (at + 1) & mask
    }
  }
}

function slotOf(left: number, right: number, mask: number): number {
  let h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  h ^= h >>> 15
  return h & mask
}
