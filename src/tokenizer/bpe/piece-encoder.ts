// Bytes → ids for byte-pair encoding at full speed: a scanner cuts the pieces, a cache answers for those
// seen before, the merge loop for the rest.
import type { BpeModelSpec } from '../spec.ts'
import type { Scan } from '../scan/index.ts'
import type { IdSink } from './id-sink.ts'
import { MergeHistory } from './merge-history.ts'
import { MergeList, mergeRules, type MergeRules } from './merge-rules.ts'
import { Merger } from './merge.ts'
import { MOST_RANKS, ShortPiece } from './short-piece.ts'
import { byteIds, byteSymbols, characterSymbols, requireAllBytes, type Symbolize } from './symbols.ts'
import { LOOKUP_PADDING, MAX_CACHED_BYTES, WordCache } from './word-cache.ts'

/** Bytes that must be readable behind the text in every buffer given to `PieceEncoder`. */
export const PADDING = LOOKUP_PADDING

/** Tokens that are found in the bytes, before pieces are cut. */
export interface AddedTokens {
  /** `[256]` 1 = some token starts with this byte. */
  readonly starts: Uint8Array
  /** The token of the last `match`. */
  readonly id: number
  /** End of the token that starts at `at`, or -1. */
  match(bytes: Uint8Array, at: number, end: number): number
}

export class PieceEncoder {
  private readonly model: BpeModelSpec
  private readonly cache = new WordCache()
  private merger: Merger | null = null
  private rules: MergeRules | null = null
  /** Undefined until a piece is met that the cache does not have; null when there are too many ranks. */
  private short: ShortPiece | null | undefined
  private freshCount = 0
  private readonly symbolize: Symbolize
  /** Ids of single bytes, or null when symbols are characters. */
  private readonly single: Int32Array | null

  constructor(model: BpeModelSpec, name: string) {
    this.model = model
    if (model.byteLevel) {
      this.single = byteIds(model.vocab)
      requireAllBytes(this.single, name)
      this.symbolize = byteSymbols(this.single)
    } else {
      this.single = null
      this.symbolize = characterSymbols(model)
    }
  }

  /**
   * Appends the ids of `bytes[start .. end]` to the sink. `view` covers the same buffer, in which at least
   * PADDING bytes follow `end`. With `added`, `scan` ends a piece in front of each such token.
   */
  encode(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    scan: Scan,
    added: AddedTokens | null,
    sink: IdSink,
  ): void {
    sink.reserve(end - start)
    const { cache, single } = this
    const out = sink.ids
    let n = sink.length
    let pos = start
    while (pos < end) {
      if (added !== null && added.starts[bytes[pos]!] === 1) {
        const behind = added.match(bytes, pos, end)
        if (behind > pos) {
          out[n++] = added.id
          pos = behind
          continue
        }
      }
      const next = scan(bytes, pos, end)
      const length = next - pos
      if (length === 1 && single !== null) {
        out[n++] = single[bytes[pos]!]!
      } else if (length > MAX_CACHED_BYTES) {
        const merger = this.solve(bytes, pos, next)
        for (let i = 0; i < merger.count; i++) out[n++] = merger.ids[i]!
        merger.trim()
      } else {
        const slot = cache.find(view, pos, length)
        if (slot >= 0) {
          const count = cache.countAt(slot)
          const value = cache.valueAt(slot)
          if (count === 1) {
            out[n++] = value
          } else {
            const ids = cache.ids
            for (let i = 0; i < count; i++) out[n++] = ids[value + i]!
          }
        } else {
          const ids = this.fresh(bytes, pos, next)
          const count = this.freshCount
          for (let i = 0; i < count; i++) out[n++] = ids[i]!
          cache.insert(view, pos, length, ids, count)
        }
      }
      pos = next
    }
    sink.length = n
  }

  /** Number of ids of `bytes[start .. end]`; stops early once it exceeds `limit`. */
  count(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    scan: Scan,
    added: AddedTokens | null,
    limit: number,
  ): number {
    const { cache, single } = this
    let n = 0
    let pos = start
    while (pos < end && n <= limit) {
      if (added !== null && added.starts[bytes[pos]!] === 1) {
        const behind = added.match(bytes, pos, end)
        if (behind > pos) {
          n++
          pos = behind
          continue
        }
      }
      const next = scan(bytes, pos, end)
      const length = next - pos
      if (length === 1 && single !== null) {
        n++
      } else if (length > MAX_CACHED_BYTES) {
        const merger = this.solve(bytes, pos, next)
        n += merger.count
        merger.trim()
      } else {
        const slot = cache.find(view, pos, length)
        if (slot >= 0) {
          n += cache.countAt(slot)
        } else {
          const ids = this.fresh(bytes, pos, next)
          n += this.freshCount
          cache.insert(view, pos, length, ids, this.freshCount)
        }
      }
      pos = next
    }
    return n
  }

  /** The first `freshCount` entries are the ids of a short piece, until the next call. */
  private fresh(bytes: Uint8Array, start: number, end: number): Int32Array {
    if (this.short === undefined) this.short = this.shortPiece()
    if (this.short !== null) {
      this.freshCount = this.short.encode(bytes, start, end)
      return this.short.ids
    }
    const merger = this.solve(bytes, start, end)
    this.freshCount = merger.count
    return merger.ids
  }

  private shortPiece(): ShortPiece | null {
    const { vocab, merges, byteLevel, ignoreMerges } = this.model
    const rules = (this.rules ??= mergeRules(this.model))
    if (Math.max(vocab.size, merges?.length ?? 0) > MOST_RANKS) return null
    const listed = rules instanceof MergeList && merges !== null && !ignoreMerges
    const history = listed ? new MergeHistory(vocab, merges, rules, byteLevel) : null
    return new ShortPiece(this.model, rules, history, this.symbolize)
  }

  /**
   * The ids of one piece and where each starts, without the cache. The result is overwritten by the next
   * call.
   */
  solve(bytes: Uint8Array, start: number, end: number): Merger {
    this.rules ??= mergeRules(this.model)
    const merger = (this.merger ??= new Merger(this.rules))
    if (this.model.ignoreMerges) {
      const id = this.model.vocab.idOf(bytes, start, end)
      if (id >= 0) {
        merger.reset(1)
        merger.ids[0] = id
        merger.starts[0] = start
        merger.starts[1] = end
        merger.count = 1
        return merger
      }
    }
    this.symbolize(bytes, start, end, merger)
    merger.run(bytes)
    return merger
  }
}
