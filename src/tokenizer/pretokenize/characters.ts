// Character classes of the pre-tokenizers, as the libraries under the reference have them: `\w` of Rust's
// regex crate (Unicode 16), `char::is_numeric` of Rust's standard library (already Unicode 17) and
// `is_punctuation` of the crate unicode_categories (never updated since Unicode 7). Each was found by
// asking the native library about every code point; characters.test.ts asks again.
import type { Reference } from '../spec.ts'
import { Category, classTable, lookup, type TwoStage } from '../unicode/index.ts'

const WORD = 1
const NUMERIC = 2
const PUNCTUATION = 4

/** First and last code points of ranges, as pairs. */
// prettier-ignore
const OTHER_ALPHABETIC = [0x200c, 0x200d, 0x24b6, 0x24e9, 0x1f130, 0x1f149, 0x1f150, 0x1f169, 0x1f170, 0x1f189]
/** Digits and numbers that Unicode 17 added. */
const NEW_NUMBERS = [0x11de0, 0x11de9, 0x16ff4, 0x16ff6]
/** Punctuation by today's Unicode that the reference does not know as such. */
// prettier-ignore
const NEW_PUNCTUATION = [
  0x61d, 0x61d, 0x9fd, 0x9fd, 0xa76, 0xa76, 0xc77, 0xc77, 0xc84, 0xc84, 0x1b4e, 0x1b4f, 0x1b7d, 0x1b7f,
  0x2e43, 0x2e4f, 0x2e52, 0x2e5d, 0x10d6e, 0x10d6e, 0x10ead, 0x10ead, 0x10f55, 0x10f59, 0x10f86, 0x10f89,
  0x113d4, 0x113d5, 0x113d7, 0x113d8, 0x1144b, 0x1144f, 0x1145a, 0x1145b, 0x1145d, 0x1145d,
  0x11660, 0x1166c, 0x116b9, 0x116b9, 0x1183b, 0x1183b, 0x11944, 0x11946, 0x119e2, 0x119e2,
  0x11a3f, 0x11a46, 0x11a9a, 0x11a9c, 0x11a9e, 0x11aa2, 0x11b00, 0x11b09, 0x11be1, 0x11be1,
  0x11c41, 0x11c45, 0x11c70, 0x11c71, 0x11ef7, 0x11ef8, 0x11f43, 0x11f4f, 0x11fff, 0x11fff,
  0x12ff1, 0x12ff2, 0x16d6d, 0x16d6f, 0x16e97, 0x16e9a, 0x16fe2, 0x16fe2, 0x1e5ff, 0x1e5ff,
  0x1e95e, 0x1e95f,
]
/** And two that only the old version called punctuation. */
const OLD_PUNCTUATION = [0x166d, 0x166d, 0x111c9, 0x111c9]

const tables = new Map<Reference, TwoStage>()

function tableOf(reference: Reference): TwoStage {
  let table = tables.get(reference)
  if (!table) {
    const toWord = members(OTHER_ALPHABETIC)
    const toNumeric = members(NEW_NUMBERS)
    const never = members(NEW_PUNCTUATION)
    const always = members(OLD_PUNCTUATION)
    table = classTable(reference, (category, cp) => {
      let bits = 0
      // Category's values are in order: letters and marks first, then Nd, Nl, No, Pc, …, Po, Sm, Sc, Sk.
      if (category <= Category.Nl || category === Category.Pc || toWord.has(cp)) bits |= WORD
      if ((category >= Category.Nd && category <= Category.No) || toNumeric.has(cp)) bits |= NUMERIC
      const punctuation = category >= Category.Pc && category <= Category.Po
      const asciiSymbol = cp < 0x80 && category >= Category.Sm && category <= Category.Sk
      if ((punctuation && !never.has(cp)) || asciiSymbol || always.has(cp)) bits |= PUNCTUATION
      return bits
    })
    tables.set(reference, table)
  }
  return table
}

function members(ranges: readonly number[]): Set<number> {
  const all = new Set<number>()
  for (let i = 0; i < ranges.length; i += 2) for (let cp = ranges[i]!; cp <= ranges[i + 1]!; cp++) all.add(cp)
  return all
}

/** `\w`: alphabetic, marks, decimal digits, connector punctuation, U+200C and U+200D. */
export function isWordCharacter(cp: number, reference: Reference): boolean {
  return (lookup(tableOf(reference), cp) & WORD) !== 0
}

/** Numbers of any kind (Nd, Nl, No). */
export function isNumeric(cp: number, reference: Reference): boolean {
  return (lookup(tableOf(reference), cp) & NUMERIC) !== 0
}

/** Punctuation, and all of ASCII's symbols. */
export function isPunctuation(cp: number, reference: Reference): boolean {
  return (lookup(tableOf(reference), cp) & PUNCTUATION) !== 0
}
