// Lines of a token view: tokens one after another, a new line after a line end and where the width is used
// up. All lines are equally high, so the list can be scrolled without knowing what is on them.
import { LINE_END } from './glyphs.ts'

/** Pixels that a token takes besides its text: the gap and its padding. */
export const TOKEN_EXTRA = 4

/**
 * Index of the first token of each line. `cells`: `[tokens]` from `cellsOf`; `width` and `cell` in pixels.
 * A token wider than a line has a line to itself.
 */
export function layoutRows(cells: Uint8Array, width: number, cell: number): Uint32Array {
  let rows = new Uint32Array(1024)
  let count = 0
  let used = Infinity
  for (let i = 0; i < cells.length; i++) {
    const wide = (cells[i]! & ~LINE_END) * cell + TOKEN_EXTRA
    if (used + wide > width) {
      if (count === rows.length) {
        const larger = new Uint32Array(count * 2)
        larger.set(rows)
        rows = larger
      }
      rows[count++] = i
      used = 0
    }
    used = cells[i]! & LINE_END ? Infinity : used + wide
  }
  return rows.slice(0, count)
}

/** The line that token `index` is on. */
export function rowOf(rows: Uint32Array, index: number): number {
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (rows[middle]! <= index) low = middle
    else high = middle - 1
  }
  return low
}
