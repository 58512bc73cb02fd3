// What stands for a character that has no picture of its own: a box with its code point in hexadecimal, as GNU
// Unifont draws unassigned characters, so that no two of them look alike. Our own drawing: digits of 3 × 5
// pixels; two rows of two digits up to U+FFFF, two of three above.
import { cropped, type GlyphImage } from './font.ts'

const GRID = 16
/** `[16]` five rows of three pixels for each digit, from the top, as octal digits. */
const DIGITS = [
  0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71122, 0o75757, 0o75717, 0o75755, 0o65656,
  0o74447, 0o65556, 0o74747, 0o74744,
]
const DIGIT_WIDTH = 3
const DIGIT_HEIGHT = 5

/** The box at any size: 16 × 16 pixels, each taken from under the centre of a pixel of the image. */
export function hexBox(codePoint: number, size: number): GlyphImage {
  const box = new Uint8Array(GRID * GRID)
  const perRow = codePoint > 0xffff ? 3 : 2
  const width = perRow === 3 ? 16 : 12
  const left = (GRID - width) >> 1
  const set = (x: number, y: number) => (box[y * GRID + x] = 1)
  for (let x = left; x < left + width; x++) {
    set(x, 0)
    set(x, GRID - 1)
  }
  for (let y = 0; y < GRID; y++) {
    set(left, y)
    set(left + width - 1, y)
  }
  const text = codePoint.toString(16).padStart(2 * perRow, '0')
  for (let i = 0; i < 2 * perRow; i++) {
    const digit = DIGITS[parseInt(text[i]!, 16)]!
    const x0 = left + 2 + (i % perRow) * (DIGIT_WIDTH + 1)
    const y0 = i < perRow ? 2 : 9
    for (let y = 0; y < DIGIT_HEIGHT; y++) {
      for (let x = 0; x < DIGIT_WIDTH; x++) {
        if ((digit >> (3 * (DIGIT_HEIGHT - 1 - y) + 2 - x)) & 1) set(x0 + x, y0 + y)
      }
    }
  }
  const bitmap = new Uint8Array(size * size)
  for (let y = 0; y < size; y++) {
    const row = Math.floor(((2 * y + 1) * GRID) / (2 * size)) * GRID
    for (let x = 0; x < size; x++) {
      bitmap[y * size + x] = box[row + Math.floor(((2 * x + 1) * GRID) / (2 * size))]!
    }
  }
  return cropped(bitmap, size, size)
}
