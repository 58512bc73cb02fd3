// A short piece as the cache needs it: ids alone. A piece that is a token (most words of a language) costs one
// look-up. Any other is merged as in merge.ts, with rank and place in one number: the merge to do next is the
// smallest number. In the words of a text that are new, looking for it is most of the work, so longer pieces
// keep the smallest of every eight, and no step of the search branches on what it compares.
import type { BpeModelSpec } from '../spec.ts'
import type { MergeHistory } from './merge-history.ts'
import type { MergeRules } from './merge-rules.ts'
import { Merger } from './merge.ts'
import type { Symbolize } from './symbols.ts'

/** Most symbols that are merged here: places take 6 bits. */
const MOST_SYMBOLS = 64
const PLACE = MOST_SYMBOLS - 1
/** Ranks take the other 25; all ones are NO_MERGE's. */
const RANK = 0x1ffffff
/** Most ranks, so that none of them looks like NO_MERGE. */
export const MOST_RANKS = RANK
/** Keys from here on: no merge. */
const NONE = RANK << 6
/** Up to so many symbols all keys are looked through. */
const FEW = 12

export class ShortPiece {
  /** `[count]` ids of the piece that `encode` was last called for. */
  ids: Int32Array
  private readonly model: BpeModelSpec
  private readonly rules: MergeRules
  private readonly history: MergeHistory | null
  private readonly symbolize: Symbolize
  private readonly symbols: Merger
  private readonly one = new Int32Array(1)
  /** `[symbols]` rank * 64 + place of the merge of each symbol with the one behind it; from NONE on when there is none. */
  private readonly keys = new Int32Array(MOST_SYMBOLS + 8)
  /** `[symbols / 8]` the smallest of every eight keys. */
  private readonly least = new Int32Array(MOST_SYMBOLS / 8)
  private readonly next = new Int32Array(MOST_SYMBOLS)
  private readonly before = new Int32Array(MOST_SYMBOLS)

  /** `rules` of at most MOST_RANKS; with `history` a piece that is a token it knows is not merged. */
  constructor(model: BpeModelSpec, rules: MergeRules, history: MergeHistory | null, symbolize: Symbolize) {
    this.model = model
    this.rules = rules
    this.history = history
    this.symbolize = symbolize
    this.symbols = new Merger(rules)
    this.ids = this.one
  }

  /** Number of ids of `bytes[start .. end]`. */
  encode(bytes: Uint8Array, start: number, end: number): number {
    const { model, history, symbols } = this
    if (model.ignoreMerges || history !== null) {
      const id = model.vocab.idOf(bytes, start, end)
      if (id >= 0 && (model.ignoreMerges || history!.knows(id))) {
        this.ids = this.one
        this.ids[0] = id
        return 1
      }
    }
    this.symbolize(bytes, start, end, symbols)
    this.ids = symbols.ids
    const { count } = symbols
    if (count < 2) return count
    if (count <= MOST_SYMBOLS) {
      this.link(bytes, count)
      const left = count <= FEW ? this.mergeFew(bytes, count) : this.mergeMany(bytes, count)
      return this.gather(left)
    }
    symbols.run(bytes)
    this.ids = symbols.ids
    return symbols.count
  }

  private link(bytes: Uint8Array, count: number): void {
    const { keys, next, before, rules } = this
    const { ids, starts } = this.symbols
    const last = count - 1
    for (let i = 0; i < last; i++) {
      next[i] = i + 1
      before[i] = i - 1
      const rank = rules.rank(ids[i]!, ids[i + 1]!, bytes, starts[i]!, starts[i + 2]!)
      keys[i] = ((rank & RANK) << 6) | i
    }
    next[last] = count
    before[last] = last - 1
    keys[last] = NONE
  }

  /** Number of symbols that are left. */
  private mergeFew(bytes: Uint8Array, count: number): number {
    const { keys } = this
    const last = count - 1
    for (let left = count; ; left--) {
      let best = NONE
      for (let i = 0; i < last; i++) best = smaller(keys[i]!, best)
      if (best >= NONE) return left
      this.join(best, bytes, count)
    }
  }

  private mergeMany(bytes: Uint8Array, count: number): number {
    const { keys, least, next, before } = this
    const groups = (count + 7) >> 3
    keys.fill(NONE, count, groups << 3)
    for (let group = 0; group < groups; group++) this.regroup(group)
    for (let left = count; ; left--) {
      let best = NONE
      for (let group = 0; group < groups; group++) best = smaller(least[group]!, best)
      if (best >= NONE) return left
      const at = best & PLACE
      const right = next[at]!
      this.join(best, bytes, count)
      const group = at >> 3
      this.regroup(group)
      if (right >> 3 !== group) this.regroup(right >> 3)
      const ahead = before[at]!
      if (ahead >= 0 && ahead >> 3 !== group) this.regroup(ahead >> 3)
    }
  }

  /** Does the merge of this key; the keys of both neighbours follow. */
  private join(key: number, bytes: Uint8Array, count: number): void {
    const { keys, next, before, rules } = this
    const { ids, starts } = this.symbols
    const at = key & PLACE
    const made = rules.result(key >> 6)
    const right = next[at]!
    const after = next[right]!
    ids[at] = made
    keys[right] = NONE
    next[at] = after
    if (after < count) {
      before[after] = at
      const rank = rules.rankOfLonger(made, ids[after]!, bytes, starts[at]!, starts[next[after]!]!)
      keys[at] = ((rank & RANK) << 6) | at
    } else {
      keys[at] = NONE
    }
    const ahead = before[at]!
    if (ahead >= 0) {
      const rank = rules.rankOfLonger(ids[ahead]!, made, bytes, starts[ahead]!, starts[after]!)
      keys[ahead] = ((rank & RANK) << 6) | ahead
    }
  }

  private regroup(group: number): void {
    const { keys } = this
    const at = group << 3
    this.least[group] = smaller(
      smaller(smaller(keys[at]!, keys[at + 1]!), smaller(keys[at + 2]!, keys[at + 3]!)),
      smaller(smaller(keys[at + 4]!, keys[at + 5]!), smaller(keys[at + 6]!, keys[at + 7]!)),
    )
  }

  /** Moves the ids of the symbols that are left to the front. */
  private gather(left: number): number {
    const { ids, next } = this
    for (let out = 0, i = 0; out < left; out++, i = next[i]!) ids[out] = ids[i]!
    return left
  }
}

/** The smaller of two numbers in [0, 2^31), without a branch: which one it is cannot be foreseen. */
function smaller(a: number, b: number): number {
  const difference = (a - b) | 0
  return (b + (difference & (difference >> 31))) | 0
}
