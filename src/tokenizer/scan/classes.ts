// Character classes for the hand-written scanners: one byte of flags per code point, so that every set in
// the known patterns ([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}], [^\s\p{L}\p{N}], …) is one AND.
// The categories come from the pinned tables of the reference, never from the JavaScript engine.
import type { Reference } from '../spec.ts'
import { Category, classTable, isWhiteSpace } from '../unicode/index.ts'

/** In [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]. */
export const UPPER = 1
/** In [\p{Ll}\p{Lm}\p{Lo}\p{M}]. */
export const LOWER = 2
/** In \p{L}. */
export const LETTER = 4
/** In \p{N}. */
export const NUMBER = 8
/** In \s (Unicode White_Space). */
export const SPACE = 16
/** \r or \n (also has SPACE). */
export const NEWLINE = 32
/** Any of these makes a character not part of [^\s\p{L}\p{N}]. */
export const NOT_SYMBOL = LETTER | NUMBER | SPACE

export interface CharClasses {
  /** `[128]` flags of ASCII. */
  readonly ascii: Uint8Array
  /** Two-stage table of all code points: `blocks[(index[cp >> 7] << 7) | (cp & 127)]`. */
  readonly index: Uint16Array
  readonly blocks: Uint8Array
}

const cache = new Map<Reference, CharClasses>()

export function charClasses(reference: Reference): CharClasses {
  const known = cache.get(reference)
  if (known) return known
  const table = classTable(reference, flagsOf)
  const ascii = new Uint8Array(128)
  for (let cp = 0; cp < 128; cp++) ascii[cp] = table.blocks[(table.index[0]! << 7) | cp]!
  const classes = { ascii, index: table.index, blocks: table.blocks }
  cache.set(reference, classes)
  return classes
}

function flagsOf(category: number, cp: number): number {
  if (cp === 10 || cp === 13) return SPACE | NEWLINE
  if (isWhiteSpace(cp)) return SPACE
  switch (category) {
    case Category.Lu:
    case Category.Lt:
      return UPPER | LETTER
    case Category.Ll:
      return LOWER | LETTER
    case Category.Lm:
    case Category.Lo:
      return UPPER | LOWER | LETTER
    case Category.Mn:
    case Category.Mc:
    case Category.Me:
      return UPPER | LOWER
    case Category.Nd:
    case Category.Nl:
    case Category.No:
      return NUMBER
    default:
      return 0
  }
}

/**
 * Flags and length of the character at `pos` of well-formed UTF-8: `flags | bytes << 8`.
 * The caller has handled ASCII.
 */
export function wideClass(classes: CharClasses, bytes: Uint8Array, pos: number): number {
  const a = bytes[pos]!
  let cp: number
  let length: number
  if (a < 0xe0) {
    cp = ((a & 0x1f) << 6) | (bytes[pos + 1]! & 0x3f)
    length = 0x200
  } else if (a < 0xf0) {
    cp = ((a & 0x0f) << 12) | ((bytes[pos + 1]! & 0x3f) << 6) | (bytes[pos + 2]! & 0x3f)
    length = 0x300
  } else {
    cp =
      ((a & 0x07) << 18) |
      ((bytes[pos + 1]! & 0x3f) << 12) |
      ((bytes[pos + 2]! & 0x3f) << 6) |
      (bytes[pos + 3]! & 0x3f)
    length = 0x400
  }
  return classes.blocks[(classes.index[cp >> 7]! << 7) | (cp & 127)]! | length
}

/** As `wideClass`, for any character. */
export function classAt(classes: CharClasses, bytes: Uint8Array, pos: number): number {
  const a = bytes[pos]!
  return a < 0x80 ? classes.ascii[a]! | 0x100 : wideClass(classes, bytes, pos)
}
