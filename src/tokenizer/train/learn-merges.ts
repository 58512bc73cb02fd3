// Byte-pair encoding's training: from weighted words to merges. This is the door; merge-run.ts does it.
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Vocab, VocabAlphabet } from '../vocab.ts'
import { MergeRun } from './merge-run.ts'
import type { WeightedWords } from './packed-words.ts'

export type { WeightedWords } from './packed-words.ts'

export interface LearnMergesOptions extends LongWork {
  /** Tokens that exist before the first merge (special tokens, alphabet): ids 0, 1, 2, … */
  initial: readonly Uint8Array[]
  /** Stop at this many tokens, initial ones included. */
  vocabSize: number
  /** Stop at the first pair that occurs less often. Default 1. */
  minFrequency?: number
  /** Longest token, in symbols. Default: no limit. */
  maxTokenLength?: number
  /** `[initial]` lengths of the initial tokens, where `maxTokenLength` should not count each as 1. */
  initialLengths?: ArrayLike<number>
  /**
   * When the joined string of a pair is a token already:
   * - `reuse` (default, Hugging Face): the merge makes that token, and no new id;
   * - `skip`: the pair is never merged.
   * It matters only for initial tokens of several symbols: merges never make the same string twice.
   */
  existing?: 'reuse' | 'skip'
  /** Initial tokens that no merge makes, whatever `existing` says. */
  closed?: ReadonlySet<number>
  /** Left out of the right token's string when joining (WordPiece-style `##`). Default none. */
  continuingPrefix?: Uint8Array
  /**
   * At a time, pairs are indexed from the best count down to the best count divided by this. Default 64.
   * It decides time and memory, never the result.
   */
  indexRange?: number
}

export interface LearnedMerges {
  /** `[2 * merges]` left and right id of each merge, in order. No pair comes twice. */
  merges: Uint32Array
  /** `[merges]` the token each merge makes. Under `skip` these are consecutive. */
  made: Uint32Array
  /** `[merges]` weighted count of the pair when it was merged. */
  counts: Float64Array
  /** All tokens, initial ones included. */
  vocab(alphabet: VocabAlphabet, literal?: ReadonlySet<number>): Vocab
}

/** Milliseconds between two turns of the event loop, and between two looks at the signal. */
const SLICE = 40

/**
 * Learns merges, giving way to the event loop every few milliseconds.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (vocabulary size below the initial tokens), CANCELLED.
 */
export async function learnMerges(words: WeightedWords, options: LearnMergesOptions): Promise<LearnedMerges> {
  const run = start(words, options)
  while (!run.advance(performance.now() + SLICE)) {
    options.onProgress?.(run.progress())
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(options.signal)
  }
  options.onProgress?.(run.progress())
  return run.result()
}

/** As `learnMerges`, in one go. */
export function learnMergesSync(words: WeightedWords, options: LearnMergesOptions): LearnedMerges {
  const run = start(words, options)
  while (!run.advance(performance.now() + SLICE)) {
    options.onProgress?.(run.progress())
    throwIfCancelled(options.signal)
  }
  options.onProgress?.(run.progress())
  return run.result()
}

function start(words: WeightedWords, options: LearnMergesOptions): MergeRun {
  throwIfCancelled(options.signal)
  const { initial, vocabSize, minFrequency = 1, maxTokenLength = Infinity } = options
  const whole = (value: number, least: number, name: string) => {
    if (!(Number.isInteger(value) || value === Infinity) || value < least) {
      throw new TesseraError('ARGUMENT_INVALID', `${name} is ${value}`, {
        where: name,
        hint: `Give a whole number from ${least} up`,
      })
    }
  }
  whole(vocabSize, 1, 'vocabSize')
  whole(minFrequency, 0, 'minFrequency')
  whole(maxTokenLength, 1, 'maxTokenLength')
  if (options.initialLengths && options.initialLengths.length !== initial.length) {
    throw new TesseraError('ARGUMENT_INVALID', 'initialLengths must have one entry for each initial token', {
      where: 'initialLengths',
    })
  }
  if (options.indexRange !== undefined && !(options.indexRange > 1)) {
    throw new TesseraError('ARGUMENT_INVALID', `indexRange is ${options.indexRange}`, {
      where: 'indexRange',
      hint: 'Give a number above 1',
    })
  }
  if (vocabSize > 2 ** 24) {
    throw new TesseraError('ARGUMENT_INVALID', `vocabSize is ${vocabSize}; at most ${2 ** 24}`, {
      where: 'vocabSize',
    })
  }
  if (words.offsets.length !== words.weights.length + 1) {
    throw new TesseraError('ARGUMENT_INVALID', 'offsets must have one entry more than weights', {
      where: 'words',
    })
  }
  if (words.symbols.length + words.weights.length >= 2 ** 31 - 1) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', `${words.symbols.length} symbols; at most 2^31`, {
      hint: 'Train on a sample of the corpus',
    })
  }
  if (initial.length > vocabSize) {
    throw new TesseraError(
      'TRAINING_IMPOSSIBLE',
      `A vocabulary of ${vocabSize} cannot hold the ${initial.length} initial tokens`,
      { where: 'vocabSize', hint: 'Ask for a larger vocabulary or a smaller alphabet' },
    )
  }
  return new MergeRun(words, options)
}
