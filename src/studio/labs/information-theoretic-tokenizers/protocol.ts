// What the lab and its workers say to each other.
import type { Measurement, Transform } from '../../../measure/index.ts'
import type { TokenizerSource } from '../../worker/protocol.ts'

export interface LabDocument {
  name: string
  bytes: Uint8Array
}

/** A tokenizer of the page, or the baseline that takes every byte for a token. */
export type Source = TokenizerSource | { bytesAsTokens: true }

export interface Measured {
  measurement: Measurement
  /** `[documents]` */
  tokens: Float64Array
  /** One for each compressor that the browser has. */
  transforms: Transform[]
}

export interface Opened {
  /** Documents that are text, in order, with their sizes in bytes and characters. */
  kept: { name: string; bytes: number; chars: number }[]
  /** Those that are not UTF-8, and why. */
  refused: { name: string; message: string }[]
}

export type InformationCalls = {
  /** Takes the place of the documents before. */
  open: { input: { documents: readonly LabDocument[] }; output: Opened }
  measure: { input: { source: Source }; output: Measured }
}

/** One way of choosing merges, on text that they were not chosen on. */
export interface MergeSide {
  tokens: number
  /** Bytes of the ids under gzip, written as ranks in the order of the training text. */
  compressed: number
  utilisation: number
  utilisation2: number
  /** Seconds of training. */
  seconds: number
  /** Merged tokens in order. */
  merges: string[]
}

export interface MergesFound {
  trainBytes: number
  testBytes: number
  vocabSize: number
  /** Bytes of the held-out text itself under gzip. */
  raw: number
  plain: MergeSide
  lz: MergeSide
  /** Merges for which another than the most frequent pair was taken. */
  turned: number
  /** tokenizer.json of the LZ-aware one. */
  json: string
}

export type MergeCalls = {
  train: { input: { documents: readonly LabDocument[]; vocabSize: number }; output: MergesFound }
}
