// Which id is what (Bochkov 2025, bvv241-2-3; specification part A.1): the id of a character of the Basic
// Multilingual Plane is its code point. The code points that are no characters of text, surrogates and private
// use, are room for tokens of several characters and for special ones.
//
// Ours, beside the paper: the 72 bytes that can occur in the UTF-8 of what has no id (above U+FFFF, private
// use, U+FFFF, and lone surrogates as WTF-8 writes them) are tokens too, and byte b is the id U+E000 + b. So
// every text has ids, and gets itself back.

export const VOCAB_SIZE = 0x10000

/** Tokens of several characters fill these ids in this order. */
const NGRAM_RANGES = [
  [0xd800, 0xe000],
  [0xe100, 0xf900],
] as const
export const NGRAM_CAPACITY = 8192

export const FIRST_SPECIAL = 0xe000
const AFTER_SPECIALS = 0xe100

/** From id U+E000 on. The paper names the first four and the purposes of the others, not their spelling. */
export const NAMED_SPECIALS = [
  '<pad>',
  '<s>',
  '</s>',
  '<unk>',
  '<think>',
  '</think>',
  '<tool>',
  '</tool>',
  '[INST]',
  '[/INST]',
  '<fim_prefix>',
  '<fim_middle>',
  '<fim_suffix>',
] as const
export const UNKNOWN_ID = FIRST_SPECIAL + NAMED_SPECIALS.indexOf('<unk>')

/** What an id stands for. `unused`: a name that no text reaches. */
export type IdKind = 'character' | 'n-gram' | 'special' | 'byte' | 'unused'

/** Whether a UTF-16 unit is a character whose id is its code point. */
export function isCharacterId(id: number): boolean {
  return id < 0xd800 || (id >= 0xf900 && id < 0xffff)
}

/** Continuation bytes, the lead bytes of U+D800 to U+FFFF that matter, and those of U+10000 and above. */
function isFallbackByte(byte: number): boolean {
  return (byte >= 0x80 && byte <= 0xbf) || (byte >= 0xed && byte <= 0xf4)
}

export function byteId(byte: number): number {
  return FIRST_SPECIAL + byte
}

/** The id of the n-gram with this number, in the order of the list. */
export function ngramId(index: number): number {
  const [first, second] = NGRAM_RANGES
  const room = first[1] - first[0]
  return index < room ? first[0] + index : second[0] + index - room
}

/** The place of an id among n-grams, or -1. */
export function ngramIndex(id: number): number {
  const [first, second] = NGRAM_RANGES
  if (id >= first[0] && id < first[1]) return id - first[0]
  return id >= second[0] && id < second[1] ? id - second[0] + first[1] - first[0] : -1
}

/** The kind of an id, given how many n-grams there are. */
export function kindOfId(id: number, ngrams: number): IdKind {
  if (isCharacterId(id)) return 'character'
  const index = ngramIndex(id)
  if (index >= 0) return index < ngrams ? 'n-gram' : 'unused'
  if (id < FIRST_SPECIAL || id >= AFTER_SPECIALS) return 'unused'
  if (id - FIRST_SPECIAL < NAMED_SPECIALS.length) return 'special'
  return isFallbackByte(id - FIRST_SPECIAL) ? 'byte' : 'unused'
}
