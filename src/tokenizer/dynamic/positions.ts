// Positions of a text between its base tokens and its dynamic tokens: pure functions over `starts`, where
// dynamic token `i` is the base tokens `starts[i]` to `starts[i + 1]`.
import type { BaseText } from './base-tokens.ts'

/** `[base tokens]` the dynamic token that each base token is part of. */
export function dynamicOfBase(starts: Uint32Array): Uint32Array {
  const count = Math.max(0, starts.length - 1)
  const of = new Uint32Array(count === 0 ? 0 : starts[count]!)
  for (let i = 0; i < count; i++) of.fill(i, starts[i]!, starts[i + 1]!)
  return of
}

/**
 * Labels of base tokens for dynamic tokens: each takes that of its first (leftmost) base token, as the paper
 * does with the words of named entities.
 */
export function leftmost<T>(starts: Uint32Array, ofBase: ArrayLike<T>): T[] {
  return Array.from({ length: Math.max(0, starts.length - 1) }, (_, i) => ofBase[starts[i]!]!)
}

/** A range of the source. */
export interface SourceRange {
  start: number
  end: number
}

/**
 * Range of a dynamic token in UTF-16 units, or in bytes of the text's UTF-8. Null for units of bytes that are
 * not UTF-8.
 */
export function rangeOf(
  base: BaseText,
  starts: Uint32Array,
  token: number,
  unit: 'utf16' | 'bytes',
): SourceRange | null {
  const offsets = unit === 'utf16' ? base.offsets : base.byteOffsets
  if (!offsets) return null
  return { start: offsets[2 * starts[token]!]!, end: offsets[2 * starts[token + 1]! - 1]! }
}
