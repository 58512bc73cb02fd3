// Training, from a corpus to a tokenizer in hand. A trainer is loaded when it is called for: whoever only
// encodes does not pay for it.
import { createTokenizer } from './tokenizer.ts'
import type { TokenizerSpec } from './spec.ts'
import type { Corpus, TrainBpeOptions, TrainBpeReport } from './train/train-bpe.ts'
import type { TrainUnigramOptions, TrainUnigramReport } from './train/train-unigram.ts'
import type { TrainWordPieceOptions, TrainWordPieceReport } from './train/train-wordpiece.ts'
import type { Tokenizer } from './types.ts'

/** A tokenizer that knows how it was made. */
export interface TrainedTokenizer<Report = TrainBpeReport> extends Tokenizer {
  readonly report: Report
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

/** Trains a Unigram tokenizer (Kudo 2018), to a specification and a report. Throws what `trainBpeSpec` throws. */
export async function trainUnigramSpec(
  corpus: Corpus,
  options: TrainUnigramOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainUnigramReport }> {
  const trainer = await import('./train/train-unigram.ts')
  return trainer.trainUnigramSpec(corpus, options)
}

/** As `trainBpe`, for a Unigram tokenizer. */
export async function trainUnigram(
  corpus: Corpus,
  options: TrainUnigramOptions = {},
): Promise<TrainedTokenizer<TrainUnigramReport>> {
  const { spec, report } = await trainUnigramSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}

/** Trains a WordPiece tokenizer, to a specification and a report. Throws what `trainBpeSpec` throws. */
export async function trainWordPieceSpec(
  corpus: Corpus,
  options: TrainWordPieceOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainWordPieceReport }> {
  const trainer = await import('./train/train-wordpiece.ts')
  return trainer.trainWordPieceSpec(corpus, options)
}

/** As `trainBpe`, for a WordPiece tokenizer. */
export async function trainWordPiece(
  corpus: Corpus,
  options: TrainWordPieceOptions = {},
): Promise<TrainedTokenizer<TrainWordPieceReport>> {
  const { spec, report } = await trainWordPieceSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}
