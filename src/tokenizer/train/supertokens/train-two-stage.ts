// The other way to tokens of several words, as a baseline: two-stage byte-pair encoding in the manner of
// SuperBPE (Liu et al. 2025, arXiv 2503.13423) and BoundlessBPE (Schmidt et al. 2025, arXiv 2504.00178).
// Stage one is plain BPE on words up to `transition` tokens; stage two goes on merging across the bounds of
// words. At use all merges apply to the whole text in the order of their ranks, as SuperBPE's do, so
// tokenizer.json can express it. (BoundlessBPE first finishes every word and then joins whole words only;
// that needs two passes, which tokenizer.json cannot say.) So at use a merge of stage one may also cross a
// bound, between digits or signs that stage one saw apart: the ids are those of the rule, not of training.
import { TesseraError, type LongWork, utf8Decode } from '../../../core/index.ts'
import { createTokenizer } from '../../tokenizer.ts'
import type { TokenizerSpec } from '../../spec.ts'
import type { Corpus } from '../count-words.ts'
import { learnMerges } from '../learn-merges.ts'
import type { PatternName } from '../patterns.ts'
import { trainBpeSpec } from '../train-bpe.ts'
import { wholeTextSpec } from './spec.ts'
import type { SkippedFile } from '../text-check.ts'
import { eachText } from './texts.ts'

export interface TwoStageOptions extends LongWork {
  /** Number of tokens, special tokens and the 256 bytes included. Default 32000. */
  vocabSize?: number
  /** Number of tokens at which stage two begins. Default: nine tenths of `vocabSize`. */
  transition?: number
  /** Merge no pair that occurs less often. Default 2. */
  minFrequency?: number
  /** Longest token, in bytes. Default 30. */
  maxTokenLength?: number
  specials?: readonly string[]
  /** How stage one cuts text into words. Default `cl100k`. */
  pattern?: PatternName | { regex: string }
  /** Bring text into NFC, in training and at use. Default true. */
  nfc?: boolean
  /** Bytes of memory that training may take, about. Default 1 GiB; stage two samples texts to stay within. */
  memoryBudget?: number
  /** Name of the tokenizer. Default `two-stage`. */
  name?: string
}

export interface TwoStageReport {
  files: number
  /** Files that were left out: not text, unreadable, or read already. */
  skipped: SkippedFile[]
  documents: number
  bytes: number
  /** The part of all texts (documents, or blocks of files) that stage two saw: 1, 1/2, 1/4, … */
  sampled: number
  /** Tokens of stage one in them. */
  sequenceTokens: number
  merges: number
  /** Those of stage two. */
  acrossWords: number
  vocabSize: number
  seconds: { words: number; across: number }
}

/**
 * Trains on files, folders, or documents in an array (they are read twice). Throws what training BPE
 * throws, and ARGUMENT_INVALID for a transition that is not between the alphabet and the vocabulary size.
 */
export async function trainTwoStageSpec(
  corpus: { files: string | readonly string[] } | readonly (string | Uint8Array)[],
  options: TwoStageOptions = {},
): Promise<{ spec: TokenizerSpec; report: TwoStageReport }> {
  const { vocabSize = 32_000, minFrequency = 2, maxTokenLength = 30, specials = [], nfc = true } = options
  const { pattern = 'cl100k', memoryBudget = 2 ** 30, name = 'two-stage' } = options
  const { transition = Math.round(vocabSize * 0.9) } = options
  if (!Number.isInteger(transition) || transition < 1 || transition > vocabSize) {
    throw new TesseraError('ARGUMENT_INVALID', `A transition at ${transition} of ${vocabSize} tokens`, {
      where: 'transition',
      hint: 'Give a number of tokens up to the vocabulary size',
    })
  }
  const work: LongWork = { onProgress: options.onProgress, signal: options.signal }
  const began = performance.now()
  const words = await trainBpeSpec(corpus, {
    vocabSize: transition,
    minFrequency,
    maxTokenLength,
    specials,
    pattern,
    normalizer: nfc ? { type: 'NFC' } : null,
    memoryBudget,
    ...work,
  })
  const model = words.spec.model as Extract<TokenizerSpec['model'], { type: 'BPE' }>
  const { vocab } = model
  const between = performance.now()

  const encoder = createTokenizer({ ...words.spec, normalizer: null })
  const sample = new TextSample(memoryBudget / 4)
  const totals = await eachText(corpus as Corpus, 'encoding words', nfc, work, (bytes) => {
    sample.add(encoder.encode(utf8Decode(bytes), { specials: 'text' }))
  })
  const learned = await learnMerges(sample.sequences(), {
    initial: Array.from({ length: vocab.size }, (_, id) =>
      // A special token's text may be made by nobody.
      id < specials.length && vocab.literal.has(id) ? new Uint8Array(0) : vocab.bytesOf(id),
    ),
    initialLengths: Array.from({ length: vocab.size }, (_, id) => vocab.bytesOf(id).length),
    vocabSize,
    minFrequency,
    maxTokenLength,
    // One string may come from different pieces here, as words cut it differently; the first wins.
    existing: 'skip',
    ...work,
  })
  const merges = new Uint32Array(model.merges!.length + learned.merges.length)
  merges.set(model.merges!)
  merges.set(learned.merges, model.merges!.length)
  const spec = wholeTextSpec(name, learned.vocab('bytes'), merges, specials, nfc)
  const report: TwoStageReport = {
    ...totals,
    sampled: sample.share,
    sequenceTokens: sample.tokens,
    merges: merges.length / 2,
    acrossWords: learned.made.length,
    vocabSize: spec.model.vocab.size,
    seconds: { words: (between - began) / 1000, across: (performance.now() - between) / 1000 },
  }
  return { spec, report }
}

/** Texts as ids in bounded memory: of too many, every second one is kept, then every fourth, and so on. */
class TextSample {
  tokens = 0
  private texts: { number: number; ids: Uint32Array }[] = []
  private seen = 0
  private step = 1
  private readonly budget: number

  constructor(budget: number) {
    this.budget = budget
  }

  get share(): number {
    return 1 / this.step
  }

  add(ids: Uint32Array): void {
    const number = this.seen++
    if (number % this.step !== 0) return
    this.texts.push({ number, ids })
    this.tokens += ids.length
    while (this.tokens * 4 > this.budget && this.texts.length > 1) {
      this.step *= 2
      this.texts = this.texts.filter((text) => text.number % this.step === 0)
      this.tokens = this.texts.reduce((sum, text) => sum + text.ids.length, 0)
    }
  }

  /** One after another, each once. */
  sequences(): { symbols: Uint32Array; offsets: Float64Array; weights: Uint8Array } {
    const symbols = new Uint32Array(this.tokens)
    const offsets = new Float64Array(this.texts.length + 1)
    this.texts.forEach(({ ids }, i) => {
      symbols.set(ids, offsets[i])
      offsets[i + 1] = offsets[i]! + ids.length
    })
    return { symbols, offsets, weights: new Uint8Array(this.texts.length).fill(1) }
  }
}
