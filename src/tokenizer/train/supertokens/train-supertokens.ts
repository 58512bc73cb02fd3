// Supertokens (tokenadapt, arXiv 2505.09738): byte-pair encoding learned on randomly cut chunks of text
// instead of words, so that a token may span several words. The cuts exist in training only: at use the
// whole text is one sequence, merged by rank, and nothing random is left.
import { TesseraError, type LongWork } from '../../../core/index.ts'
import type { TokenizerSpec } from '../../spec.ts'
import { byteSymbols } from '../alphabet-symbols.ts'
import type { Corpus } from '../count-words.ts'
import { learnMerges } from '../learn-merges.ts'
import { ChunkCutter, chunkLengths, PAPER_LENGTHS, type LengthRange } from './chunk-lengths.ts'
import { ChunkSample } from './chunk-sample.ts'
import { specialBytes, wholeTextSpec } from './spec.ts'
import type { SkippedFile } from '../text-check.ts'
import { eachText } from './texts.ts'

export interface SupertokenOptions extends LongWork {
  /** Number of tokens, special tokens and the 256 bytes included. Default 32000 (the paper: 128000). */
  vocabSize?: number
  /** Merge no pair that occurs less often. Default 2, as the paper. */
  minFrequency?: number
  /** Longest token, in bytes. Default 30, as the paper. */
  maxTokenLength?: number
  /** Special tokens; they get the first ids, in this order. Default none. */
  specials?: readonly string[]
  /** Lengths of chunks, in characters: ranges with weights, or as text (`4-23`). Default: the paper's. */
  chunks?: string | readonly LengthRange[]
  /** Of the random cuts. Default 1. */
  seed?: number
  /** Whether seven equal characters in a row separate chunks and are not learned from. Default true. */
  dropRuns?: boolean
  /** Bring text into Unicode's NFC, in training and at use. Changes bytes of text that is not. Default true. */
  nfc?: boolean
  /** Bytes of memory that training may take, about. Default 1 GiB; beyond it, chunks are a sample. */
  memoryBudget?: number
  /** Name of the tokenizer. Default `supertokens`. */
  name?: string
}

export interface SupertokenReport {
  files: number
  /** Files that were left out: not text, unreadable, or read already. */
  skipped: SkippedFile[]
  documents: number
  bytes: number
  /** Distinct chunks that training saw, and chunks that the corpus was cut into. */
  distinctChunks: number
  chunks: number
  /** The part of all chunks that fitted into memory: 1, 1/2, 1/4, … Which ones is decided by their hash. */
  sampled: number
  merges: number
  vocabSize: number
  /** Count of the pair merged last; null when there are no merges. */
  lastCount: number | null
  seconds: { cutting: number; merging: number }
}

/**
 * Trains on files, folders or documents. The same corpus in the same order, seed and options give the same
 * tokenizer. Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the
 * alphabet), TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainSupertokensSpec(
  corpus: Corpus,
  options: SupertokenOptions = {},
): Promise<{ spec: TokenizerSpec; report: SupertokenReport }> {
  const { vocabSize = 32_000, minFrequency = 2, maxTokenLength = 30, specials = [], seed = 1 } = options
  const { dropRuns = true, nfc = true, memoryBudget = 2 ** 30, name = 'supertokens' } = options
  const ranges = chunkLengths(options.chunks ?? PAPER_LENGTHS)
  const initial = specialBytes(specials)
  if (!Number.isSafeInteger(seed)) {
    throw new TesseraError('ARGUMENT_INVALID', `A seed of ${seed}`, {
      where: 'seed',
      hint: 'Give a whole number',
    })
  }
  if (!(memoryBudget >= 2 ** 20)) {
    throw new TesseraError('ARGUMENT_INVALID', `memoryBudget is ${memoryBudget}`, {
      where: 'memoryBudget',
      hint: 'Give a number of bytes, at least 1 MiB',
    })
  }
  const began = performance.now()
  const cutter = new ChunkCutter({ ranges, seed, dropRuns })
  const sample = new ChunkSample(memoryBudget / 4)
  const totals = await eachText(corpus, 'cutting chunks', nfc, options, (bytes) => {
    cutter.cut(bytes, (from, to) => sample.add(bytes, from, to))
  })
  const words = sample.words()
  if (words.counts.length === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on', {
      hint: totals.bytes > 0 ? 'Runs of one character are all there is' : 'Give a file that is not empty',
    })
  }
  const symbols = byteSymbols(words, specials.length, {
    always: 'bytes',
    limit: Infinity,
    prefix: '',
    suffix: '',
  })
  const cutting = performance.now()
  const learned = await learnMerges(symbols.words, {
    initial: [...initial, ...symbols.tokens],
    vocabSize,
    minFrequency,
    maxTokenLength,
    onProgress: options.onProgress,
    signal: options.signal,
  })
  const spec = wholeTextSpec(name, learned.vocab('bytes'), learned.merges, specials, nfc)
  const report: SupertokenReport = {
    ...totals,
    distinctChunks: words.counts.length,
    chunks: sample.occurrences,
    sampled: sample.share,
    merges: learned.made.length,
    vocabSize: spec.model.vocab.size,
    lastCount: learned.counts.at(-1) ?? null,
    seconds: { cutting: (cutting - began) / 1000, merging: (performance.now() - cutting) / 1000 },
  }
  return { spec, report }
}
