// A lane turns text without added tokens into ids. The fast lane covers byte-pair encoding with the
// pre-tokenizers of public language models; the plain lane runs the components of tokenizer.json one by one,
// covers everything, and is the oracle of the fast one.
import type { AlignedText } from '../aligned.ts'
import type { IdSink } from '../bpe/id-sink.ts'

/** Tokens with the range of the source they came from, in UTF-16 units: three numbers a token. */
export interface SpanSink {
  push(id: number, start: number, end: number): void
}

export interface Lane {
  readonly kind: 'fast' | 'plain'
  /** Appends ids. `first`: the text stands at the very start of the source. */
  encode(text: string, first: boolean, sink: IdSink): void
  /** Number of ids; may stop early once it exceeds `limit`. */
  count(text: string, first: boolean, limit: number): number
  /** As `encode`, with source ranges. */
  encodeSpans(text: AlignedText, first: boolean, spans: SpanSink): void
}
