// Dynamic tokenization (Feher, Vulić, Minixhofer 2024, arXiv 2411.18553): the texts of one batch under a
// base tokenizer, their most frequent neighbours merged on the fly. No vocabulary is kept: the same word may
// be split otherwise in another batch. Decoding needs nothing new, as a token is a run of base tokens.
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Tokenizer } from '../types.ts'
import { BaseTokens, type BaseOptions, type BaseText } from './base-tokens.ts'
import { DynamicBatch, type BatchState } from './batch.ts'
import { BatchMerges } from './merge-batch.ts'
import { mergeRule, type Boundary } from './merge-rule.ts'
import { mergesFor, type ReductionTable } from './reduction.ts'
import { Symbols } from './symbols.ts'

export interface DynamicOptions extends BaseOptions {
  /** How far merges may reach. Default `pretokens`. */
  boundary?: Boundary
}

export interface MergeOptions extends LongWork {
  /** At most so many merges. Default: until no pair is left. */
  merges?: number
}

export interface EncodeBatchOptions extends LongWork {
  /** So many merges, or fewer where no pair is left. */
  merges?: number
  /** Part of the way from base tokens (0) to full merging (1), in place of `merges`. */
  reduction?: number
  /** Where `reduction` is read from. Default: this batch itself, for which it is then exact. */
  table?: ReductionTable
}

export interface EncodedBatch extends BatchState {
  readonly batch: DynamicBatch
  /** Tokens of the batch before and after. */
  readonly baseTokens: number
  readonly dynamicTokens: number
}

/** Milliseconds between two turns of the event loop. */
const SLICE = 40

export class DynamicTokenizer {
  readonly boundary: Boundary
  private readonly base: BaseTokens
  private readonly allows: (bytes: Uint8Array) => boolean

  /** Throws ARGUMENT_INVALID. */
  constructor(tokenizer: Tokenizer, options: DynamicOptions = {}) {
    const { boundary = 'pretokens', ...base } = options
    if (!['pretokens', 'word', 'sentence'].includes(boundary)) {
      throw new TesseraError('ARGUMENT_INVALID', `A boundary named ${JSON.stringify(boundary)}`, {
        where: 'boundary',
        hint: 'There are pretokens, word and sentence',
      })
    }
    this.boundary = boundary
    this.base = new BaseTokens(tokenizer, base)
    this.allows = mergeRule(tokenizer.spec, boundary)
  }

  /**
   * Merges a batch. Text may be bytes; those of byte-level tokenizers need not be UTF-8. Throws what `encode`
   * throws, ARGUMENT_INVALID, CANCELLED.
   */
  async merge(texts: readonly (string | Uint8Array)[], options: MergeOptions = {}): Promise<DynamicBatch> {
    const { merges = Infinity, signal, onProgress } = options
    if (!(merges >= 0) || (merges !== Infinity && !Number.isInteger(merges))) {
      throw new TesseraError('ARGUMENT_INVALID', `A number of ${merges} merges`, {
        where: 'merges',
        hint: 'Give a whole number from 0 up',
      })
    }
    let turn = performance.now()
    const breathe = async (): Promise<void> => {
      if (performance.now() - turn < SLICE) return
      await new Promise((resolve) => setTimeout(resolve, 0))
      throwIfCancelled(signal)
      turn = performance.now()
    }
    throwIfCancelled(signal)
    const base: BaseText[] = []
    for (const [i, text] of texts.entries()) {
      base.push(this.base.encode(text))
      onProgress?.({ stage: 'base tokens', done: i + 1, total: texts.length, unit: 'items' })
      await breathe()
    }
    const symbols = new Symbols(this.base, this.allows)
    const starts = new Uint32Array(base.length + 1)
    base.forEach(({ ids }, i) => (starts[i + 1] = starts[i]! + ids.length))
    const cells = new Int32Array(starts[base.length]!)
    const walls = new Uint8Array(cells.length)
    base.forEach((text, i) => {
      const from = starts[i]!
      for (let at = 0; at < text.ids.length; at++) {
        cells[from + at] = symbols.ofBase(text.ids[at]!)
        walls[from + at] = this.wall(text, at)
      }
    })
    const run = new BatchMerges(symbols, cells.slice(), starts, walls)
    while (run.merges.length < merges && run.step()) {
      if (run.merges.length % 64 !== 0) continue
      onProgress?.({
        stage: 'merging',
        done: run.merges.length,
        total: merges === Infinity ? undefined : merges,
        unit: 'merges',
      })
      await breathe()
    }
    return new DynamicBatch(base, symbols, cells, starts, run)
  }

  /** Merges a batch so many times, or so far. Throws what `merge` throws. */
  async encode(
    texts: readonly (string | Uint8Array)[],
    options: EncodeBatchOptions = {},
  ): Promise<EncodedBatch> {
    const { merges, reduction, table, ...work } = options
    if ((merges === undefined) === (reduction === undefined)) {
      throw new TesseraError('ARGUMENT_INVALID', 'How far to merge is not said, or said twice', {
        where: 'merges',
        hint: 'Give one of merges and reduction',
      })
    }
    if (table && reduction === undefined) {
      throw new TesseraError('ARGUMENT_INVALID', 'A table, but no reduction to look up', { where: 'table' })
    }
    const asked = merges ?? (table ? mergesFor(table, reduction!) : undefined)
    const batch = await this.merge(texts, { ...work, merges: asked })
    const lengths = batch.lengths()
    const state = batch.at(asked ?? mergesFor({ lengths: Array.from(lengths) }, reduction!))
    return { ...state, batch, baseTokens: lengths[0]!, dynamicTokens: lengths[state.merges]! }
  }

  /**
   * Measures a dataset in batches of `batchSize` (default 32) in the order given: average length after each
   * number of merges; a batch with no pair left stays as it is. Throws what `merge` throws.
   */
  async table(
    texts: readonly (string | Uint8Array)[],
    options: LongWork & { batchSize?: number } = {},
  ): Promise<ReductionTable> {
    const { batchSize = 32, signal, onProgress } = options
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new TesseraError('ARGUMENT_INVALID', `A batch of ${batchSize} texts`, { where: 'batchSize' })
    }
    if (texts.length === 0) {
      throw new TesseraError('ARGUMENT_INVALID', 'There are no texts to measure', { where: 'texts' })
    }
    const curves: Uint32Array[] = []
    for (let from = 0; from < texts.length; from += batchSize) {
      const batch = await this.merge(texts.slice(from, from + batchSize), { signal })
      curves.push(batch.lengths())
      onProgress?.({
        stage: 'measuring batches',
        done: Math.min(from + batchSize, texts.length),
        total: texts.length,
        unit: 'items',
      })
    }
    const most = Math.max(...curves.map((curve) => curve.length))
    const lengths = Array.from({ length: most }, (_, m) => {
      const sum = curves.reduce((total, curve) => total + curve[Math.min(m, curve.length - 1)]!, 0)
      return sum / texts.length
    })
    return { batchSize, texts: texts.length, lengths }
  }

  /** Whether a base token may not be joined to the one before it, whatever the two are. */
  private wall(text: BaseText, at: number): 0 | 1 {
    if (text.template[at] === 1 || (at > 0 && text.template[at - 1] === 1)) return 1
    return this.boundary === 'pretokens' && text.begins[at] === 1 ? 1 : 0
  }
}
