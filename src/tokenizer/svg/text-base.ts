// The tokenizer that attributes go through as text. HiVG appends its tokens to a language model's vocabulary, so
// the base's ids come first; with the 256 bytes as base an SVG tokenizer needs nothing else.
import { TesseraError, utf8Decode, utf8Encode } from '../../core/index.ts'
import type { Tokenizer } from '../types.ts'

export interface TextBase {
  name: string
  /** Ids are 0 to size - 1. */
  size: number
  encode(text: string): ArrayLike<number>
  decode(ids: ArrayLike<number>): string
}

/** One token per byte of UTF-8. */
export const BYTE_BASE: TextBase = {
  name: 'bytes',
  size: 256,
  encode: utf8Encode,
  decode: (ids) => utf8Decode(Uint8Array.from(ids)),
}

/** A tokenizer as base. Text is always text here: it cannot name a special token. Throws ARGUMENT_INVALID. */
export function textBase(tokenizer: Tokenizer): TextBase {
  const encode = (text: string) => tokenizer.encode(text, { specials: 'text', template: false })
  const decode = (ids: ArrayLike<number>) => tokenizer.decode(ids, { skipSpecials: false })
  const probe = 'fill="#0af" stroke-width="1.5" stroke="currentColor"'
  if (decode(encode(probe)) !== probe) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `${tokenizer.name} does not give back the text that it encodes`,
      {
        hint: 'Attributes need a tokenizer without normalisation, such as o200k_base, or the bytes',
      },
    )
  }
  return { name: tokenizer.name, size: tokenizer.vocabSize, encode, decode }
}
