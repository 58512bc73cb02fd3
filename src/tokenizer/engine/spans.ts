// Between byte positions in UTF-8 and UTF-16 units of the same text, for ascending positions.

/** UTF-8 bytes of the character at a unit; a lone surrogate is written as U+FFFD, 3 bytes. */
function widthAt(text: string, unit: number): number {
  const a = text.charCodeAt(unit)
  if (a < 0x80) return 1
  if (a < 0x800) return 2
  if (a >= 0xd800 && a < 0xdc00) {
    const b = text.charCodeAt(unit + 1)
    if (b >= 0xdc00 && b < 0xe000) return 4
  }
  return 3
}

/** Walks a text once, in step with ascending byte positions. */
export class ByteToUnit {
  /** Range in units of the last `cover`. */
  start = 0
  end = 0
  /** Bytes of the first and the last character of the range that lie outside the bytes asked for. */
  head = 0
  tail = 0
  private startByte = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The whole characters that cover the bytes [from, to). `from` must not fall from call to call. */
  cover(from: number, to: number): void {
    const { text } = this
    while (this.startByte < from) {
      const width = widthAt(text, this.start)
      if (this.startByte + width > from) break
      this.startByte += width
      this.start += width === 4 ? 2 : 1
    }
    this.head = from - this.startByte
    let unit = this.start
    let byte = this.startByte
    while (byte < to) {
      const width = widthAt(text, unit)
      byte += width
      unit += width === 4 ? 2 : 1
    }
    this.end = unit
    this.tail = byte - to
  }
}

/** Byte position of a unit, for units that mostly ascend (a step back restarts only from the last start). */
export class UnitToByte {
  private unit = 0
  private byte = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  at(unit: number): number {
    if (unit < this.unit) {
      while (this.unit > unit) {
        const low = this.text.charCodeAt(this.unit - 1)
        const pair = low >= 0xdc00 && low < 0xe000 && this.unit > 1 && widthAt(this.text, this.unit - 2) === 4
        this.unit -= pair ? 2 : 1
        this.byte -= widthAt(this.text, this.unit)
      }
    }
    while (this.unit < unit) {
      const width = widthAt(this.text, this.unit)
      this.byte += width
      this.unit += width === 4 ? 2 : 1
    }
    return this.byte
  }
}
