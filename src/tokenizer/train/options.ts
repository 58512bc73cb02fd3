// What all trainers take and tell: the options that mean the same for BPE, Unigram and WordPiece, their
// checks, and the part of the report that comes from reading the corpus.
import { TesseraError, type LongWork } from '../../core/index.ts'
import type { AddedToken, NormalizerSpec, PreTokenizerSpec } from '../spec.ts'
import type { PatternName } from './patterns.ts'
import type { SkippedFile } from './text-check.ts'

export interface TrainOptions extends LongWork {
  /** Number of tokens, special tokens and alphabet included. Default 32000. */
  vocabSize?: number
  /** Special tokens; they get the first ids, in this order. */
  specials?: readonly string[]
  /** At most this many symbols in the alphabet, the most frequent ones. */
  limitAlphabet?: number
  /** Longest token, in symbols of the alphabet. */
  maxTokenLength?: number
  /**
   * How text is cut into words: a known pattern by name, a regular expression whose matches and gaps are
   * the words, or a pre-tokenizer of tokenizer.json.
   */
  pattern?: PatternName | { regex: string } | PreTokenizerSpec
  normalizer?: NormalizerSpec | null
  /** What is cut into words by itself: a whole file or document (default), or each line. */
  documents?: 'whole' | 'lines'
  /** Worker threads for counting. Default: as many as help. The result is the same. */
  threads?: number
  /** Bytes of memory that training may take, about. Default 1 GiB. */
  memoryBudget?: number
  /** Name of the tokenizer. Default: that of the model, in lower case. */
  name?: string
}

/** What a trainer says about its corpus. */
export interface CorpusReport {
  files: number
  /** Files that were left out: not text, unreadable (in folders only: named ones are errors), or read already. */
  skipped: SkippedFile[]
  documents: number
  bytes: number
  /** Distinct words, and how often words occur. */
  words: number
  occurrences: number
  /** Distinct words beyond the memory budget, which training did not see, and how often they occur. */
  droppedWords: number
  droppedOccurrences: number
}

/** Throws ARGUMENT_INVALID. */
export function checkCommon(options: TrainOptions): void {
  const { specials = [], limitAlphabet, documents, memoryBudget, vocabSize } = options
  specials.forEach((token, i) => {
    if (typeof token !== 'string' || token === '' || specials.indexOf(token) < i) {
      throw invalid(`specials[${i}]`, 'Special tokens are different strings that are not empty', token)
    }
  })
  checkWhole('limitAlphabet', limitAlphabet, 1)
  checkWhole('vocabSize', vocabSize, 1)
  if ((vocabSize ?? 0) > 2 ** 24) throw invalid('vocabSize', `At most ${2 ** 24} tokens`, vocabSize)
  if (documents !== undefined && documents !== 'whole' && documents !== 'lines') {
    throw invalid('documents', 'Give "whole" or "lines"', documents)
  }
  if (memoryBudget !== undefined && !(memoryBudget >= 2 ** 20)) {
    throw invalid('memoryBudget', 'Give a number of bytes, at least 1 MiB', memoryBudget)
  }
}

export function checkWhole(name: string, value: number | undefined, least: number, most = Infinity): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw invalid(name, `Give a whole number from ${least} ${most === Infinity ? 'up' : `to ${most}`}`, value)
}

export function invalid(where: string, hint: string, value: unknown): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', `${where} is ${JSON.stringify(value)}`, { where, hint })
}

export function specialToken(content: string, id: number): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
}

/** `<0x00>` … `<0xFF>`, the tokens of byte fallback. */
export const BYTE_TOKENS: readonly string[] = Array.from(
  { length: 256 },
  (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`,
)
