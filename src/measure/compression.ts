// A tokenizer as a compressor with codes of one length: what a token stands for, and what it costs.
import type { TextSize } from './text-size.ts'

export interface Compression {
  tokens: number
  bytesPerToken: number | null
  charsPerToken: number | null
  /** Fertility: tokens per word, words being what stands between white space. */
  tokensPerWord: number | null
  /** 8 · bytes / (tokens · log2 vocabulary): text by tokens when each takes log2 K bits. Above 1 = smaller. */
  ratio: number | null
}

/** Every ratio is null where there is nothing to divide by. */
export function compressionOf(size: TextSize, tokens: number, vocabSize: number): Compression {
  const by = (amount: number | null, divisor: number | null) =>
    amount === null || divisor === null || divisor === 0 ? null : amount / divisor
  return {
    tokens,
    bytesPerToken: by(size.bytes, tokens),
    charsPerToken: by(size.chars, tokens),
    tokensPerWord: by(tokens, size.words),
    ratio: by(8 * size.bytes, vocabSize > 0 ? tokens * Math.log2(vocabSize) : null),
  }
}
