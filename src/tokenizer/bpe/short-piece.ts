// A short piece under a merge list, as the cache needs it: ids alone. A piece that is a token which its own
// bytes merge to (most words of a language) costs one look-up; any other is merged like in merge.ts, but from
// ids alone, with rank and place in one number, so that the minimum is found by comparing numbers.
import type { BpeModelSpec } from '../spec.ts'
import type { MergeHistory } from './merge-history.ts'
import { NO_MERGE, type MergeList } from './merge-rules.ts'
import { Merger } from './merge.ts'
import type { Symbolize } from './symbols.ts'

/** Most symbols that are merged here: places take 6 bits. */
const MOST_SYMBOLS = 64
/** Ranks above 25 bits would not fit beside them. */
const MOST_MERGES = 1 << 24
const NONE = 0x7fffffff

export class ShortPiece {
  /** `[count]` ids of the piece that `encode` was last called for. */
  ids: Int32Array
  private readonly model: BpeModelSpec
  private readonly rules: MergeList
  private readonly history: MergeHistory
  private readonly symbolize: Symbolize
  private readonly symbols: Merger
  private readonly one = new Int32Array(1)
  /** `[symbols]` rank * 64 + place of the merge of each symbol with the one behind it; NONE when there is none. */
  private readonly keys = new Int32Array(MOST_SYMBOLS)
  private readonly next = new Int32Array(MOST_SYMBOLS)
  private readonly before = new Int32Array(MOST_SYMBOLS)

  constructor(model: BpeModelSpec, rules: MergeList, history: MergeHistory, symbolize: Symbolize) {
    this.model = model
    this.rules = rules
    this.history = history
    this.symbolize = symbolize
    this.symbols = new Merger(rules)
    this.ids = this.one
  }

  /** Number of ids of `bytes[start .. end]`. */
  encode(bytes: Uint8Array, start: number, end: number): number {
    const id = this.model.vocab.idOf(bytes, start, end)
    if (id >= 0 && this.history.knows(id)) {
      this.ids = this.one
      this.ids[0] = id
      return 1
    }
    const { symbols } = this
    this.symbolize(bytes, start, end, symbols)
    this.ids = symbols.ids
    if (symbols.count <= MOST_SYMBOLS && this.rules.count <= MOST_MERGES)
      return this.merge(symbols.ids, symbols.count)
    symbols.run(bytes)
    this.ids = symbols.ids
    return symbols.count
  }

  private merge(ids: Int32Array, count: number): number {
    const { keys, next, before, rules } = this
    for (let i = 0; i < count; i++) {
      next[i] = i + 1
      before[i] = i - 1
      const rank = i + 1 < count ? rules.rankOf(ids[i]!, ids[i + 1]!) : NO_MERGE
      keys[i] = rank === NO_MERGE ? NONE : (rank << 6) | i
    }
    for (;;) {
      let best = NONE
      for (let i = 0; i < count; i++) if (keys[i]! < best) best = keys[i]!
      if (best === NONE) break
      const at = best & (MOST_SYMBOLS - 1)
      const made = rules.result(best >> 6)
      const right = next[at]!
      const after = next[right]!
      ids[at] = made
      keys[right] = NONE
      next[at] = after
      let rank = NO_MERGE
      if (after < count) {
        before[after] = at
        rank = rules.rankOf(made, ids[after]!)
      }
      keys[at] = rank === NO_MERGE ? NONE : (rank << 6) | at
      const left = before[at]!
      if (left >= 0) {
        rank = rules.rankOf(ids[left]!, made)
        keys[left] = rank === NO_MERGE ? NONE : (rank << 6) | left
      }
    }
    let out = 0
    for (let i = 0; i < count; i = next[i]!) ids[out++] = ids[i]!
    return out
  }
}
