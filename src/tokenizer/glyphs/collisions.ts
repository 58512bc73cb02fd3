// Tokens whose pictures are equal get equal vectors, and a model with a frozen table cannot tell them apart by
// their input: blanks, missing glyphs that are drawn alike, true twins such as Latin A, Greek Α, Cyrillic А.
import type { BitRows } from './bit-rows.ts'

/** Groups of two or more rows with the same bits, each ascending, in the order of their first rows. */
export function collisions(pictures: BitRows): number[][] {
  const groups = new Map<string, number[]>()
  const { rows, stride, words } = pictures
  const units = new Uint16Array(words.buffer, words.byteOffset, words.length * 2)
  for (let row = 0; row < rows; row++) {
    const key = String.fromCharCode(...units.subarray(row * stride * 2, (row + 1) * stride * 2))
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}
