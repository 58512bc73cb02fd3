// LZ-aware training, from a corpus to a tokenizer in hand; loaded when it is called for.
import type { TokenizerSpec } from './spec.ts'
import { createTokenizer } from './tokenizer.ts'
import type { TrainLzBpeOptions, TrainLzBpeReport } from './train-lz/train-lz.ts'
import type { Corpus } from './train/train-bpe.ts'
import type { Tokenizer } from './types.ts'

/**
 * Byte-level BPE whose merges are chosen by the gzipped size of the corpus's beginning (Erdogan et al. 2026),
 * to a specification, as `writeTokenizerJson` takes it, and a report.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (no text, or a vocabulary below specials and bytes),
 * PATTERN_INVALID, PATTERN_TOO_COMPLEX, TEXT_NOT_UTF8, FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function trainLzBpeSpec(
  corpus: Corpus,
  options: TrainLzBpeOptions = {},
): Promise<{ spec: TokenizerSpec; report: TrainLzBpeReport }> {
  const trainer = await import('./train-lz/train-lz.ts')
  return trainer.trainLzBpeSpec(corpus, options)
}

/** The same, as a tokenizer. The same corpus and options give the same tokenizer, whatever the threads. */
export async function trainLzBpe(
  corpus: Corpus,
  options: TrainLzBpeOptions = {},
): Promise<Tokenizer & { readonly report: TrainLzBpeReport }> {
  const { spec, report } = await trainLzBpeSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}
