// Bytes and UTF-8. Decoding never drops a byte-order mark and never throws unless asked to:
// the defaults of TextDecoder do both, and both are bugs in a tokenizer.
import { TesseraError } from './errors.ts'
import { decodeUtf8 } from './utf8-decode.ts'

const encoder = new TextEncoder()
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** UTF-8 of a string; a lone surrogate becomes U+FFFD (EF BF BD), as in every reference tokenizer. */
export function utf8Encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/** UTF-8 to string; each malformed sequence becomes U+FFFD; a leading U+FEFF is kept. */
export function utf8Decode(bytes: Uint8Array): string {
  return decodeUtf8(bytes)
}

/** UTF-8 to string. Throws TEXT_NOT_UTF8 with the offset of the first malformed byte. */
export function utf8DecodeStrict(bytes: Uint8Array, where?: string): string {
  try {
    return strict.decode(bytes)
  } catch (cause) {
    const at = firstMalformedByte(bytes)
    throw new TesseraError('TEXT_NOT_UTF8', `Not UTF-8 text: malformed byte at offset ${at}`, {
      where,
      hint: 'Convert the file to UTF-8, or pass its bytes (Uint8Array) to encode',
      cause,
    })
  }
}

/** Length in bytes of the well-formed UTF-8 sequence at `at`, or 0 when the bytes there are malformed. */
export function utf8SequenceLength(bytes: Uint8Array, at: number, end = bytes.length): number {
  const a = bytes[at]!
  if (a < 0x80) return 1
  if (a < 0xc2 || a > 0xf4) return 0
  const b = at + 1 < end ? bytes[at + 1]! : 0
  if (a < 0xe0) return (b & 0xc0) === 0x80 ? 2 : 0
  const c = at + 2 < end ? bytes[at + 2]! : 0
  if (a < 0xf0) {
    if ((b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80) return 0
    if (a === 0xe0 && b < 0xa0) return 0
    if (a === 0xed && b > 0x9f) return 0
    return 3
  }
  const d = at + 3 < end ? bytes[at + 3]! : 0
  if ((b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80 || (d & 0xc0) !== 0x80) return 0
  if (a === 0xf0 && b < 0x90) return 0
  if (a === 0xf4 && b > 0x8f) return 0
  return 4
}

/** Offset of the first byte that is not part of well-formed UTF-8, or -1. */
export function firstMalformedByte(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length;) {
    const n = utf8SequenceLength(bytes, i)
    if (n === 0) return i
    i += n
  }
  return -1
}

/** Lexicographic order of byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!
    if (d !== 0) return d
  }
  return a.length - b.length
}
