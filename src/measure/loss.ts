// What a tokenizer loses. One that turns characters into an unknown token, or text into other text by its
// normalizer, is no compressor of that text: its figures must not be read without this one.
import { utf8Decode } from '../core/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'

/** The id of the unknown token, or -1 when the model has none. */
export function unknownId(tokenizer: Tokenizer): number {
  const { model } = tokenizer.spec
  if (model.type === 'Unigram') return model.unkId ?? -1
  return model.unkToken === null ? -1 : tokenizer.idOf(model.unkToken)
}

export interface Loss {
  /** Tokens that stand for what the vocabulary does not have. */
  unknownTokens: number
  /** Documents that do not decode to what they were. */
  documents: number
  /** The first difference: what stood there, and what came back; null when nothing was lost. */
  example: { document: number; expected: string; got: string } | null
}

const SHOWN = 24

/** Where and how a decoded document differs, or null. */
export function differenceOf(
  tokenizer: Tokenizer,
  document: string | Uint8Array,
  ids: Uint32Array,
): { expected: string; got: string } | null {
  if (typeof document === 'string') {
    const got = tokenizer.decode(ids, { skipSpecials: false })
    if (got === document) return null
    let at = 0
    while (at < got.length && got[at] === document[at]) at++
    const from = Math.max(0, at - SHOWN / 3)
    // A lone surrogate is U+FFFD to every tokenizer; that is not its loss.
    const expected = document.toWellFormed?.() ?? document
    if (got === expected) return null
    return { expected: expected.slice(from, from + SHOWN), got: got.slice(from, from + SHOWN) }
  }
  const got = tokenizer.decodeBytes(ids, { skipSpecials: false })
  let at = 0
  while (at < got.length && got[at] === document[at]) at++
  if (at === got.length && at === document.length) return null
  const part = (bytes: Uint8Array) => utf8Decode(bytes.subarray(Math.max(0, at - 8), at + 16))
  return { expected: part(document), got: part(got) }
}
