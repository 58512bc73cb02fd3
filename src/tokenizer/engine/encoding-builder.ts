// Collects tokens with their source ranges and turns them into an `Encoding`.
import { textPart, type Part } from '../postprocess/part.ts'
import type { Encoding } from '../types.ts'
import type { SpanSink } from './lane.ts'
import { UnitToByte } from './spans.ts'

export class EncodingBuilder implements SpanSink {
  private readonly ids: number[] = []
  private readonly ranges: number[] = []
  /** `[2 * tokens]` bytes of the first and the last character that are not the token's. */
  private readonly edges: number[] = []
  private readonly source: string
  private readonly tokenOf: (id: number) => string
  /** Offsets are bytes: the input was bytes. */
  private readonly inBytes: boolean

  constructor(source: string, tokenOf: (id: number) => string, inBytes: boolean) {
    this.source = source
    this.tokenOf = tokenOf
    this.inBytes = inBytes
  }

  /** For raw bytes that are no text: ranges pushed are byte ranges. */
  static overBytes(bytes: Uint8Array, tokenOf: (id: number) => string): EncodingBuilder {
    // One unit per byte stands in for the text, so that units and bytes are the same thing.
    return new EncodingBuilder('\0'.repeat(bytes.length), tokenOf, true)
  }

  push(id: number, start: number, end: number, head: number, tail: number): void {
    this.ids.push(id)
    this.ranges.push(start, end)
    this.edges.push(head, tail)
  }

  part(text: 0 | 1): Part {
    const { ids, ranges, source } = this
    return textPart(Uint32Array.from(ids), ids.map(this.tokenOf), Uint32Array.from(ranges), source, text)
  }

  /** `cutLeft`: truncation took tokens away from the start. */
  static encoding(
    whole: Part,
    first: EncodingBuilder,
    second: EncodingBuilder | null,
    cutLeft: boolean,
  ): Encoding {
    const details = whole.details!
    const count = whole.ids.length
    const byteOffsets = new Uint32Array(2 * count)
    const offsets = details.offsets.slice()
    for (const [text, builder] of [first, second].entries()) {
      if (!builder) continue
      let kept = 0
      for (let i = 0; i < count; i++) if (details.texts[i] === text) kept++
      // Which of the builder's tokens the first kept one is.
      let token = cutLeft ? builder.ids.length - kept : 0
      const bytes = new UnitToByte(builder.source)
      for (let i = 0; i < count; i++) {
        if (details.texts[i] !== text) continue
        byteOffsets[2 * i] = bytes.at(offsets[2 * i]!) + builder.edges[2 * token]!
        byteOffsets[2 * i + 1] = bytes.at(offsets[2 * i + 1]!) - builder.edges[2 * token + 1]!
        if (builder.inBytes) {
          offsets[2 * i] = byteOffsets[2 * i]!
          offsets[2 * i + 1] = byteOffsets[2 * i + 1]!
        }
        token++
      }
    }
    return {
      ids: whole.ids,
      tokens: [...details.tokens],
      offsets,
      byteOffsets,
      typeIds: details.typeIds,
      specialMask: details.specialMask,
    }
  }
}
