// Training a Unigram tokenizer from text (Kudo 2018): count words, choose the characters, seed with frequent
// substrings, and let expectation-maximisation with pruning find the pieces. By default the result is in the
// manner of SentencePiece (▁ for spaces, no pre-tokenizer at encoding time), lossless through byte fallback.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { countWords, type Corpus } from './count-words.ts'
import {
  BYTE_TOKENS,
  checkCommon,
  checkWhole,
  invalid,
  specialToken,
  type CorpusReport,
  type TrainOptions,
} from './options.ts'
import { flatten, pipelineFor } from './patterns.ts'
import { characterWords } from './unigram/character-words.ts'
import { learnPieces } from './unigram/learn-pieces.ts'
import { seedPieces } from './unigram/seed-pieces.ts'

/**
 * The common options; here `pattern` is `sentencepiece` by default, `specials` `<unk>`, `<s>`, `</s>`,
 * `maxTokenLength` 16 characters, and all of `memoryBudget` bounds the words and their lattice together.
 */
export interface TrainUnigramOptions extends TrainOptions {
  /** A seed piece occurs at least so often. Default 2. */
  minFrequency?: number
  /** Characters that get a token whether they occur or not. */
  initialAlphabet?: 'seen' | { characters: string }
  /** The most frequent characters that make up this share of the text get tokens, 0 to 1. Default 0.9995. */
  characterCoverage?: number
  /** Characters without a token become tokens of their bytes (`<0x0A>`), 256 more. Default true. */
  byteFallback?: boolean
  /** The token of characters that have no other. Put before `specials` unless named there. Default `<unk>`. */
  unkToken?: string
  /**
   * Substrings to begin with. Default 10 × vocabSize: on held-out text that gave more likelihood and fewer tokens
   * than SentencePiece's 1000000, in less time.
   */
  seedSize?: number
  /** Share of the pieces that a round of pruning keeps, between 0 and 1. Default 0.75. */
  shrinkingFactor?: number
  /** Steps of expectation-maximisation between two rounds of pruning. Default 2. */
  subIterations?: number
}

export interface TrainUnigramReport extends CorpusReport {
  model: 'Unigram'
  /** Characters that have a token, and those beyond coverage or limit. */
  alphabet: number
  droppedCharacters: number
  /** Substrings at the start, and rounds of pruning. */
  seeds: number
  rounds: number
  /** Pieces that are no special or byte tokens. */
  pieces: number
  vocabSize: number
  /** Fewer tokens than asked for: the text has no more substrings that are frequent enough. */
  exhausted: boolean
  /** Natural logarithm, per character of the training words (▁ included). */
  logLikelihoodPerCharacter: number
  seconds: { counting: number; seeding: number; learning: number }
}

/** Below six characters however rare: text that looks like a byte token is never taken for one. */
const BYTE_SCORE = -1000
const BYTE_TOKEN_CHARACTERS = '<0x123456789ABCDEF>'

/**
 * Trains on text files, folders or documents.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the alphabet),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainUnigramSpec(
  corpus: Corpus,
  options: TrainUnigramOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainUnigramReport }> {
  const plan = planOf(options)
  const { pipeline } = plan
  const began = performance.now()
  const { words: counted, ...rest } = await countWords(
    corpus,
    {
      normalizer: options.normalizer ?? null,
      preTokenizer: pipeline.counted,
      reference: 'huggingface',
      documents: options.documents ?? 'whole',
    },
    { ...options, budget: plan.memoryBudget / 16 },
  )
  const totals = {
    ...rest,
    words: counted.counts.length,
    occurrences: counted.counts.reduce((sum, count) => sum + count, 0),
  }
  const words = characterWords(counted, {
    coverage: plan.coverage,
    limit: options.limitAlphabet ?? Infinity,
    always: plan.always,
  })
  const room = plan.vocabSize - plan.initial.length
  const alphabet = words.characters.length
  if (alphabet > room) {
    throw new TesseraError(
      'TRAINING_IMPOSSIBLE',
      `A vocabulary of ${plan.vocabSize} cannot hold ${plan.initial.length} special and byte tokens and ${alphabet} characters`,
      { where: 'vocabSize', hint: 'Ask for a larger vocabulary or a smaller characterCoverage' },
    )
  }
  const counting = performance.now()
  const seeds = seedPieces(words, {
    maxLength: plan.maxTokenLength,
    minCount: options.minFrequency ?? 2,
    limit: options.seedSize ?? 10 * plan.vocabSize,
    reserved: plan.initial,
  })
  const seeding = performance.now()
  const learned = await learnPieces(words, seeds, {
    size: room,
    shrinkingFactor: options.shrinkingFactor ?? 0.75,
    subIterations: options.subIterations ?? 2,
    onProgress: options.onProgress,
    signal: options.signal,
  })
  const learning = performance.now()

  const parts = plan.initial.map((token) => (plan.bytes.has(token) ? utf8Encode(token) : NOTHING))
  const scores: number[] = plan.initial.map((token) => (plan.bytes.has(token) ? BYTE_SCORE : 0))
  for (let i = 0; i < learned.scores.length; i++) {
    parts.push(learned.pieces[i]!)
    // As SentencePiece stores them, so that a .model gives the same ids.
    scores.push(Math.fround(learned.scores[i]!))
  }
  const unkId = plan.initial.indexOf(plan.unkToken)
  const spec: TokenizerSpec = {
    name: options.name ?? 'unigram',
    reference: 'huggingface',
    normalizer: pipeline.normalizer,
    preTokenizer: pipeline.preTokenizer,
    model: {
      type: 'Unigram',
      vocab: Vocab.fromBytes(parts, 'text'),
      scores: Float64Array.from(scores),
      unkId,
      byteFallback: plan.bytes.size > 0,
    },
    postProcessor: null,
    decoder: pipeline.decoder,
    addedTokens: plan.specials.map(specialToken),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {
      unk_token: plan.unkToken,
      ...(options.specials ? {} : { bos_token: '<s>', eos_token: '</s>' }),
    },
  }
  const report: TrainUnigramReport = {
    model: 'Unigram',
    ...totals,
    alphabet,
    droppedCharacters: words.droppedCharacters,
    seeds: seeds.length.length,
    rounds: learned.rounds,
    pieces: learned.scores.length,
    vocabSize: parts.length,
    exhausted: parts.length < plan.vocabSize,
    logLikelihoodPerCharacter: learned.likelihood,
    seconds: {
      counting: (counting - began) / 1000,
      seeding: (seeding - counting) / 1000,
      learning: (learning - seeding) / 1000,
    },
  }
  return { spec, report }
}

const NOTHING = new Uint8Array(0)

function planOf(options: TrainUnigramOptions) {
  checkCommon(options)
  const { vocabSize = 32_000, memoryBudget = 2 ** 30, unkToken = '<unk>', byteFallback = true } = options
  const { characterCoverage: coverage = 0.9995, initialAlphabet = 'seen', shrinkingFactor } = options
  if (!(coverage > 0 && coverage <= 1))
    throw invalid('characterCoverage', 'Give a share above 0, up to 1', coverage)
  if (shrinkingFactor !== undefined && !(shrinkingFactor > 0 && shrinkingFactor < 1))
    throw invalid('shrinkingFactor', 'Give a share between 0 and 1', shrinkingFactor)
  checkWhole('maxTokenLength', options.maxTokenLength, 1, 255)
  checkWhole('minFrequency', options.minFrequency, 1)
  checkWhole('seedSize', options.seedSize, 1, 2 ** 26)
  checkWhole('subIterations', options.subIterations, 1)
  if (initialAlphabet !== 'seen' && typeof initialAlphabet !== 'object')
    throw invalid('initialAlphabet', 'Give "seen" or { characters }', initialAlphabet)
  if (typeof unkToken !== 'string' || unkToken === '') throw invalid('unkToken', 'Give a string', unkToken)
  const named = options.specials ?? [unkToken, '<s>', '</s>']
  const specials = named.includes(unkToken) ? named : [unkToken, ...named]
  const fallback = byteFallback ? BYTE_TOKENS.filter((token) => !specials.includes(token)) : []
  const pipeline = pipelineFor(options.pattern ?? 'sentencepiece', options.normalizer ?? null, {
    byteFallback,
  })
  if (flatten(pipeline.counted).some((step) => step.type === 'ByteLevel')) {
    throw invalid(
      'pattern',
      'Unigram pieces are made of characters; byteFallback covers the rest',
      'ByteLevel',
    )
  }
  const wanted = initialAlphabet === 'seen' ? '' : initialAlphabet.characters
  return {
    vocabSize,
    memoryBudget,
    coverage,
    unkToken,
    specials,
    initial: [...specials, ...fallback],
    bytes: new Set(fallback),
    always: wanted + (byteFallback ? BYTE_TOKEN_CHARACTERS : ''),
    maxTokenLength: options.maxTokenLength ?? 16,
    pipeline,
  }
}
