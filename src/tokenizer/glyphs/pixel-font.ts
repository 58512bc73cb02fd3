// A font of 16 × 16 pixels in one small file: what a page and an installed package draw from. The file is the
// pixels of a font on its own grid, gzipped: 65,436 glyphs of UnifontEX in about 830 kB instead of 3.3 MB of
// outlines. Drawn at another size, each pixel takes what lies under its centre; at a multiple of 16 that is
// exactly the font.
//
// Layout after inflating: "TGLY", version (u32), glyphs (u32), runs (u32); runs of (first code point u32,
// count u32), ascending; 32 bytes a glyph, row by row from the top, the leftmost pixel in the highest bit.
// All numbers are little-endian. Where a glyph stands from left to right is not kept: the renderer centres it.
import { TesseraError } from '../../core/index.ts'
import { BLANK, cropped, type GlyphFont, type GlyphImage } from './font.ts'
import { decompress } from './sfnt.ts'
import { sha256 } from './sha256.ts'

const GRID = 16
const MAGIC = 0x594c4754
const VERSION = 1
const HEAD = 16
const GLYPH_BYTES = 32
/** More than all assigned code points. */
const MAX_GLYPHS = 400_000
const MAX_FILE_BYTES = 16 << 20
const MAX_SIZE = 256

export class PixelFont implements GlyphFont {
  readonly name: string
  readonly fingerprint: string
  readonly codePoints: Uint32Array
  /** `[32 * glyphs]` */
  private readonly pixels: Uint8Array

  constructor(name: string, fingerprint: string, codePoints: Uint32Array, pixels: Uint8Array) {
    this.name = name
    this.fingerprint = fingerprint
    this.codePoints = codePoints
    this.pixels = pixels
  }

  has(codePoint: number): boolean {
    return this.indexOf(codePoint) >= 0
  }

  draw(codePoint: number, size: number): GlyphImage | null {
    if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) {
      throw new TesseraError('ARGUMENT_INVALID', `A glyph of ${size} pixels`, {
        where: 'size',
        hint: `Choose a whole number from 1 to ${MAX_SIZE}`,
      })
    }
    const index = this.indexOf(codePoint)
    if (index < 0) return null
    const bitmap = new Uint8Array(size * size)
    let any = 0
    for (let y = 0; y < size; y++) {
      const row = index * GLYPH_BYTES + 2 * source(y, size)
      const bits = (this.pixels[row]! << 8) | this.pixels[row + 1]!
      any |= bits
      if (bits === 0) continue
      for (let x = 0; x < size; x++) bitmap[y * size + x] = (bits >> (15 - source(x, size))) & 1
    }
    return any === 0 ? BLANK : cropped(bitmap, size, size)
  }

  private indexOf(codePoint: number): number {
    const { codePoints } = this
    let low = 0
    let high = codePoints.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const at = codePoints[middle]!
      if (at === codePoint) return middle
      if (at < codePoint) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

/** The pixel of the grid under the centre of pixel `at` of `size`. */
function source(at: number, size: number): number {
  return Math.floor(((2 * at + 1) * GRID) / (2 * size))
}

/**
 * Any font's glyphs on the 16-pixel grid as the content of a file, not compressed yet. A glyph that is wider
 * or higher than the grid is refused: ARGUMENT_INVALID.
 */
export function writePixelFont(font: GlyphFont): Uint8Array {
  const { codePoints } = font
  const runs: [number, number][] = []
  for (const cp of codePoints) {
    const last = runs.at(-1)
    if (last && last[0] + last[1] === cp) last[1]++
    else runs.push([cp, 1])
  }
  const file = new Uint8Array(HEAD + 8 * runs.length + GLYPH_BYTES * codePoints.length)
  const view = new DataView(file.buffer)
  ;[MAGIC, VERSION, codePoints.length, runs.length].forEach((n, i) => view.setUint32(4 * i, n, true))
  runs.forEach(([first, count], i) => {
    view.setUint32(HEAD + 8 * i, first, true)
    view.setUint32(HEAD + 8 * i + 4, count, true)
  })
  let at = HEAD + 8 * runs.length
  for (const cp of codePoints) {
    const { width, height, top, ink } = font.draw(cp, GRID) ?? BLANK
    if (width > GRID || top < 0 || top + height > GRID) {
      throw new TesseraError('ARGUMENT_INVALID', 'A glyph outside of the grid of 16 × 16 pixels', {
        where: `U+${cp.toString(16).toUpperCase().padStart(4, '0')}`,
      })
    }
    const left = (GRID - width) >> 1
    for (let y = 0; y < height; y++) {
      let bits = 0
      for (let x = 0; x < width; x++) if (ink[y * width + x] === 1) bits |= 0x8000 >> (left + x)
      file[at + 2 * (top + y)] = bits >> 8
      file[at + 2 * (top + y) + 1] = bits & 0xff
    }
    at += GLYPH_BYTES
  }
  return file
}

/** Reads the gzipped file. Throws FORMAT_UNKNOWN, FORMAT_INVALID, FILE_TOO_LARGE. */
export async function readPixelFont(file: Uint8Array, name: string): Promise<PixelFont> {
  if (file.length > MAX_FILE_BYTES) throw new TesseraError('FILE_TOO_LARGE', `${file.length} bytes of glyphs`)
  if (file[0] !== 0x1f || file[1] !== 0x8b || file.length < 20) {
    throw new TesseraError('FORMAT_UNKNOWN', 'Not a file of glyphs', { where: name })
  }
  // gzip ends with the length of what it holds.
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = view.getUint32(file.length - 4, true)
  if (length > HEAD + MAX_GLYPHS * (8 + GLYPH_BYTES)) throw invalid(`${length} bytes of glyphs`, name)
  let bytes: Uint8Array
  try {
    bytes = await decompress(file, 'gzip', length)
  } catch (cause) {
    throw cause instanceof TesseraError ? cause : invalid('Cannot be inflated', name)
  }
  return parse(bytes, name, await sha256(bytes))
}

function invalid(what: string, where: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', what, { where, hint: 'The file of glyphs is damaged' })
}

function parse(bytes: Uint8Array, name: string, fingerprint: string): PixelFont {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEAD || view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== VERSION) {
    throw new TesseraError('FORMAT_UNKNOWN', 'Not a file of glyphs, or of another version', { where: name })
  }
  const glyphs = view.getUint32(8, true)
  const runs = view.getUint32(12, true)
  if (glyphs > MAX_GLYPHS || runs > glyphs || bytes.length !== HEAD + 8 * runs + GLYPH_BYTES * glyphs) {
    throw invalid(`${glyphs} glyphs in ${runs} runs do not fit ${bytes.length} bytes`, name)
  }
  const codePoints = new Uint32Array(glyphs)
  let filled = 0
  let next = 0
  for (let i = 0; i < runs; i++) {
    const first = view.getUint32(HEAD + 8 * i, true)
    const count = view.getUint32(HEAD + 8 * i + 4, true)
    if (first < next || count === 0 || count > glyphs - filled || first + count > 0x110000) {
      throw invalid(`Run ${i} of code points is out of order`, name)
    }
    for (let n = 0; n < count; n++) codePoints[filled++] = first + n
    next = first + count
  }
  if (filled !== glyphs) throw invalid(`${filled} code points for ${glyphs} glyphs`, name)
  return new PixelFont(name, fingerprint, codePoints, bytes.subarray(HEAD + 8 * runs))
}
