// Growing a BPE vocabulary by what a corpus has most of: words are encoded as they are, and training goes on from
// there. The new merges rank below the old ones, as if the trainer had only now seen this text; ids stay.
import { TesseraError, utf8Decode, utf8Encode } from '../../core/index.ts'
import { alphabetToBytes, bytesToAlphabet } from '../alphabet.ts'
import { mergesFromRanks } from '../formats/rank-merges.ts'
import { byteTokens } from '../models/byte-tokens.ts'
import { compileModel } from '../models/compile.ts'
import type { BpeModelSpec, TokenizerSpec } from '../spec.ts'
import { countWords, type Corpus, type WordCounts } from '../train/count-words.ts'
import { learnMerges, type WeightedWords } from '../train/learn-merges.ts'
import { checkCommon, checkWhole, type CorpusReport, type TrainOptions } from '../train/options.ts'
import type { Tokenizer } from '../types.ts'
import { withTokens } from './grown-spec.ts'

export interface GrowOptions extends Pick<
  TrainOptions,
  'documents' | 'threads' | 'memoryBudget' | 'name' | 'maxTokenLength' | 'onProgress' | 'signal'
> {
  /** Merge no pair that occurs less often. Default 2. */
  minFrequency?: number
}

export interface GrowReport extends CorpusReport {
  /** New tokens; their ids follow the old ones. */
  added: string[]
  /** Fewer tokens than asked for: the text has no more pairs that are frequent enough. */
  exhausted: boolean
  /** Count of the pair merged last; null when there are no merges. */
  lastCount: number | null
  /** Tokens of the words (each as often as it occurs): before, after. */
  tokens: [number, number]
  /** Number of ids: before, after. */
  vocabSize: [number, number]
  seconds: { counting: number; merging: number }
}

/**
 * Adds up to `count` tokens. Throws ARGUMENT_INVALID, FORMAT_UNSUPPORTED for anything but BPE, and what training
 * throws.
 */
export async function growVocabulary(
  tokenizer: Tokenizer,
  corpus: Corpus,
  count: number,
  options: GrowOptions = {},
): Promise<{ spec: TokenizerSpec; report: GrowReport }> {
  checkCommon(options)
  checkWhole('count', count, 1, 2 ** 24 - tokenizer.vocabSize)
  const { spec } = tokenizer
  if (spec.model.type !== 'BPE') {
    throw new TesseraError('FORMAT_UNSUPPORTED', `Growing a ${spec.model.type} vocabulary by a corpus`, {
      where: spec.name,
      hint: 'BPE grows by merges; give the tokens of other models by name',
    })
  }
  // New merges need a list to stand in; this one says the same as the ranks.
  const model: BpeModelSpec =
    spec.model.merges === null
      ? { ...spec.model, merges: mergesFromRanks(spec.model.vocab), ignoreMerges: true }
      : spec.model
  const began = performance.now()
  const counted = await countWords(
    corpus,
    {
      normalizer: spec.normalizer,
      preTokenizer: spec.preTokenizer,
      reference: spec.reference,
      documents: options.documents ?? 'whole',
    },
    { ...options, budget: (options.memoryBudget ?? 2 ** 30) / 4 },
  )
  const counting = performance.now()
  const { words, ...totals } = counted
  const sequences = encoded(words, model, spec)
  const firstNew = tokenizer.vocabSize
  const initial = oldTokens(spec, firstNew)
  const characters = (bytes: Uint8Array) =>
    model.byteLevel ? bytes.length : Array.from(utf8Decode(bytes)).length
  const learned = await learnMerges(sequences, {
    initial,
    initialLengths: initial.map(characters),
    vocabSize: firstNew + count,
    minFrequency: options.minFrequency ?? 2,
    maxTokenLength: options.maxTokenLength,
    continuingPrefix: prefixBytes(model),
    // Text that spells a token which merges do not make, such as a special one, stays as it is.
    existing: 'skip',
    onProgress: options.onProgress,
    signal: options.signal,
  })
  const vocab = learned.vocab(model.vocab.alphabet)
  const added = Array.from({ length: vocab.size - firstNew }, (_, n) => vocab.stringOf(firstNew + n))
  const grown = withTokens({ ...spec, model }, firstNew, added, { merges: [...learned.merges] })
  return {
    spec: { ...grown, name: options.name ?? spec.name },
    report: {
      ...totals,
      words: words.counts.length,
      occurrences: words.counts.reduce((sum, times) => sum + times, 0),
      added,
      exhausted: added.length < count,
      lastCount: learned.counts.at(-1) ?? null,
      tokens: [tokensOf(words, model), tokensOf(words, grown.model as BpeModelSpec)],
      vocabSize: [firstNew, firstNew + added.length],
      seconds: { counting: (counting - began) / 1000, merging: (performance.now() - counting) / 1000 },
    },
  }
}

type Words = WordCounts['words']

function eachPiece({ bytes, offsets, counts }: Words, model: BpeModelSpec) {
  const byteLevel = model.vocab.alphabet === 'bytes'
  return (visit: (piece: string, times: number) => void): void =>
    counts.forEach((times, word) => {
      const part = bytes.subarray(offsets[word]!, offsets[word + 1]!)
      visit(byteLevel ? bytesToAlphabet(part) : utf8Decode(part), times)
    })
}

function tokensOf(words: Words, model: BpeModelSpec): number {
  const encode = compileModel(model)
  let sum = 0
  eachPiece(words, model)((piece, times) => encode.encodePiece(piece, () => (sum += times)))
  return sum
}

/** Words as ids, cut where a token stands that merges do not take: unknown, byte and special ones. */
function encoded(words: Words, model: BpeModelSpec, spec: TokenizerSpec): WeightedWords {
  const encode = compileModel(model)
  const apart = new Set(spec.addedTokens.map(({ id }) => id))
  if (model.unkToken !== null) apart.add(model.vocab.idOfString(model.unkToken))
  if (model.byteFallback) for (const id of byteTokens(model.vocab)) apart.add(id)
  const symbols: number[] = []
  const offsets: number[] = [0]
  const weights: number[] = []
  eachPiece(
    words,
    model,
  )((piece, times) => {
    const finish = () => {
      if (symbols.length === offsets.at(-1)) return
      offsets.push(symbols.length)
      weights.push(times)
    }
    encode.encodePiece(piece, (id) => {
      if (apart.has(id)) finish()
      else symbols.push(id)
    })
    finish()
  })
  return { symbols: Uint32Array.from(symbols), offsets, weights }
}

/** Bytes of all ids, those of added tokens too, so that no merge makes their text. */
function oldTokens({ model, addedTokens }: TokenizerSpec, size: number): Uint8Array[] {
  const tokens = Array.from({ length: size }, (_, id) =>
    id < model.vocab.size && !model.vocab.literal.has(id) ? model.vocab.bytesOf(id) : NOTHING,
  )
  for (const { id, content } of addedTokens)
    tokens[id] =
      (model.vocab.alphabet === 'bytes' ? alphabetToBytes(content) : utf8Encode(content)) ?? NOTHING
  return tokens
}

const NOTHING = new Uint8Array(0)

function prefixBytes(model: BpeModelSpec): Uint8Array {
  const prefix = model.continuingSubwordPrefix ?? ''
  return model.vocab.alphabet === 'bytes' ? (alphabetToBytes(prefix) ?? NOTHING) : utf8Encode(prefix)
}
