// Training a WordPiece tokenizer from text, as Hugging Face's trainer does it: the merges of byte-pair
// encoding over characters, where those inside a word carry a prefix (##), and of the result only the
// vocabulary. The native trainer numbers the characters with a prefix in the order of a hash table, so that pairs
// of equal count are merged in another order each time it runs; here the order follows from the text alone.
import type { TokenizerSpec } from '../spec.ts'
import type { Corpus } from './count-words.ts'
import {
  checkCommon,
  checkWhole,
  invalid,
  specialToken,
  type CorpusReport,
  type TrainOptions,
} from './options.ts'
import { decoderFor, type PatternName } from './patterns.ts'
import { trainBpeSpec } from './train-bpe.ts'

/** The common options; here `pattern` is `bert` by default, `specials` `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`. */
export interface TrainWordPieceOptions extends TrainOptions {
  /** Merge no pair that occurs less often. Default 2. */
  minFrequency?: number
  /** Characters that get a token whether they occur or not. */
  initialAlphabet?: 'seen' | { characters: string }
  /** The token of words that have no other. Put before `specials` unless named there. Default `[UNK]`. */
  unkToken?: string
  /** Put before every token that does not begin a word. Default `##`. */
  continuingSubwordPrefix?: string
  /** A longer word is one unknown token. Default 100 characters. */
  maxInputCharsPerWord?: number
}

export interface TrainWordPieceReport extends CorpusReport {
  model: 'WordPiece'
  alphabet: number
  droppedSymbols: number
  merges: number
  vocabSize: number
  /** Fewer tokens than asked for: the text has no more pairs that are frequent enough. */
  exhausted: boolean
  /** Count of the pair merged last; null when there are no merges. */
  lastCount: number | null
  seconds: { counting: number; merging: number }
}

/**
 * Trains on text files, folders or documents.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the alphabet),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainWordPieceSpec(
  corpus: Corpus,
  options: TrainWordPieceOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainWordPieceReport }> {
  checkCommon(options)
  const {
    unkToken = '[UNK]',
    continuingSubwordPrefix: prefix = '##',
    maxInputCharsPerWord = 100,
    pattern = 'bert' satisfies PatternName,
    vocabSize = 32_000,
  } = options
  if (typeof unkToken !== 'string' || unkToken === '') throw invalid('unkToken', 'Give a string', unkToken)
  if (typeof prefix !== 'string' || prefix === '')
    throw invalid('continuingSubwordPrefix', 'Give a string that is not empty', prefix)
  checkWhole('maxInputCharsPerWord', maxInputCharsPerWord, 1)
  const named = options.specials ?? ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
  const specials = named.includes(unkToken) ? named : [unkToken, ...named]
  const { spec: bpe, report } = await trainBpeSpec(corpus, {
    ...options,
    base: 'characters',
    pattern,
    specials,
    vocabSize,
    unkToken,
    continuingSubwordPrefix: prefix,
  })
  const { vocab } = bpe.model
  const spec: TokenizerSpec = {
    ...bpe,
    name: options.name ?? 'wordpiece',
    model: { type: 'WordPiece', vocab, unkToken, continuingSubwordPrefix: prefix, maxInputCharsPerWord },
    decoder: decoderFor(bpe.preTokenizer, { continuingSubwordPrefix: prefix }),
    addedTokens: specials.map(specialToken),
  }
  return { spec, report: { ...report, model: 'WordPiece' } }
}
