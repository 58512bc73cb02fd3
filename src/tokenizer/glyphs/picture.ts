// The picture of a token (Bochkov 2025, section on visual embeddings; specification steps B.1 to B.3): each
// character centred by the box of its ink in a square cell of its own, cells side by side, all of it squeezed
// into one square of ink and paper. The surprising thing: centred in both directions, "." and "·" are the
// same picture, and so are "-" and "_"; `align: 'line'` keeps every glyph at its height on the line.
import { TesseraError } from '../../core/index.ts'
import { BLANK, type GlyphFont, type GlyphImage } from './font.ts'
import { hexBox } from './hex-box.ts'
import { jittered, type Jitter } from './jitter.ts'

export interface PictureOptions {
  /** Side of the square in pixels, a multiple of 8 up to 64. Default 32, the paper's. */
  size?: number
  /** `box`: centred by the box of the ink, both ways (the paper's). `line`: centred from left to right only. */
  align?: 'box' | 'line'
  /** A code point without a glyph: a box with its number (default), or nothing. */
  missing?: 'hex' | 'blank'
  /** A glyph without ink (spaces, controls, zero width): a box with its number (default), or nothing. */
  blank?: 'hex' | 'blank'
  /**
   * Where m characters are squeezed into one square, the share of m pixels side by side that must be ink for
   * the resulting pixel to be. Default 1/2: the paper's threshold of 128.
   */
  ink?: number
  /** The paper's rotation, shift, noise and blur, the same for every token. Default: none, for it adds a constant. */
  jitter?: Jitter | null
}

const DEFAULT_SIZE = 32
const MAX_SIZE = 64
/** Code points of one token that are drawn; tokens of tokenizers are shorter than this by far. */
const MOST_CHARACTERS = 1024
const MOST_CELLS_KEPT = 100_000

/** Options with their defaults. Throws ARGUMENT_INVALID. */
export function pictureSettings(options: PictureOptions): Required<PictureOptions> {
  const { size = DEFAULT_SIZE, align = 'box', missing = 'hex', blank = 'hex', ink = 0.5 } = options
  const refuse = (what: string, where: string, hint: string) =>
    new TesseraError('ARGUMENT_INVALID', what, { where, hint })
  if (!Number.isInteger(size) || size < 8 || size > MAX_SIZE || size % 8 !== 0) {
    throw refuse(`A picture of ${size} pixels`, 'size', `Choose a multiple of 8 up to ${MAX_SIZE}`)
  }
  if (!(ink > 0 && ink <= 1)) throw refuse(`An ink share of ${ink}`, 'ink', 'Choose more than 0, at most 1')
  if (align !== 'box' && align !== 'line') throw refuse(`Align ${String(align)}`, 'align', 'box or line')
  for (const [where, value] of Object.entries({ missing, blank })) {
    if (value !== 'hex' && value !== 'blank')
      throw refuse(`${where}: ${String(value)}`, where, 'hex or blank')
  }
  const jitter = options.jitter ?? null
  if (jitter && !Number.isInteger(jitter.seed))
    throw refuse('A jitter without a seed', 'jitter', '{ seed: 42 }')
  return { size, align, missing, blank, ink, jitter }
}

/** Draws tokens with one font and one set of options; remembers the cells of single characters. */
export class Painter {
  readonly size: number
  private readonly font: GlyphFont
  private readonly settings: Required<PictureOptions>
  private readonly cells = new Map<number, Uint8Array>()

  /** Throws ARGUMENT_INVALID. */
  constructor(font: GlyphFont, options: PictureOptions = {}) {
    this.font = font
    this.settings = pictureSettings(options)
    this.size = this.settings.size
  }

  /** `[size * size]` 1 = ink, row by row. Throws ARGUMENT_INVALID for a token of more than 1024 characters. */
  paint(token: string): Uint8Array {
    const { size } = this
    const characters: number[] = []
    for (let i = 0; i < token.length;) {
      const cp = token.codePointAt(i)!
      characters.push(cp)
      i += cp > 0xffff ? 2 : 1
    }
    const m = characters.length
    if (m > MOST_CHARACTERS) {
      throw new TesseraError('ARGUMENT_INVALID', `A token of ${m} characters`, {
        where: JSON.stringify(token.slice(0, 40)),
        hint: `At most ${MOST_CHARACTERS} characters are drawn`,
      })
    }
    if (m === 1 && !this.settings.jitter) return this.cell(characters[0]!).slice()
    if (m === 0) return new Uint8Array(size * size)
    let canvas: Uint8Array = new Uint8Array(m * size * size)
    for (const [i, cp] of characters.entries()) {
      const cell = this.cell(cp)
      for (let y = 0; y < size; y++) {
        canvas.set(cell.subarray(y * size, (y + 1) * size), y * m * size + i * size)
      }
    }
    if (this.settings.jitter) canvas = jittered(canvas, m * size, size, characters, this.settings.jitter)
    return m === 1 ? canvas : this.squeezed(canvas, m)
  }

  private squeezed(canvas: Uint8Array, m: number): Uint8Array {
    const { size } = this
    const needed = this.settings.ink * m
    const out = new Uint8Array(size * size)
    for (let i = 0; i < out.length; i++) {
      let ink = 0
      for (let x = i * m; x < (i + 1) * m; x++) ink += canvas[x]!
      if (ink >= needed) out[i] = 1
    }
    return out
  }

  private cell(codePoint: number): Uint8Array {
    const known = this.cells.get(codePoint)
    if (known) return known
    const { size } = this
    const { width, height, top, ink } = this.glyph(codePoint)
    const cell = new Uint8Array(size * size)
    const left = Math.floor((size - width) / 2)
    const first = this.settings.align === 'line' ? top : Math.floor((size - height) / 2)
    for (let y = Math.max(0, -first); y < height && first + y < size; y++) {
      for (let x = Math.max(0, -left); x < width && left + x < size; x++) {
        cell[(first + y) * size + left + x] = ink[y * width + x]!
      }
    }
    if (this.cells.size >= MOST_CELLS_KEPT) this.cells.clear()
    this.cells.set(codePoint, cell)
    return cell
  }

  private glyph(codePoint: number): GlyphImage {
    const image = this.font.draw(codePoint, this.size)
    const { missing, blank } = this.settings
    if (image === null) return missing === 'hex' ? hexBox(codePoint, this.size) : BLANK
    return image.width === 0 && blank === 'hex' ? hexBox(codePoint, this.size) : image
  }
}
