// What the renderer asks of a font: the picture of one code point, on a grid of pixels.

/** The ink of one glyph at some size: its bounding box, and where that lies on the line. */
export interface GlyphImage {
  /** Columns and rows of the bounding box; both 0 when the glyph is blank. */
  width: number
  height: number
  /** Rows from the top of the em square to the top of the box; may be negative. */
  top: number
  /** `[height * width]` 1 = ink. */
  ink: Uint8Array
}

export interface GlyphFont {
  /** For people. */
  readonly name: string
  /** Changes whenever a picture would: what caches are keyed by. */
  readonly fingerprint: string
  /** All code points that have a glyph, ascending. */
  readonly codePoints: Uint32Array
  has(codePoint: number): boolean
  /** The glyph with an em square of `size` pixels; null when the font lacks the code point. */
  draw(codePoint: number, size: number): GlyphImage | null
}

export const BLANK: GlyphImage = { width: 0, height: 0, top: 0, ink: new Uint8Array(0) }

/** The part of a bitmap of `height` rows that has ink. */
export function cropped(bitmap: Uint8Array, width: number, height: number, top = 0): GlyphImage {
  let left = width
  let right = -1
  let first = height
  let last = -1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (bitmap[y * width + x] === 0) continue
      if (x < left) left = x
      if (x > right) right = x
      if (y < first) first = y
      last = y
    }
  }
  if (last < 0) return BLANK
  const w = right - left + 1
  const h = last - first + 1
  const ink = new Uint8Array(w * h)
  for (let y = 0; y < h; y++) {
    const from = (first + y) * width + left
    ink.set(bitmap.subarray(from, from + w), y * w)
  }
  return { width: w, height: h, top: top + first, ink }
}
