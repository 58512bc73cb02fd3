// A lane turns text without added tokens into ids. The fast lane covers byte-pair encoding with the
// pre-tokenizers of public language models; the plain lane runs the components of tokenizer.json one by one,
// covers everything, and is the oracle of the fast one.
import type { AlignedText } from '../aligned.ts'
import type { IdSink } from '../bpe/id-sink.ts'

export interface SpanSink {
  /**
   * One token: its id and the range `[start, end)` of the source it came from, in UTF-16 units. A token that
   * begins or ends inside a character has that whole character in its range; `head` and `tail` are the bytes
   * of it that are not the token's.
   */
  push(id: number, start: number, end: number, head: number, tail: number): void
}

/**
 * Where a text stands, which decides what is put in front of it: at the start of the source, at the start of
 * a part (behind an added token), or inside a part that was cut for length.
 */
export type Place = 'source' | 'part' | 'inside'

/** Text is normalized by the caller. */
export interface Lane {
  readonly kind: 'fast' | 'plain'
  /** Appends ids. */
  encode(text: AlignedText, place: Place, sink: IdSink): void
  /** Number of ids; may stop early once it exceeds `limit`. */
  count(text: AlignedText, place: Place, limit: number): number
  /** As `encode` over tracked text, with source ranges. */
  encodeSpans(text: AlignedText, place: Place, spans: SpanSink): void
}
