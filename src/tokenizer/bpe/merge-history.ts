// How each token comes about: its last merge. With it one can tell without merging whether two neighbouring
// tokens stay apart, by walking their histories back in time and asking at each moment whether a merge would
// have joined what then stood on the two sides of the border.
//
// Why that is exact: a token is only taken in here when its own bytes merge to it and the ranks of the merges
// inside it rise from part to whole. Then the merges of two neighbours happen in the order of their ranks, the
// left one's first at equal rank, so what stands at the border between two of these ranks is known.
import { utf8SequenceLength } from '../../core/index.ts'
import type { Vocab } from '../vocab.ts'
import { NO_MERGE, type MergeList } from './merge-rules.ts'

const LEFT = 0
const RIGHT = 1
const RANK = 2
/** Rank of initial symbols: they were there before any merge. */
const SYMBOL = -1

export class MergeHistory {
  /** `[4 * size]` left part, right part, rank of the last merge, unused. */
  private readonly nodes: Int32Array
  /** `[size]` 1 = `knows`. */
  private readonly known: Uint8Array
  private readonly merges: MergeList

  /** `pairs` is the list that `merges` was made of. `byteLevel`: symbols are bytes, else characters. */
  constructor(vocab: Vocab, pairs: Uint32Array, merges: MergeList, byteLevel: boolean) {
    const { bytes, offsets, size } = vocab
    const nodes = new Int32Array(4 * size)
    const known = new Uint8Array(size)
    this.nodes = nodes
    this.known = known
    this.merges = merges
    for (let id = 0; id < size; id++) {
      const from = offsets[id]!
      const length = offsets[id + 1]! - from
      const isSymbol =
        length > 0 &&
        length <= 4 &&
        length === (byteLevel ? 1 : utf8SequenceLength(bytes, from, from + length)) &&
        vocab.idOf(bytes, from, from + length) === id
      nodes[4 * id + RANK] = SYMBOL
      if (isSymbol) known[id] = 1
    }
    for (let rank = 0; rank < merges.count; rank++) {
      const made = merges.result(rank)
      if (made < 0 || known[made] === 1) continue
      const left = pairs[2 * rank]!
      const right = pairs[2 * rank + 1]!
      // Parts that are not known yet would have to be made by a later merge.
      if (!this.knows(left) || !this.knows(right)) continue
      if (merges.rankOf(left, right) !== rank || !this.meets(left, right)) continue
      nodes[4 * made + LEFT] = left
      nodes[4 * made + RIGHT] = right
      nodes[4 * made + RANK] = rank
      known[made] = 1
    }
  }

  /** The bytes of this token, encoded alone, are this token, and its history is known. */
  knows(id: number): boolean {
    return this.known[id] === 1
  }

  /** Two known tokens, encoded together, stay the same two tokens. */
  stay(left: number, right: number): boolean {
    return this.merges.rankOf(left, right) === NO_MERGE && this.meets(left, right)
  }

  /** Two known tokens both come about when encoded together (and may merge then). */
  private meets(left: number, right: number): boolean {
    const { nodes, merges } = this
    /** Ranks at which what now stands to the left and to the right becomes part of something larger. */
    let leftUntil = NO_MERGE
    let rightUntil = NO_MERGE
    for (;;) {
      const leftSince = nodes[4 * left + RANK]!
      const rightSince = nodes[4 * right + RANK]!
      if (leftSince > rightSince) {
        leftUntil = leftSince
        left = nodes[4 * left + RIGHT]!
      } else if (rightSince >= 0) {
        rightUntil = rightSince
        right = nodes[4 * right + LEFT]!
      } else {
        return true
      }
      const rank = merges.rankOf(left, right)
      if (rank < leftUntil && rank <= rightUntil) return false
    }
  }
}
