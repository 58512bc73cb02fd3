// Training a BPE tokenizer from text: count words, choose the alphabet, learn merges, and describe the
// whole as a TokenizerSpec. With `documents: 'lines'` and minFrequency 0 the result is, merge for merge,
// that of Hugging Face's BpeTrainer over the same files.
import { utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type { TokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { byteSymbols, characterSymbols } from './alphabet-symbols.ts'
import { countWords, type Corpus } from './count-words.ts'
import { learnMerges } from './learn-merges.ts'
import {
  BYTE_TOKENS,
  checkCommon,
  invalid,
  specialToken,
  type CorpusReport,
  type TrainOptions,
} from './options.ts'
import { decoderFor, flatten, pipelineFor, preTokenizerFor, type Pipeline } from './patterns.ts'

export type { Corpus } from './count-words.ts'

/**
 * The common options; here `specials` is empty and `pattern` is `cl100k` for bytes, `metaspace` for characters
 * by default, `maxTokenLength` has no limit, and a quarter of `memoryBudget` holds words.
 */
export interface TrainBpeOptions extends TrainOptions {
  /** Merge no pair that occurs less often. Default 2. */
  minFrequency?: number
  /** What the initial symbols are. Default `bytes`: any input can be encoded. */
  base?: 'bytes' | 'characters'
  /**
   * Which symbols get a token beside those that occur: `bytes`, all 256 (default for bytes); `seen`, no
   * others (default for characters); or the characters of a string given as `{ characters }`.
   */
  initialAlphabet?: 'bytes' | 'seen' | { characters: string }
  /** Characters only: put before every symbol that does not begin a word (`##`). */
  continuingSubwordPrefix?: string
  /** Characters only: put after the last symbol of a word (`</w>`). */
  endOfWordSuffix?: string
  /** Characters only: the token (one of `specials`) of characters outside of the alphabet. */
  unkToken?: string
  /** Characters only: characters outside of the alphabet become tokens of their bytes (`<0x0A>`), 256 more. */
  byteFallback?: boolean
}

export interface TrainBpeReport extends CorpusReport {
  alphabet: number
  merges: number
  vocabSize: number
  /** Fewer tokens than asked for: the text has no more pairs that are frequent enough. */
  exhausted: boolean
  /** Count of the pair merged last; null when there are no merges. */
  lastCount: number | null
  /** Symbols beyond `limitAlphabet`. */
  droppedSymbols: number
  seconds: { counting: number; merging: number }
}

/**
 * Trains on text files, folders or documents.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the alphabet),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainBpeSpec(
  corpus: Corpus,
  options: TrainBpeOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainBpeReport }> {
  const plan = planOf(options)
  const began = performance.now()
  const { symbols, totals } = await symbolsOf(corpus, options, plan)
  const counting = performance.now()
  // A special token that the byte alphabet cannot write is no byte string at all: nothing can equal it.
  const initial = plan.initial.map((token) =>
    plan.bytes ? (alphabetToBytes(token) ?? NOTHING) : utf8Encode(token),
  )
  const learned = await learnMerges(symbols.words, {
    initial: [...initial, ...symbols.tokens],
    vocabSize: plan.vocabSize,
    minFrequency: options.minFrequency ?? 2,
    maxTokenLength: options.maxTokenLength,
    closed: plan.closed,
    continuingPrefix: utf8Encode(options.continuingSubwordPrefix ?? ''),
    onProgress: options.onProgress,
    signal: options.signal,
  })
  const merging = performance.now()

  const vocab = withLiterals(learned.vocab(plan.bytes ? 'bytes' : 'text'), plan.initial, initial)
  const spec: TokenizerSpec = {
    name: options.name ?? 'bpe',
    reference: 'huggingface',
    normalizer: plan.pipeline.normalizer,
    preTokenizer: plan.pipeline.preTokenizer,
    model: {
      type: 'BPE',
      vocab,
      merges: learned.merges,
      byteLevel: plan.bytes,
      unkToken: options.unkToken ?? null,
      continuingSubwordPrefix: options.continuingSubwordPrefix || null,
      endOfWordSuffix: options.endOfWordSuffix || null,
      // SentencePiece gives one unknown token for a run of characters.
      fuseUnk: options.pattern === 'sentencepiece',
      byteFallback: options.byteFallback ?? false,
      ignoreMerges: false,
    },
    postProcessor: null,
    decoder: plan.pipeline.decoder,
    addedTokens: plan.specials.map(specialToken),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: options.unkToken === undefined ? {} : { unk_token: options.unkToken },
  }
  const report: TrainBpeReport = {
    ...totals,
    alphabet: symbols.tokens.length,
    merges: learned.made.length,
    vocabSize: vocab.size,
    exhausted: vocab.size < plan.vocabSize,
    lastCount: learned.counts.at(-1) ?? null,
    droppedSymbols: symbols.droppedSymbols,
    seconds: { counting: (counting - began) / 1000, merging: (merging - counting) / 1000 },
  }
  return { spec, report }
}

/** Counts the words and gives them as symbols. What counting took is out of reach, and free, after it. */
async function symbolsOf(corpus: Corpus, options: TrainBpeOptions, plan: Plan) {
  const { words, ...rest } = await countWords(
    corpus,
    {
      normalizer: options.normalizer ?? null,
      preTokenizer: plan.pipeline.counted,
      reference: 'huggingface',
      documents: options.documents ?? 'whole',
    },
    { ...options, budget: plan.memoryBudget / 4 },
  )
  const special = new Map(plan.initial.map((token, id) => [token, id]))
  const alphabet = {
    always: plan.always,
    limit: options.limitAlphabet ?? Infinity,
    prefix: options.continuingSubwordPrefix ?? '',
    suffix: options.endOfWordSuffix ?? '',
  }
  const symbols = plan.bytes
    ? byteSymbols(words, special.size, alphabet)
    : characterSymbols(words, special.size, special, alphabet)
  const occurrences = words.counts.reduce((sum, count) => sum + count, 0)
  return { symbols, totals: { ...rest, words: words.counts.length, occurrences } }
}

const NOTHING = new Uint8Array(0)

/** The vocabulary with the text of tokens that have none in the byte alphabet. */
function withLiterals(vocab: Vocab, tokens: readonly string[], bytes: readonly Uint8Array[]): Vocab {
  const literal = new Set<number>()
  bytes.forEach((token, id) => {
    if (token === NOTHING) literal.add(id)
  })
  if (literal.size === 0) return vocab
  const parts = Array.from({ length: vocab.size }, (_, id) =>
    literal.has(id) ? utf8Encode(tokens[id]!) : vocab.bytesOf(id),
  )
  return Vocab.fromBytes(parts, vocab.alphabet, literal)
}

interface Plan {
  bytes: boolean
  vocabSize: number
  memoryBudget: number
  specials: readonly string[]
  /** Tokens before the alphabet: special tokens, then those of byte fallback. */
  initial: string[]
  /** Those of them that text never becomes. Hugging Face's trainer has none. */
  closed: Set<number>
  always: string | 'bytes'
  pipeline: Pipeline
}

function planOf(options: TrainBpeOptions): Plan {
  checkCommon(options)
  const { base = 'bytes', specials = [], vocabSize = 32_000, memoryBudget = 2 ** 30 } = options
  if (base !== 'bytes' && base !== 'characters') throw invalid('base', 'Give "bytes" or "characters"', base)
  const bytes = base === 'bytes'
  for (const name of ['continuingSubwordPrefix', 'endOfWordSuffix', 'unkToken', 'byteFallback'] as const) {
    if (bytes && options[name]) throw invalid(name, 'It needs base "characters"', options[name])
  }
  if (options.unkToken !== undefined && !specials.includes(options.unkToken)) {
    throw invalid('unkToken', 'Name it among specials too', options.unkToken)
  }
  const { initialAlphabet = bytes ? 'bytes' : 'seen' } = options
  if (initialAlphabet === 'bytes' && !bytes) {
    throw invalid(
      'initialAlphabet',
      'With characters give "seen", { characters } or byteFallback',
      initialAlphabet,
    )
  }
  const pipeline = bytes
    ? bytePipeline(options)
    : pipelineFor(options.pattern ?? 'metaspace', options.normalizer ?? null, options)
  if (!bytes && flatten(pipeline.counted).some((step) => step.type === 'ByteLevel')) {
    throw invalid('pattern', 'The ByteLevel pre-tokenizer needs base "bytes"', 'ByteLevel')
  }
  const fallback = options.byteFallback ? BYTE_TOKENS : []
  const initial = [...specials, ...fallback.filter((token) => !specials.includes(token))]
  // A text that spells `<0x41>` would decode to A if a merge made that token.
  const closes = options.byteFallback === true || options.pattern === 'sentencepiece'
  return {
    bytes,
    vocabSize,
    memoryBudget,
    specials,
    initial,
    closed: new Set(closes ? initial.keys() : []),
    always:
      typeof initialAlphabet === 'object'
        ? initialAlphabet.characters
        : initialAlphabet === 'bytes'
          ? 'bytes'
          : '',
    pipeline,
  }
}

function bytePipeline(options: TrainBpeOptions): Pipeline {
  if (options.pattern === 'sentencepiece')
    throw invalid('pattern', 'It needs base "characters"', options.pattern)
  const preTokenizer = preTokenizerFor(options.pattern ?? 'cl100k', true)
  return {
    counted: preTokenizer,
    normalizer: options.normalizer ?? null,
    preTokenizer,
    decoder: decoderFor(preTokenizer, options),
  }
}
