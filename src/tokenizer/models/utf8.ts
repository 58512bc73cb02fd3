// A piece as UTF-8 in a buffer that is used again, and the way back from bytes to UTF-16 units.
const encoder = new TextEncoder()

export class Utf8Piece {
  bytes: Uint8Array = new Uint8Array(256)
  /** Bytes in use. */
  length = 0
  private ascii = true

  load(piece: string): void {
    const most = piece.length * 3
    if (this.bytes.length < most) this.bytes = new Uint8Array(most * 2)
    else if (this.bytes.length > 65536 && most < 4096) this.bytes = new Uint8Array(4096)
    const { bytes } = this
    let i = 0
    for (; i < piece.length; i++) {
      const unit = piece.charCodeAt(i)
      if (unit >= 0x80) break
      bytes[i] = unit
    }
    this.ascii = i === piece.length
    this.length = this.ascii ? i : encoder.encodeInto(piece, bytes).written
  }

  /** UTF-16 units in whole characters `[from, to)`. */
  units(from: number, to: number): number {
    if (this.ascii) return to - from
    const { bytes } = this
    let units = 0
    for (let i = from; i < to; i++) {
      const byte = bytes[i]!
      if (byte < 0x80 || byte >= 0xc0) units += byte >= 0xf0 ? 2 : 1
    }
    return units
  }
}
