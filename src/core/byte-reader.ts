// Bounded reading of little-endian binary files: nothing is read past the end, and no length that a
// file claims is believed before it is compared with what is left.
import { TesseraError } from './errors.ts'

export class ByteReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  private readonly view: DataView

  constructor(bytes: Uint8Array, from = 0, to = bytes.length, view?: DataView) {
    this.bytes = bytes
    this.at = from
    this.end = to
    this.view = view ?? new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** A reader of the next `length` bytes, which are consumed here. */
  within(length: number): ByteReader {
    const from = this.skip(length)
    return new ByteReader(this.bytes, from, from + length, this.view)
  }

  get left(): number {
    return this.end - this.at
  }

  fail(message: string): never {
    throw new TesseraError('FORMAT_INVALID', message, {
      where: `byte ${this.at}`,
      hint: 'The file is damaged or cut short',
    })
  }

  /** Where the next `length` bytes begin; they are consumed. */
  skip(length: number): number {
    if (!(length >= 0 && length <= this.end - this.at)) {
      this.fail(`${length} bytes are announced, ${this.end - this.at} are left`)
    }
    const from = this.at
    this.at += length
    return from
  }

  take(length: number): Uint8Array {
    const from = this.skip(length)
    return this.bytes.subarray(from, from + length)
  }

  u8(): number {
    return this.bytes[this.skip(1)]!
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true)
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true)
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true)
  }

  f32(): number {
    return this.view.getFloat32(this.skip(4), true)
  }

  f64(): number {
    return this.view.getFloat64(this.skip(8), true)
  }

  /** A 64-bit length; larger than 2^53 becomes a number that no file has left. */
  u64(): number {
    const low = this.u32()
    return this.u32() * 4294967296 + low
  }

  /** LEB128, at most 2^53; ten bytes at most. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) this.fail('A number is too large')
        return value
      }
      scale *= 128
    }
    return this.fail('A number has more than ten bytes')
  }

  /** LEB128 of any 64-bit value: beyond 2^53 only its rough size is right (negative enums, unused fields). */
  varint64(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    return this.fail('A number has more than ten bytes')
  }
}
