// The tokens `<0x00>` … `<0xFF>` of vocabularies with byte fallback.
import type { Vocab } from '../vocab.ts'

/** `[256]` id of the token of each byte, or -1. Upper-case digits only, as the reference writes them. */
export function byteTokens(vocab: Vocab): Int32Array {
  const ids = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    ids[byte] = vocab.idOfString(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`)
  }
  return ids
}
