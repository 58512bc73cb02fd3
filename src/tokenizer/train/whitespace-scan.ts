// Scanners over UTF-8 for the pre-tokenizers Whitespace (`\w+|[^\w\s]+`), WhitespaceSplit and BertPreTokenizer
// (as WhitespaceSplit, with each mark of punctuation apart). As scanners they must cover the text, so white space
// is a piece too; the counter leaves it out.
import type { Scan } from '../scan/index.ts'
import { isPunctuation, isWhiteSpace, isWord } from '../unicode/index.ts'

const SPACE_KIND = 1
const WORD_KIND = 2
const OTHER_KIND = 3
/** A piece by itself. */
const MARK_KIND = 4

export interface KindScan {
  scan: Scan
  /** Whether the piece that begins here is white space. */
  isSpace: (bytes: Uint8Array, pos: number) => boolean
}

/** Which pre-tokenizer a scanner is for. */
export type WhitespaceName = 'Whitespace' | 'WhitespaceSplit' | 'BertPreTokenizer'

/** Runs of white space, of word characters and, as the pre-tokenizer has them, of others. */
export function whitespaceScan(name: WhitespaceName): KindScan {
  const kindOfText = (cp: number): number => {
    if (name === 'Whitespace') return isWord(cp) ? WORD_KIND : OTHER_KIND
    return name === 'BertPreTokenizer' && isPunctuation(cp) ? MARK_KIND : WORD_KIND
  }
  const kinds = new Uint8Array(0x110000)
  const kindOf = (cp: number): number => {
    const known = kinds[cp]!
    if (known !== 0) return known
    const kind = isWhiteSpace(cp) ? SPACE_KIND : kindOfText(cp)
    kinds[cp] = kind
    return kind
  }
  for (let cp = 0; cp < 0x80; cp++) kindOf(cp)

  const wide = (bytes: Uint8Array, at: number): number => {
    const a = bytes[at]!
    const b = bytes[at + 1]! & 0x3f
    if (a < 0xe0) return kindOf(((a & 0x1f) << 6) | b)
    const c = bytes[at + 2]! & 0x3f
    if (a < 0xf0) return kindOf(((a & 0x0f) << 12) | (b << 6) | c)
    return kindOf(((a & 0x07) << 18) | (b << 12) | (c << 6) | (bytes[at + 3]! & 0x3f))
  }
  const scan: Scan = (bytes, pos, end) => {
    const first = bytes[pos]!
    const kind = first < 0x80 ? kinds[first]! : wide(bytes, pos)
    let at = pos + lengthOf(first)
    if (kind === MARK_KIND) return at
    while (at < end) {
      const b = bytes[at]!
      if (b < 0x80) {
        if (kinds[b] !== kind) return at
        at++
      } else {
        if (wide(bytes, at) !== kind) return at
        at += lengthOf(b)
      }
    }
    return end
  }
  return {
    scan,
    isSpace: (bytes, pos) => (bytes[pos]! < 0x80 ? kinds[bytes[pos]!]! : wide(bytes, pos)) === SPACE_KIND,
  }
}

/** Bytes of a character, by its first byte. */
function lengthOf(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
}
