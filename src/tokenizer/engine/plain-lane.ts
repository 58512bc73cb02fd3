// The plain lane: the pre-tokenizer and the model of tokenizer.json, one component after the other. It covers
// every tokenizer, and it is what the fast lane is tested against.
import { sourceRange, type AlignedText } from '../aligned.ts'
import type { IdSink } from '../bpe/id-sink.ts'
import { compileModel } from '../models/compile.ts'
import type { Model } from '../models/model.ts'
import { compilePreTokenizer } from '../pretokenize/compile.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { Lane, Place, SpanSink } from './lane.ts'

export class PlainLane implements Lane {
  readonly kind = 'plain'
  private readonly split: (pieces: AlignedText[]) => AlignedText[]
  private readonly model: Model

  constructor(spec: TokenizerSpec) {
    this.split = compilePreTokenizer(spec.preTokenizer, spec.reference)
    this.model = compileModel(spec.model, spec.reference)
  }

  encode(text: AlignedText, _place: Place, sink: IdSink): void {
    for (const piece of this.split([text])) this.model.encodePiece(piece.text, (id) => sink.push(id))
  }

  /** The pieces that the model gets. */
  pieces(text: AlignedText): string[] {
    return this.split([text]).map((piece) => piece.text)
  }

  count(text: AlignedText, _place: Place, limit: number): number {
    let n = 0
    for (const piece of this.split([text])) {
      this.model.encodePiece(piece.text, () => n++)
      if (n > limit) break
    }
    return n
  }

  encodeSpans(text: AlignedText, _place: Place, spans: SpanSink): void {
    for (const piece of this.split([text])) {
      this.model.encodePiece(piece.text, (id, from, to) => {
        const [start, end] = sourceRange(piece, from, to)
        spans.push(id, start, end, 0, 0)
      })
    }
  }
}
