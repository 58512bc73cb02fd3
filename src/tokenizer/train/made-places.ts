// Needed only where a merge may make a token that exists already (rule `reuse`): where each token was made,
// so that the neighbours it has had so far can be counted when it is made in another way.
import { widened } from './merge-queue.ts'
import type { PackedWords } from './packed-words.ts'

export class MadePlaces {
  private cells: Int32Array<ArrayBuffer> = new Int32Array(1024)
  private end = 0
  /** By token: from, to, from, to, … */
  private readonly ranges: number[][] = []
  /** Counts of a token's right and left neighbours, while `counted`. */
  private readonly right: Float64Array
  private readonly left: Float64Array
  private counted = -1

  constructor(vocabSize: number) {
    this.right = new Float64Array(vocabSize)
    this.left = new Float64Array(vocabSize)
  }

  /** The token was made at every third cell of `trace`. */
  note(id: number, trace: Int32Array, traced: number): void {
    if (this.end + traced > this.cells.length) {
      this.cells = widened(this.cells, this.end + traced + (this.cells.length >> 1))
    }
    for (let i = 0; i < traced; i++) this.cells[this.end + i] = trace[3 * i]!
    const ranges = (this.ranges[id] ??= [])
    ranges.push(this.end, this.end + traced)
    this.end += traced
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
    const ranges = this.ranges[id] ?? []
    for (let range = 0; range < ranges.length; range += 2) {
      for (let i = ranges[range]!; i < ranges[range + 1]!; i++) {
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
