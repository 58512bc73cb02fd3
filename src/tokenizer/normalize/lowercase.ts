// Lowercase and the two kinds of accent stripping, character by character as Rust's `char::to_lowercase`
// (no final-sigma rule) and the reference's own tables of marks have it.
import type { AlignedText } from '../aligned.ts'
import { isBertNonspacing, isMark, toLowercase } from '../unicode/index.ts'
import { fromUnits, relettered, rewrite, type Normalizer } from './rewrite.ts'

export const lowercase: Normalizer = (input) => {
  const { text } = input
  let at = 0
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7f || (unit >= 0x41 && unit <= 0x5a)) break
  }
  if (at === text.length) return input
  const units = new Uint16Array(text.length)
  let changed = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0x130) return withDottedI(input)
    if ((unit & 0xfc00) === 0xd800) {
      const cp = text.codePointAt(i)!
      const to = toLowercase(cp)
      if (to !== cp) changed = true
      units[i] = 0xd800 + ((to - 0x10000) >> 10)
      units[++i] = 0xdc00 + ((to - 0x10000) & 0x3ff)
    } else {
      const to = toLowercase(unit)
      if (to !== unit) changed = true
      units[i] = to
    }
  }
  return changed ? relettered(input, fromUnits(units)) : input
}

/** U+0130 is the one character that becomes two. */
function withDottedI(input: AlignedText): AlignedText {
  return rewrite(input, (cp) => {
    if (cp === 0x130) return 'i\u0307'
    const to = toLowercase(cp)
    return to === cp ? null : String.fromCodePoint(to)
  })
}

/** Removes combining marks (category M of Unicode 9); does not decompose first. */
export const stripAccents: Normalizer = (input) =>
  rewrite(input, (cp) => (cp >= 0x300 && isMark(cp) ? '' : null))

/** BertNormalizer's: removes nonspacing marks of an older Unicode; its caller decomposes first. */
export const stripNonspacing: Normalizer = (input) =>
  rewrite(input, (cp) => (cp >= 0x300 && isBertNonspacing(cp) ? '' : null))
