// Needed only where a merge may make a token that exists already (rule `reuse`): where each token was made,
// so that the neighbours it has had so far can be counted when it is made in another way.
import { widened } from './merge-queue.ts'
import type { PackedWords } from './packed-words.ts'

export class MadePlaces {
  /** Each merge of two symbols makes one of them, so there is room for all; memory is taken as it fills. */
  private readonly cells: Int32Array
  private end = 0
  /** Ends of the ranges of `cells`, one per merge; range 0 is empty. */
  private ends: Int32Array<ArrayBuffer> = new Int32Array(1024)
  /** By range: the range before it of the same token, or 0; by token: its last range. */
  private earlier: Int32Array<ArrayBuffer> = new Int32Array(1024)
  private readonly latest: Int32Array
  private ranges = 1
  /** Counts of a token's right and left neighbours, while `counted`. */
  private readonly right: Float64Array
  private readonly left: Float64Array
  private counted = -1

  constructor(vocabSize: number, symbols: number) {
    this.cells = new Int32Array(symbols)
    this.right = new Float64Array(vocabSize)
    this.left = new Float64Array(vocabSize)
    this.latest = new Int32Array(vocabSize)
  }

  /** The token was made at every third cell of `trace`. */
  note(id: number, trace: Int32Array, traced: number): void {
    for (let i = 0; i < traced; i++) this.cells[this.end + i] = trace[3 * i]!
    if (this.ranges === this.ends.length) {
      this.ends = widened(this.ends, 2 * this.ranges)
      this.earlier = widened(this.earlier, 2 * this.ranges)
    }
    this.end += traced
    this.ends[this.ranges] = this.end
    this.earlier[this.ranges] = this.latest[id]!
    this.latest[id] = this.ranges++
  }

  /** How often (left, right) occurs, one of which is `id`, wherever that was made. */
  count(id: number, left: number, right: number, packed: PackedWords, lengths: Int32Array): number {
    if (this.counted !== id) {
      this.clear(packed, lengths)
      this.eachNeighbour(id, packed, lengths, false)
      this.counted = id
    }
    return left === id ? this.right[right]! : this.left[left]!
  }

  /** Forgets counted neighbours; call it before the words change again. */
  clear(packed: PackedWords, lengths: Int32Array): void {
    if (this.counted >= 0) this.eachNeighbour(this.counted, packed, lengths, true)
    this.counted = -1
  }

  private eachNeighbour(id: number, packed: PackedWords, lengths: Int32Array, clear: boolean): void {
    const { cells, edge } = packed
    const length = lengths[id]!
    for (let range = this.latest[id]!; range > 0; range = this.earlier[range]!) {
      for (let i = this.ends[range - 1]!; i < this.ends[range]!; i++) {
        const at = this.cells[i]!
        if (cells[at] !== id) continue
        const weight = packed.weightAt(at)
        const after = cells[at + length]!
        if (after !== edge) this.right[after] = clear ? 0 : this.right[after]! + weight
        const before = cells[at - 1]!
        // (id, id) is counted once, from its left side.
        if (before !== edge && before !== id) this.left[before] = clear ? 0 : this.left[before]! + weight
      }
    }
  }
}
