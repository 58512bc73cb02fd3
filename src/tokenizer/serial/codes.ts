// Ids as bytes, code by code. The variable-length codes are UTF-8: value v is the v-th code point that is
// no surrogate, so small values take one byte, and any program that reads UTF-8 reads them back.
import { TesseraError } from '../../core/index.ts'

const FIRST_SURROGATE = 0xd800
const SURROGATES = 0x800
/** Largest value with a code: U+10FFFF is the last code point. */
export const MAX_CODE = 0x10ffff - SURROGATES

/** Bytes of the code of `value`. */
export function codeLength(value: number): number {
  return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 - SURROGATES ? 3 : 4
}

/** Writes the code of `value` at `at`; returns where the next one goes. Throws ID_OUT_OF_RANGE above MAX_CODE. */
export function writeCode(out: Uint8Array, at: number, value: number): number {
  if (value < 0x80) {
    out[at] = value
    return at + 1
  }
  if (value < 0x800) {
    out[at] = 0xc0 | (value >> 6)
    out[at + 1] = 0x80 | (value & 0x3f)
    return at + 2
  }
  const point = value < FIRST_SURROGATE ? value : value + SURROGATES
  if (point < 0x10000) {
    out[at] = 0xe0 | (point >> 12)
    out[at + 1] = 0x80 | ((point >> 6) & 0x3f)
    out[at + 2] = 0x80 | (point & 0x3f)
    return at + 3
  }
  if (point > 0x10ffff) {
    throw new TesseraError('ID_OUT_OF_RANGE', `${value} has no code of at most four bytes`, {
      hint: `The largest is ${MAX_CODE}; take the serialisation "fixed"`,
    })
  }
  out[at] = 0xf0 | (point >> 18)
  out[at + 1] = 0x80 | ((point >> 12) & 0x3f)
  out[at + 2] = 0x80 | ((point >> 6) & 0x3f)
  out[at + 3] = 0x80 | (point & 0x3f)
  return at + 4
}

/** Reads codes one after another. Throws FORMAT_INVALID at the first byte that belongs to none. */
export class CodeReader {
  at = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get ended(): boolean {
    return this.at >= this.bytes.length
  }

  next(): number {
    const { bytes, at } = this
    const first = bytes[at] ?? -1
    if (first >= 0 && first < 0x80) {
      this.at++
      return first
    }
    const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    let point = first & (0xff >> (length + 1))
    for (let i = 1; i < length; i++) {
      const byte = bytes[at + i] ?? 0
      if ((byte & 0xc0) !== 0x80) throw this.damaged()
      point = (point << 6) | (byte & 0x3f)
    }
    const surrogate = point >= FIRST_SURROGATE && point < FIRST_SURROGATE + SURROGATES
    const value = point < FIRST_SURROGATE ? point : point - SURROGATES
    if (first < 0xc2 || first > 0xf4 || surrogate || value > MAX_CODE || codeLength(value) !== length) {
      throw this.damaged()
    }
    this.at += length
    return value
  }

  private damaged(): TesseraError {
    return new TesseraError('FORMAT_INVALID', 'No code begins here, or it is cut off', {
      where: `byte ${this.at}`,
    })
  }
}
