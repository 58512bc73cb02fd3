// The GPT-2 byte alphabet: a bijection between the 256 bytes and 256 printable characters, by which
// byte-level vocabularies are written as text in tokenizer.json. Source: GPT-2 (Radford et al. 2019),
// `bytes_to_unicode` of its released encoder.

/** byte → UTF-16 unit of its character. */
export const BYTE_TO_CHAR: Uint16Array = new Uint16Array(256)
/** UTF-16 unit (below 324) → byte, or -1. */
export const CHAR_TO_BYTE: Int16Array = new Int16Array(324).fill(-1)

{
  let next = 256
  for (let b = 0; b < 256; b++) {
    const printable = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae
    const c = printable ? b : next++
    BYTE_TO_CHAR[b] = c
    CHAR_TO_BYTE[c] = b
  }
}

/** Bytes as a string of alphabet characters. */
export function bytesToAlphabet(bytes: Uint8Array): string {
  let s = ''
  for (let i = 0; i < bytes.length; i++) s += String.fromCharCode(BYTE_TO_CHAR[bytes[i]!]!)
  return s
}

/** Alphabet characters as bytes, or null when a character is outside the alphabet. */
export function alphabetToBytes(text: string): Uint8Array | null {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const b = c < 324 ? CHAR_TO_BYTE[c]! : -1
    if (b < 0) return null
    out[i] = b
  }
  return out
}
