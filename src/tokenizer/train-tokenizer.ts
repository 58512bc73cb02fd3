// Training, from a corpus to a tokenizer in hand.
import { createTokenizer } from './tokenizer.ts'
import { trainBpeSpec, type Corpus, type TrainBpeOptions, type TrainBpeReport } from './train/train-bpe.ts'
import type { Tokenizer } from './types.ts'

/** A tokenizer that knows how it was made. */
export interface TrainedTokenizer extends Tokenizer {
  readonly report: TrainBpeReport
}

/**
 * Trains a BPE tokenizer on texts, files or folders. The same corpus and options give the same tokenizer,
 * whatever the number of threads. Throws what `trainBpeSpec` throws.
 */
export async function trainBpe(corpus: Corpus, options: TrainBpeOptions = {}): Promise<TrainedTokenizer> {
  const { spec, report } = await trainBpeSpec(corpus, options)
  return Object.assign(createTokenizer(spec), { report })
}
