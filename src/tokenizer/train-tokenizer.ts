// Training, from a corpus to a tokenizer in hand. The trainer is loaded when it is called for: whoever only
// encodes does not pay for it.
import { createTokenizer } from './tokenizer.ts'
import type { TokenizerSpec } from './spec.ts'
import type { Corpus, TrainBpeOptions, TrainBpeReport } from './train/train-bpe.ts'
import type { Tokenizer } from './types.ts'

/** A tokenizer that knows how it was made. */
export interface TrainedTokenizer extends Tokenizer {
  readonly report: TrainBpeReport
}

/**
 * Trains on text files, folders or documents, to a specification and a report.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary size below the alphabet),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainBpeSpec(
  corpus: Corpus,
  options: TrainBpeOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainBpeReport }> {
  const trainer = await import('./train/train-bpe.ts')
  return trainer.trainBpeSpec(corpus, options)
}

/**
 * Trains a BPE tokenizer on texts, files or folders. The same corpus and options give the same tokenizer,
 * whatever the number of threads. Throws what `trainBpeSpec` throws.
 */
export async function trainBpe(corpus: Corpus, options: TrainBpeOptions = {}): Promise<TrainedTokenizer> {
  const { spec, report } = await trainBpeSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}
