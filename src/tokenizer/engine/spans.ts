// From byte positions in UTF-8 back to UTF-16 units of the same text, for ascending positions.
import type { AlignedText } from '../aligned.ts'
import { sourceRange } from '../aligned.ts'

/** Walks a text once, in step with ascending byte positions. */
export class ByteToUnit {
  private unit = 0
  private byte = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /**
   * Units of the character range that covers the bytes [start, end): a token that begins or ends inside a
   * character covers that whole character. `start` must not be below the previous call's `start`.
   */
  range(start: number, end: number): [number, number] {
    while (this.byte < start) {
      const width = this.width(this.unit)
      if (this.byte + width > start) break
      this.byte += width
      this.unit += width === 4 ? 2 : 1
    }
    let unit = this.unit
    for (let byte = this.byte; byte < end; ) {
      const width = this.width(unit)
      byte += width
      unit += width === 4 ? 2 : 1
    }
    return [this.unit, unit]
  }

  /** UTF-8 bytes of the character at a unit; a lone surrogate is written as U+FFFD, 3 bytes. */
  private width(unit: number): number {
    const a = this.text.charCodeAt(unit)
    if (a < 0x80) return 1
    if (a < 0x800) return 2
    if (a >= 0xd800 && a < 0xdc00) {
      const b = this.text.charCodeAt(unit + 1)
      if (b >= 0xdc00 && b < 0xe000) return 4
    }
    return 3
  }
}

/** Source range of a range of units of a (possibly rewritten) text. */
export function toSource(text: AlignedText, range: [number, number]): [number, number] {
  return sourceRange(text, range[0], range[1])
}
