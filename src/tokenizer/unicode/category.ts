// General_Category and White_Space of every code point, from our own table: the JavaScript engine's
// \p{…} changes with the engine, token ids may not. Unicode 16.0 is what all references classify by
// (Oniguruma in Hugging Face tokenizers 0.23, regex-syntax in tiktoken 1.0), found by asking them about
// every code point; where they differ from it (`\w`, posix brackets, Rust's char methods), see properties.ts.
import type { Reference } from '../spec.ts'
import { GENERAL_CATEGORY_RUNS } from './data/general-category.ts'
import { CODE_POINTS, twoStageFromRuns, type TwoStage } from './two-stage.ts'

/** Values of `categoryTable`: Unicode's General_Category by its short names. */
export const Category = {
  Lu: 0,
  Ll: 1,
  Lt: 2,
  Lm: 3,
  Lo: 4,
  Mn: 5,
  Mc: 6,
  Me: 7,
  Nd: 8,
  Nl: 9,
  No: 10,
  Pc: 11,
  Pd: 12,
  Ps: 13,
  Pe: 14,
  Pi: 15,
  Pf: 16,
  Po: 17,
  Sm: 18,
  Sc: 19,
  Sk: 20,
  So: 21,
  Zs: 22,
  Zl: 23,
  Zp: 24,
  Cc: 25,
  Cf: 26,
  Cs: 27,
  Co: 28,
  Cn: 29,
} as const

let categories: TwoStage | null = null

/** General_Category of each code point, a value of `Category`; built on first use (about 1 ms). */
export function categoryTable(_reference: Reference): TwoStage {
  categories ??= twoStageFromRuns(GENERAL_CATEGORY_RUNS)
  return categories
}

/**
 * A table of one's own classes (0 … 255) made from the category and the code point.
 * From code point `byCategoryFrom` (rounded down to a multiple of 128) on, the class depends on the
 * category alone: `classify` sees each category there once, with that code point. Passing, say, 0x3100
 * makes a first call cost under 2 ms instead of about 10. Without it every code point is asked about,
 * except that a block of 128 wholly Cn, Co or Cs is asked about once, by its first code point.
 */
export function classTable(
  reference: Reference,
  classify: (category: number, cp: number) => number,
  byCategoryFrom = CODE_POINTS,
): TwoStage {
  const { index: fromIndex, blocks: fromBlocks } = categoryTable(reference)
  const index = new Uint16Array(fromIndex.length)
  const blocks = new Uint8Array(128 * 3072)
  const ids = fromBlocks.length >> 7
  const empty = new Uint8Array(ids)
  for (let id = 0; id < ids; id++) {
    if (fromBlocks[id << 7]! >= Category.Cs && isUniform(fromBlocks, id << 7)) empty[id] = 1
  }
  const uniform = new Map<number, number>()
  let used = 0
  const place = (): number => {
    const to = used << 7
    if (!isUniform(blocks, to)) return used++
    const known = uniform.get(blocks[to]!)
    if (known !== undefined) return known
    uniform.set(blocks[to]!, used)
    return used++
  }
  const firstByCategory = byCategoryFrom >> 7
  const classOf = new Int16Array(30).fill(-1)
  const placed = new Int32Array(ids).fill(-1)
  for (let b = 0; b < index.length; b++) {
    const id = fromIndex[b]!
    const from = id << 7
    const to = used << 7
    if (b >= firstByCategory) {
      if (placed[id]! < 0) {
        for (let i = 0; i < 128; i++) {
          const category = fromBlocks[from + i]!
          if (classOf[category]! < 0) classOf[category] = classify(category, (b << 7) + i)
          blocks[to + i] = classOf[category]!
        }
        placed[id] = place()
      }
      index[b] = placed[id]!
      continue
    }
    if (empty[id] === 1) {
      const value = classify(fromBlocks[from]!, b << 7)
      const known = uniform.get(value)
      if (known !== undefined) {
        index[b] = known
        continue
      }
      blocks.fill(value, to, to + 128)
    } else {
      for (let i = 0; i < 128; i++) blocks[to + i] = classify(fromBlocks[from + i]!, (b << 7) + i)
    }
    index[b] = place()
  }
  return { index, blocks: blocks.slice(0, used << 7) }
}

function isUniform(blocks: Uint8Array, at: number): boolean {
  for (let i = at + 127; i > at; i--) if (blocks[i] !== blocks[at]) return false
  return true
}

/** Unicode White_Space (25 code points): includes U+0085, not U+FEFF. The same in every reference. */
export function isWhiteSpace(cp: number): boolean {
  if (cp < 0x80) return cp === 0x20 || (cp >= 0x09 && cp <= 0x0d)
  if (cp < 0x1680) return cp === 0x85 || cp === 0xa0
  return (
    (cp >= 0x2000 && cp <= 0x200a) ||
    cp === 0x1680 ||
    cp === 0x2028 ||
    cp === 0x2029 ||
    cp === 0x202f ||
    cp === 0x205f ||
    cp === 0x3000
  )
}
