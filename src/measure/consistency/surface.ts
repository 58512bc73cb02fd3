// What a reader sees of decoded bytes: the surface that the paper compares with the ids. Whitespace at the ends
// does not count and runs of it count as one space (the paper's own cases differ in whitespace only). Bytes
// that are no whole characters are compared as bytes, never as U+FFFD.
import { firstMalformedByte, utf8Decode } from '../../core/index.ts'

/** A string that is equal for equal surfaces. */
export function surfaceOf(bytes: Uint8Array): string {
  if (firstMalformedByte(bytes) < 0) return squeezed(utf8Decode(bytes))
  // One character per byte, behind a mark, so that it never equals a decoded text.
  let latin = ''
  for (const byte of bytes) latin += String.fromCharCode(byte)
  return `\ufffd${latin.replaceAll(/[\t-\r ]+/g, ' ').replaceAll(/^ | $/g, '')}`
}

function squeezed(text: string): string {
  return text.replaceAll(/\p{White_Space}+/gu, ' ').replaceAll(/^ | $/g, '')
}

/** A word of running text, with apostrophes and hyphens inside: `don't`, `twenty-one`. */
export function wordPattern(): RegExp {
  return /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu
}
