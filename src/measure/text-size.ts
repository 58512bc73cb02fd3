// How much text there is, in the units that tokens are compared with.

export interface TextSize {
  /** Of the UTF-8. */
  bytes: number
  /** Unicode code points; null for raw bytes. */
  chars: number | null
  /** Runs of characters other than white space; null for raw bytes. */
  words: number | null
}

/** Sizes of a document; a lone surrogate counts as U+FFFD, as tokenizers read it. */
export function textSize(document: string | Uint8Array): TextSize {
  if (typeof document !== 'string') return { bytes: document.length, chars: null, words: null }
  const { length } = document
  let bytes = length
  let chars = length
  let words = 0
  let inWord = false
  for (let i = 0; i < length; i++) {
    const unit = document.charCodeAt(i)
    const space = unit < 0x80 ? unit === 0x20 || (unit >= 9 && unit <= 13) : isSpace(unit)
    if (!space && !inWord) words++
    inWord = !space
    if (unit < 0x80) continue
    if (unit < 0x800) bytes++
    else {
      bytes += 2
      if ((unit & 0xfc00) === 0xd800 && (document.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
        // Two units, four bytes, one character.
        chars--
        i++
      }
    }
  }
  return { bytes, chars, words }
}

/** White_Space of Unicode, beyond ASCII. */
function isSpace(unit: number): boolean {
  return (
    unit === 0x85 ||
    unit === 0xa0 ||
    unit === 0x1680 ||
    (unit >= 0x2000 && unit <= 0x200a) ||
    unit === 0x2028 ||
    unit === 0x2029 ||
    unit === 0x202f ||
    unit === 0x205f ||
    unit === 0x3000
  )
}

/** Sums; null as soon as one part has no such unit. */
export function addSizes(a: TextSize, b: TextSize): TextSize {
  const sum = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y)
  return { bytes: a.bytes + b.bytes, chars: sum(a.chars, b.chars), words: sum(a.words, b.words) }
}
