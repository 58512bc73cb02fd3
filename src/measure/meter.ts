// Everything about one tokenizer on a stream of documents, in one pass and bounded memory.
import type { LongWork } from '../core/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { DocumentSums, type BootstrapOptions, type Interval } from './bootstrap.ts'
import { compressionOf, type Compression } from './compression.ts'
import { runEntropies, type RunEntropy } from './entropy.ts'
import { huffmanBits } from './huffman.ts'
import { differenceOf, unknownId, type Loss } from './loss.ts'
import { channelOf, type Channel } from './renyi.ts'
import { RunCounter } from './run-counter.ts'
import { addSizes, textSize, type TextSize } from './text-size.ts'

export interface MeterOptions {
  /** Longest run of tokens whose entropy is measured; 1 = single tokens only. Default 5. */
  longestRun?: number
  /** As `limit` of RunCounter. */
  runLimit?: number
  /** Decode every document and compare. Default true. */
  checkLoss?: boolean
}

export interface Measurement {
  tokenizer: string
  vocabSize: number
  documents: number
  size: TextSize
  compression: Compression
  /** Different ids that occur, and their share of the vocabulary. */
  vocabulary: { used: number; share: number }
  channel: Channel
  /** Bits of the stream under the best prefix code for single tokens. */
  huffmanBits: number
  /** `[longestRun]`, each beside its shuffled control. */
  entropies: RunEntropy[]
  /** null when not checked. */
  loss: Loss | null
}

export interface Intervals {
  bytesPerToken: Interval | null
  charsPerToken: Interval | null
  tokensPerWord: Interval | null
}

const [BYTES, CHARS, WORDS, TOKENS] = [0, 1, 2, 3]

/** Takes documents one by one; ids follow each other as one stream. */
export class TokenMeter {
  readonly tokenizer: Tokenizer
  /** Per document: bytes, characters, words, tokens. */
  readonly sums = new DocumentSums(4)
  readonly runs: RunCounter
  private size: TextSize = { bytes: 0, chars: 0, words: 0 }
  private readonly unknown: number
  private readonly checkLoss: boolean
  private readonly loss: Loss = { unknownTokens: 0, documents: 0, example: null }
  private readonly runLimit: number | undefined

  constructor(tokenizer: Tokenizer, options: MeterOptions = {}) {
    this.tokenizer = tokenizer
    this.unknown = unknownId(tokenizer)
    this.checkLoss = options.checkLoss ?? true
    this.runLimit = options.runLimit
    this.runs = new RunCounter({
      vocabSize: tokenizer.vocabSize,
      most: options.longestRun,
      limit: options.runLimit,
    })
  }

  /**
   * Encodes a document (no template) and counts it; returns its ids.
   * Throws what `encode` throws, TEXT_NOT_REPRESENTABLE among it; the document then counts for nothing.
   */
  add(document: string | Uint8Array): Uint32Array {
    const ids = this.tokenizer.encode(document, { template: false })
    const size = textSize(document)
    this.size = addSizes(this.size, size)
    this.runs.add(ids)
    if (this.checkLoss) {
      const difference = differenceOf(this.tokenizer, document, ids)
      if (difference) {
        this.loss.example ??= { document: this.sums.count, ...difference }
        this.loss.documents++
      }
      if (this.unknown >= 0) for (const id of ids) if (id === this.unknown) this.loss.unknownTokens++
    }
    this.sums.add([size.bytes, size.chars ?? NaN, size.words ?? NaN, ids.length])
    return ids
  }

  /** The measurement of all documents so far; nothing can be added afterwards. Throws CANCELLED. */
  async report(options: { seed?: number } & LongWork = {}): Promise<Measurement> {
    const { tokenizer, runs } = this
    const { vocabSize } = tokenizer
    const entropies = await runEntropies(runs, { ...options, limit: this.runLimit })
    let used = 0
    for (const count of runs.counts) if (count > 0) used++
    return {
      tokenizer: tokenizer.name,
      vocabSize,
      documents: this.sums.count,
      size: this.size,
      compression: compressionOf(this.size, runs.tokens, vocabSize),
      vocabulary: { used, share: vocabSize > 0 ? used / vocabSize : 0 },
      channel: channelOf(runs.counts, vocabSize),
      huffmanBits: huffmanBits(runs.counts),
      entropies,
      loss: this.checkLoss ? this.loss : null,
    }
  }

  /** Bootstrap intervals over the documents; null where there are fewer than two. */
  intervals(options?: BootstrapOptions): Intervals {
    const ratio = (over: number, under: number) =>
      this.sums.interval((sums) => sums[over]! / sums[under]!, options)
    return {
      bytesPerToken: ratio(BYTES!, TOKENS!),
      charsPerToken: ratio(CHARS!, TOKENS!),
      tokensPerWord: ratio(TOKENS!, WORDS!),
    }
  }
}
