// The options of `tessera train`, for all models, and which of them mean nothing to which: an option that a
// model has no use for is an error, not passed over.
import { usageError } from '../failure.ts'
import { type Options, jsonOption, seeHelp } from '../verb.ts'
import { FORMATS } from '../commands/convert.ts'

export const NAME = 'tessera train'
export const MODELS = ['bpe', 'unigram', 'wordpiece', 'supertokens', 'two-stage'] as const
export type ModelName = (typeof MODELS)[number]
/** Models that cut text into words, once and for all. */
const BY_WORDS: readonly ModelName[] = ['bpe', 'unigram', 'wordpiece']

export type PatternName = (typeof PATTERNS)[number]
const PATTERNS = [
  'gpt2',
  'cl100k',
  'o200k',
  'metaspace',
  'sentencepiece',
  'bert',
  'whitespace',
  'whitespace-split',
  'none',
] as const

export const trainOptions = {
  output: {
    type: 'string',
    alias: 'o',
    valueHint: 'path',
    description: 'Where to write (required; - = stdout)',
  },
  to: { type: 'enum', options: FORMATS, description: 'Format, where the ending of the path does not say it' },
  model: { type: 'enum', options: [...MODELS], default: 'bpe', description: 'What is trained' },
  'vocab-size': {
    type: 'string',
    valueHint: 'n',
    default: '32000',
    description: 'Tokens in all: special ones and alphabet too',
  },
  'min-frequency': {
    type: 'string',
    valueHint: 'n',
    default: '2',
    description: 'Merge no pair, begin with no piece, that is rarer',
  },
  specials: {
    type: 'string',
    valueHint: 'a,b,…',
    description:
      'Special tokens, with the first ids (or a JSON array). Without it: none for bpe; <unk>, <s>, </s> for ' +
      'unigram; [PAD], [UNK], [CLS], [SEP], [MASK] for wordpiece',
  },
  base: {
    type: 'enum',
    options: ['bytes', 'characters'],
    description: 'bpe: what tokens are made of (default bytes)',
  },
  pattern: {
    type: 'string',
    valueHint: 'name',
    description:
      `How text is cut into words: ${PATTERNS.join(', ')} (default cl100k; metaspace for bpe of characters, ` +
      'sentencepiece for unigram, bert for wordpiece)',
  },
  regex: { type: 'string', valueHint: 'pattern', description: 'The same, as a regular expression' },
  normalizer: {
    type: 'string',
    valueHint: 'a,b,…',
    description: 'Steps before that: nfc, nfd, nfkc, nfkd, lowercase, strip-accents, strip, bert, bert-cased',
  },
  documents: {
    type: 'enum',
    options: ['whole', 'lines'],
    default: 'whole',
    description: 'What is cut by itself: a file, or each line',
  },
  alphabet: {
    type: 'enum',
    options: ['bytes', 'seen'],
    description: 'bpe: initial symbols, all 256 bytes or those that occur',
  },
  characters: { type: 'string', valueHint: 'text', description: 'Initial symbols beside those that occur' },
  'limit-alphabet': { type: 'string', valueHint: 'n', description: 'Keep only the n most frequent symbols' },
  coverage: {
    type: 'string',
    valueHint: 'share',
    description: 'unigram: characters that make up this share of the text get tokens (default 0.9995)',
  },
  'max-token-length': {
    type: 'string',
    valueHint: 'n',
    description: 'Longest token, in bytes or characters (unigram: default 16)',
  },
  'unk-token': {
    type: 'string',
    valueHint: 'token',
    description: 'For what has no token; with bpe, one of --specials, and of characters only',
  },
  'byte-fallback': {
    type: 'boolean',
    default: false,
    description: 'bpe of characters: unknown ones as <0xNN> bytes (unigram does so by itself)',
  },
  unknown: {
    type: 'enum',
    options: ['bytes', 'token'],
    description: 'unigram: characters without a token become bytes (default), or --unk-token',
  },
  'continuing-prefix': {
    type: 'string',
    valueHint: 'text',
    description: 'bpe of characters: such as ## (wordpiece: default ##)',
  },
  'end-of-word-suffix': {
    type: 'string',
    valueHint: 'text',
    description: 'bpe of characters: such as </w>',
  },
  'max-word-length': {
    type: 'string',
    valueHint: 'n',
    description: 'wordpiece: a longer word is one unknown token (default 100 characters)',
  },
  'seed-size': {
    type: 'string',
    valueHint: 'n',
    description: 'unigram: substrings to begin with (default 10 × vocabulary)',
  },
  shrink: {
    type: 'string',
    valueHint: 'share',
    description: 'unigram: pieces that a round of pruning keeps (default 0.75)',
  },
  'sub-iterations': {
    type: 'string',
    valueHint: 'n',
    description: 'unigram: steps of expectation-maximisation per round (default 2)',
  },
  chunks: {
    type: 'string',
    valueHint: 'from-to',
    description:
      'supertokens: lengths of the random chunks in characters, as 4-23 (default: those of the paper)',
  },
  seed: { type: 'string', valueHint: 'n', description: 'supertokens: of the random chunks (default 1)' },
  transition: {
    type: 'string',
    valueHint: 'n',
    description: 'two-stage: tokens within words, before merges cross them (default 9 in 10)',
  },
  'keep-form': {
    type: 'boolean',
    default: false,
    description: 'supertokens and two-stage: do not bring text into NFC',
  },
  threads: {
    type: 'string',
    valueHint: 'n',
    description: 'Threads that count words (default: as many as help)',
  },
  memory: {
    type: 'string',
    valueHint: 'MiB',
    description: 'About how much memory may be used (default 1024)',
  },
  name: {
    type: 'string',
    valueHint: 'name',
    description: "The tokenizer's name (default: that of the file)",
  },
  ...jsonOption,
} as const satisfies Options

type TrainOption = keyof typeof trainOptions

/** Options that only some models have. */
const ONLY: Partial<Record<TrainOption, readonly ModelName[]>> = {
  base: ['bpe'],
  normalizer: BY_WORDS,
  characters: BY_WORDS,
  'limit-alphabet': BY_WORDS,
  'unk-token': BY_WORDS,
  threads: BY_WORDS,
  pattern: [...BY_WORDS, 'two-stage'],
  regex: [...BY_WORDS, 'two-stage'],
  chunks: ['supertokens'],
  seed: ['supertokens'],
  transition: ['two-stage'],
  'keep-form': ['supertokens', 'two-stage'],
  alphabet: ['bpe'],
  'byte-fallback': ['bpe'],
  'end-of-word-suffix': ['bpe'],
  'continuing-prefix': ['bpe', 'wordpiece'],
  'max-word-length': ['wordpiece'],
  coverage: ['unigram'],
  unknown: ['unigram'],
  'seed-size': ['unigram'],
  shrink: ['unigram'],
  'sub-iterations': ['unigram'],
}

/** Throws ARGUMENT_INVALID for an option that the model does not have, and for two that exclude each other. */
export function checkTrainOptions(given: Partial<Record<TrainOption, unknown>>, model: ModelName): void {
  for (const [option, models] of Object.entries(ONLY) as [TrainOption, readonly ModelName[]][]) {
    const value = given[option]
    if (value === undefined || value === false || models.includes(model)) continue
    throw usageError(`--${option} is for ${models.join(' and ')}, not for ${model}`, seeHelp(NAME))
  }
  const { pattern } = given
  if (pattern !== undefined && !PATTERNS.includes(pattern as PatternName))
    throw usageError(`--pattern is one of ${PATTERNS.join(', ')}; got ${String(pattern)}`, seeHelp(NAME))
  const pairs: [TrainOption, TrainOption][] = [
    ['pattern', 'regex'],
    ['alphabet', 'characters'],
  ]
  if (given.documents === 'lines' && !BY_WORDS.includes(model)) {
    throw usageError(
      `--documents lines is for ${BY_WORDS.join(', ')}: ${model} crosses words and lines`,
      seeHelp(NAME),
    )
  }
  for (const [a, b] of pairs) {
    if (given[a] !== undefined && given[b] !== undefined)
      throw usageError(`--${a} and --${b} exclude each other`, seeHelp(NAME))
  }
}
