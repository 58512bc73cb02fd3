// How byte-pair merges built each token, and what that says about it before any text is seen.
// - Locality: merges inside a token's span never look outside of it, so a token comes out of merging if and
//   only if merging its own bytes alone gives it (Berglund & van der Merwe 2023, "Formalizing BPE").
// - Residue: BPE takes pairs in the order of their counts. If the count of a token falls like 1 / rank, then the
//   tokens that were later made from it took the share Σ rank(token) / rank(made) of its occurrences. A token
//   from which nearly all was taken is an intermediate of merging, the commonest kind of under-trained token
//   (Land & Bartolo 2024, "Fishing for Magikarp"; "scaffold" and "junk" tokens elsewhere).
import type { LongWork } from '../../core/index.ts'
import { throwIfCancelled, utf8SequenceLength } from '../../core/index.ts'
import type { BpeModelSpec, Tokenizer } from '../../tokenizer/index.ts'
import { pause } from './pause.ts'

export interface MergeStructure {
  /** `[size]` 1 = merging the token's bytes gives the token; 0 = it never does (or the id has no token). */
  merges: Uint8Array
  /** `[2 * size]` the two tokens that the last merge joins; -1 = an initial symbol, or not made by merging. */
  parts: Int32Array
  /** `[size]` position in the order in which tokens were made; 0 for initial symbols. */
  rank: Uint32Array
  /** `[size]` tokens that are made directly from this one. */
  uses: Uint32Array
  /** `[size]` estimated share of its occurrences that is left to the token, 0 to 1; 1 for one never used. */
  residue: Float32Array
  /** `[size]` the token made from this one that takes most of it; -1 = none. */
  heir: Int32Array
}

const MOST_TOKEN_BYTES = 2048

/** null for models without merges, and for merges with prefixes or suffixes. Throws CANCELLED. */
export async function mergeStructure(
  tokenizer: Tokenizer,
  work: LongWork = {},
): Promise<MergeStructure | null> {
  const { model } = tokenizer.spec
  if (model.type !== 'BPE' || model.continuingSubwordPrefix || model.endOfWordSuffix) return null
  const { vocab } = model
  const { size } = vocab
  const merger = new Merger(model)
  const structure: MergeStructure = {
    merges: new Uint8Array(size),
    parts: new Int32Array(2 * size).fill(-1),
    rank: new Uint32Array(size),
    uses: new Uint32Array(size),
    residue: new Float32Array(size).fill(1),
    heir: new Int32Array(size).fill(-1),
  }
  const { merges, parts, rank, uses, residue, heir } = structure
  for (let id = 0; id < size; id++) {
    if (id % 8192 === 0) {
      throwIfCancelled(work.signal)
      work.onProgress?.({ stage: 'merging every token', done: id, total: size, unit: 'items' })
      await pause()
    }
    if (!vocab.has(id) || vocab.literal.has(id)) continue
    const made = merger.merge(vocab.bytesOf(id))
    if (made.id !== id) continue
    merges[id] = 1
    rank[id] = made.rank
    parts[2 * id] = made.left
    parts[2 * id + 1] = made.right
  }
  const taken = new Float64Array(size)
  const most = new Float64Array(size)
  for (let id = 0; id < size; id++) {
    const left = parts[2 * id]!
    if (left < 0) continue
    const right = parts[2 * id + 1]!
    for (const part of left === right ? [left] : [left, right]) {
      uses[part]!++
      // A symbol that was there from the start has no rank to compare with.
      if (rank[part] === 0 || rank[id] === 0) continue
      const share = rank[part]! / rank[id]!
      taken[part]! += share
      if (share > most[part]!) {
        most[part] = share
        heir[part] = id
      }
    }
  }
  for (let id = 0; id < size; id++) residue[id] = Math.max(0, 1 - taken[id]!)
  return structure
}

interface Merged {
  /** The token that all bytes became, or -1. */
  id: number
  /** Rank of the last merge, from 1; 0 without one. */
  rank: number
  left: number
  right: number
}

/** Merging of one short piece, plainly: the pair of lowest rank, leftmost first, until none is left. */
export class Merger {
  private readonly model: BpeModelSpec
  /** Rank (from 1) and result of each pair of a merge list: pairs are keyed left · 2^24 + right. */
  private readonly pairs: Map<number, number> | null
  private readonly results: Int32Array
  /** Under tiktoken's rule ranks are ids, and those of bytes come first. */
  private readonly firstRank: number
  private readonly ids: number[] = []
  private readonly starts: number[] = []

  constructor(model: BpeModelSpec) {
    this.model = model
    const { merges, vocab } = model
    this.firstRank = merges ? 0 : 256
    this.results = new Int32Array(merges ? merges.length / 2 : 0)
    this.pairs = merges && new Map()
    const joined = new Uint8Array(2 * vocab.maxTokenBytes)
    for (let i = 0; merges && i < merges.length; i += 2) {
      const left = vocab.bytesOf(merges[i]!)
      const right = vocab.bytesOf(merges[i + 1]!)
      joined.set(left)
      joined.set(right, left.length)
      this.results[i / 2] = vocab.idOf(joined, 0, left.length + right.length)
      const key = merges[i]! * 0x1000000 + merges[i + 1]!
      if (!this.pairs!.has(key)) this.pairs!.set(key, i / 2)
    }
  }

  merge(bytes: Uint8Array): Merged {
    const last: Merged = { id: -1, rank: 0, left: -1, right: -1 }
    const ids = this.reduce(bytes, () => true, last)
    if (ids === null || ids.length !== 1) return { ...last, id: -1 }
    last.id = ids[0]!
    return last
  }

  /**
   * The ids that are left when no allowed merge is; `allowed` is asked once for each merge that is about to be
   * made (BPE-dropout says no at random). null: the bytes are no symbols of this vocabulary.
   */
  reduce(bytes: Uint8Array, allowed: () => boolean, last?: Merged): readonly number[] | null {
    const { ids, starts, model } = this
    const { vocab } = model
    ids.length = 0
    starts.length = 0
    if (bytes.length > MOST_TOKEN_BYTES) return null
    for (let at = 0; at < bytes.length;) {
      const length = model.byteLevel ? 1 : utf8SequenceLength(bytes, at)
      if (length === 0) return null
      const id = vocab.idOf(bytes, at, at + length)
      if (id < 0) return null
      ids.push(id)
      starts.push(at)
      at += length
    }
    starts.push(bytes.length)
    /** Pairs that were refused in this round. */
    const refused = new Set<number>()
    for (;;) {
      let best = Infinity
      let place = -1
      let result = -1
      for (let i = 0; i + 1 < ids.length; i++) {
        if (refused.has(i)) continue
        const found = this.pairAt(bytes, i)
        if (found !== null && found.rank < best) {
          best = found.rank
          place = i
          result = found.id
        }
      }
      if (place < 0) return ids
      if (!allowed()) {
        refused.add(place)
        continue
      }
      refused.clear()
      if (last) {
        last.rank = Math.max(1, best + 1 - this.firstRank)
        last.left = ids[place]!
        last.right = ids[place + 1]!
      }
      ids[place] = result
      ids.splice(place + 1, 1)
      starts.splice(place + 1, 1)
    }
  }

  private readonly found = { rank: 0, id: 0 }

  private pairAt(bytes: Uint8Array, i: number): { rank: number; id: number } | null {
    const { ids, starts, found } = this
    if (this.pairs === null) {
      const id = this.model.vocab.idOf(bytes, starts[i]!, starts[i + 2]!)
      if (id < 0) return null
      found.rank = id
      found.id = id
      return found
    }
    const rank = this.pairs.get(ids[i]! * 0x1000000 + ids[i + 1]!)
    if (rank === undefined || this.results[rank]! < 0) return null
    found.rank = rank
    found.id = this.results[rank]!
    return found
  }
}
