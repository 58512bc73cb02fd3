// Byte offsets to UTF-16 offsets, for a document of many megabytes: one count for every 64 kB, and from
// there on by walking. (JavaScript's `slice` counts in UTF-16 units, files count in bytes.)

const STEP = 1 << 16

export class Utf16Index {
  private readonly bytes: Uint8Array
  /** UTF-16 units before byte `i * STEP`. */
  private readonly marks: number[] = [0]

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** UTF-16 units before byte `at`; inside a character: before that character. */
  unitsBefore(at: number): number {
    const mark = Math.floor(at / STEP)
    for (let known = this.marks.length; known <= mark; known++) {
      this.marks.push(this.marks[known - 1]! + starts(this.bytes, (known - 1) * STEP, known * STEP))
    }
    const inside = at < this.bytes.length && (this.bytes[at]! & 0xc0) === 0x80
    let units = this.marks[mark]! + starts(this.bytes, mark * STEP, at)
    if (inside) {
      let first = at
      while (first > 0 && (this.bytes[first]! & 0xc0) === 0x80) first--
      units -= this.bytes[first]! >= 0xf0 ? 2 : 1
    }
    return units
  }
}

/** UTF-16 units of the characters that begin in the range. */
function starts(bytes: Uint8Array, from: number, to: number): number {
  let units = 0
  for (let i = from; i < to; i++) {
    const b = bytes[i]!
    if ((b & 0xc0) !== 0x80) units += b >= 0xf0 ? 2 : 1
  }
  return units
}
