// Training of the whole family in one run: byte-pair encoding over raw chunks, without any idea of text.
// Defaults are those of the published 001 family (Bommarito 2025, arXiv 2511.17573): minimum frequency 10,
// tokens of 1 to 16 bytes, chunks of 8,192 bytes; a pair whose joined bytes are a token already is skipped;
// ties go to the smaller (left id, right id). Files and chunks may come in any order: the merges are the same.
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import { ChunkCorpus, type ChunkOptions } from './chunks.ts'
import { BINARY_SPECIALS, FIRST_MERGE_ID, MAX_TOKEN_BYTES } from './layout.ts'
import { BinaryTokenizer } from './tokenizer.ts'

export interface BinaryTrainOptions extends ChunkOptions, LongWork {
  /** Vocabulary size of the largest member, special tokens and bytes included. Default 16384. */
  size?: number
  /** Stop at the first pair that occurs less often. Default 10. */
  minFrequency?: number
  /** Longest token. Default 16. */
  maxTokenBytes?: number
  name?: string
}

export interface BinaryTraining {
  /** Smaller than asked when no pair was frequent enough any more. */
  tokenizer: BinaryTokenizer
  /** `[merges]` how often each pair occurred when it was merged. */
  counts: Float64Array
  corpus: { files: number; bytes: number; keptBytes: number; chunks: number; distinctChunks: number }
}

/**
 * Trains on whole files. Throws ARGUMENT_INVALID, CANCELLED, and TRAINING_IMPOSSIBLE when there are no
 * bytes to train on.
 */
export async function trainBinary(
  files: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: BinaryTrainOptions = {},
): Promise<BinaryTraining> {
  const { size = 16384, minFrequency = 10, maxTokenBytes = MAX_TOKEN_BYTES } = options
  if (!Number.isInteger(size) || size < FIRST_MERGE_ID) {
    throw new TesseraError('ARGUMENT_INVALID', `size is ${size}`, {
      where: 'size',
      hint: `Special tokens and bytes alone take ${FIRST_MERGE_ID} ids: give at least that`,
    })
  }
  const corpus = new ChunkCorpus(options)
  for await (const file of files) {
    throwIfCancelled(options.signal)
    corpus.addFile(file)
    options.onProgress?.({ stage: 'cutting files into chunks', done: corpus.files, unit: 'files' })
  }
  if (corpus.distinct === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There are no bytes to train on', {
      hint: corpus.bytes > 0 ? 'Widen the entropy window' : 'Give at least one file that is not empty',
    })
  }
  // The special tokens' text counts as taken, so that no token can look like one in tokenizer.json.
  const initial = BINARY_SPECIALS.map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0)))
  for (let b = 0; b < 256; b++) initial.push(Uint8Array.of(b))
  // Loaded when somebody trains: whoever only encodes does not pay for it.
  const { learnMerges } = await import('../train/learn-merges.ts')
  const learned = await learnMerges(corpus.words(), {
    initial,
    vocabSize: size,
    minFrequency,
    maxTokenLength: maxTokenBytes,
    existing: 'skip',
    onProgress: options.onProgress,
    signal: options.signal,
  })
  return {
    tokenizer: new BinaryTokenizer(learned.merges, options.name),
    counts: learned.counts,
    corpus: {
      files: corpus.files,
      bytes: corpus.bytes,
      keptBytes: corpus.keptBytes,
      chunks: corpus.chunks,
      distinctChunks: corpus.distinct,
    },
  }
}
