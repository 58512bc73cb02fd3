// TrueType outlines (OpenType 1.9: cmap formats 4 and 12, loca, glyf with simple and composite glyphs) as a
// font that can be drawn. Hinting instructions, kerning and shaping are left alone: the paper draws single
// characters. UnifontEX has its pixels as outlines, 64 units each, so at 16 pixels its own grid comes back.
import { TesseraError } from '../../core/index.ts'
import { cropped, BLANK, type GlyphFont, type GlyphImage } from './font.ts'
import { sha256 } from './sha256.ts'
import { fill, type Contour } from './scanline.ts'
import { readSfnt } from './sfnt.ts'

const MAX_POINTS = 20_000
/** Glyphs that a composite may be built of, and how deep. */
const MAX_PARTS = 64
const MAX_DEPTH = 6
const MAX_SIZE = 256

const TABLES = ['cmap', 'head', 'hhea', 'loca', 'glyf', 'maxp']

/** Reads a .ttf or .woff file. Throws FORMAT_UNKNOWN, FORMAT_UNSUPPORTED, FORMAT_INVALID, FILE_TOO_LARGE. */
export async function readTrueType(file: Uint8Array, name = 'font'): Promise<GlyphFont> {
  const tables = await readSfnt(file, TABLES)
  const table = (tag: string, least: number): DataView => {
    const bytes = tables.get(tag)
    if (!bytes || bytes.length < least) {
      throw new TesseraError(
        bytes ? 'FORMAT_INVALID' : 'FORMAT_UNSUPPORTED',
        `The font has no usable table ${tag}`,
        { where: name, hint: 'Pass a font with TrueType outlines' },
      )
    }
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  const head = table('head', 54)
  const unitsPerEm = head.getUint16(18)
  if (unitsPerEm < 16 || unitsPerEm > 16384) throw damaged(`${unitsPerEm} units per em`, 'head')
  const glyphCount = table('maxp', 6).getUint16(4)
  const offsets = glyphOffsets(table('loca', 4), head.getInt16(50), glyphCount, table('glyf', 0).byteLength)
  return new TrueTypeFont(
    name,
    await sha256(file),
    unitsPerEm,
    table('hhea', 36).getInt16(4),
    readCmap(table('cmap', 4), glyphCount),
    offsets,
    table('glyf', 0),
  )
}

function damaged(what: string, where: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', what, { where, hint: 'The font file is damaged' })
}

class TrueTypeFont implements GlyphFont {
  readonly name: string
  readonly fingerprint: string
  readonly codePoints: Uint32Array
  private readonly unitsPerEm: number
  private readonly ascent: number
  private readonly glyphs: ReadonlyMap<number, number>
  private readonly offsets: Uint32Array
  private readonly glyf: DataView

  constructor(
    name: string,
    fingerprint: string,
    unitsPerEm: number,
    ascent: number,
    glyphs: ReadonlyMap<number, number>,
    offsets: Uint32Array,
    glyf: DataView,
  ) {
    this.name = name
    this.fingerprint = fingerprint
    this.unitsPerEm = unitsPerEm
    this.ascent = ascent
    this.glyphs = glyphs
    this.offsets = offsets
    this.glyf = glyf
    this.codePoints = Uint32Array.from(glyphs.keys()).sort()
  }

  has(codePoint: number): boolean {
    return this.glyphs.has(codePoint)
  }

  draw(codePoint: number, size: number): GlyphImage | null {
    if (!Number.isInteger(size) || size < 1 || size > MAX_SIZE) {
      throw new TesseraError('ARGUMENT_INVALID', `A glyph of ${size} pixels`, {
        where: 'size',
        hint: `Choose a whole number from 1 to ${MAX_SIZE}`,
      })
    }
    const glyph = this.glyphs.get(codePoint)
    if (glyph === undefined) return null
    const contours = this.outline(glyph)
    if (contours.length === 0) return BLANK
    const { bitmap, width, height, top } = fill(contours, this.unitsPerEm, this.ascent, size)
    return cropped(bitmap, width, height, top)
  }

  /** The contours of a glyph. Throws FORMAT_INVALID. */
  private outline(glyph: number): Contour[] {
    const contours: Contour[] = []
    let parts = 0
    let points = 0
    const add = (id: number, place: Placement, depth: number): void => {
      const from = this.offsets[id]!
      const to = this.offsets[id + 1]!
      if (from === to) return
      const where = `glyf ${id}`
      if (++parts > MAX_PARTS || depth > MAX_DEPTH) throw damaged('A glyph of too many parts', where)
      if (to - from < 10) throw damaged('A glyph shorter than its head', where)
      const data = new DataView(this.glyf.buffer, this.glyf.byteOffset + from, to - from)
      try {
        if (data.getInt16(0) < 0) {
          for (const part of components(data)) {
            if (part.glyph >= this.offsets.length - 1) throw damaged(`No glyph ${part.glyph}`, where)
            add(part.glyph, within(place, part), depth + 1)
          }
        } else {
          for (const contour of simple(data, where)) {
            points += contour.length
            if (points > MAX_POINTS) throw damaged('A glyph of too many points', where)
            contours.push(contour.map(([x, y, on]) => [...moved(place, x, y), on] as const))
          }
        }
      } catch (cause) {
        if (cause instanceof RangeError) throw damaged('A glyph that ends too early', where)
        throw cause
      }
    }
    add(glyph, { a: 1, b: 0, c: 0, d: 1, dx: 0, dy: 0 }, 0)
    return contours
  }
}

interface Placement {
  a: number
  b: number
  c: number
  d: number
  dx: number
  dy: number
}

function moved({ a, b, c, d, dx, dy }: Placement, x: number, y: number): [number, number] {
  return [a * x + c * y + dx, b * x + d * y + dy]
}

function within(outer: Placement, inner: Placement): Placement {
  const [dx, dy] = moved(outer, inner.dx, inner.dy)
  return {
    a: outer.a * inner.a + outer.c * inner.b,
    b: outer.b * inner.a + outer.d * inner.b,
    c: outer.a * inner.c + outer.c * inner.d,
    d: outer.b * inner.c + outer.d * inner.d,
    dx,
    dy,
  }
}

const FLAG = { on: 1, shortX: 2, shortY: 4, repeat: 8, sameX: 16, sameY: 32 }

function simple(data: DataView, where: string): Contour[] {
  const count = data.getInt16(0)
  const ends: number[] = []
  let at = 10
  for (let i = 0; i < count; i++, at += 2) {
    const end = data.getUint16(at)
    if (end < (ends.at(-1) ?? 0)) throw damaged('Contours out of order', where)
    ends.push(end)
  }
  const points = (ends.at(-1) ?? -1) + 1
  if (points > MAX_POINTS) throw damaged(`${points} points`, where)
  at += 2 + data.getUint16(at)
  const flags: number[] = []
  while (flags.length < points) {
    const flag = data.getUint8(at++)
    flags.push(flag)
    if (flag & FLAG.repeat) {
      for (let again = data.getUint8(at++); again > 0 && flags.length < points; again--) flags.push(flag)
    }
  }
  const coordinates = (short: number, same: number): number[] => {
    let value = 0
    return flags.map((flag) => {
      if (flag & short) value += flag & same ? data.getUint8(at++) : -data.getUint8(at++)
      else if (!(flag & same)) {
        value += data.getInt16(at)
        at += 2
      }
      return value
    })
  }
  const xs = coordinates(FLAG.shortX, FLAG.sameX)
  const ys = coordinates(FLAG.shortY, FLAG.sameY)
  let start = 0
  return ends.map((end) => {
    const contour = xs
      .slice(start, end + 1)
      .map((x, i) => [x, ys[start + i]!, (flags[start + i]! & FLAG.on) !== 0] as const)
    start = end + 1
    return contour
  })
}

const PART = { words: 1, offsets: 2, scale: 8, more: 32, scales: 64, matrix: 128 }

function components(data: DataView): (Placement & { glyph: number })[] {
  const parts: (Placement & { glyph: number })[] = []
  const fraction = (at: number) => data.getInt16(at) / 16384
  for (let at = 10, flags = PART.more; flags & PART.more && parts.length <= MAX_PARTS;) {
    flags = data.getUint16(at)
    const part = { glyph: data.getUint16(at + 2), a: 1, b: 0, c: 0, d: 1, dx: 0, dy: 0 }
    at += 4
    // Otherwise the numbers are points to be matched, which no font in use here does.
    const offsets = (flags & PART.offsets) !== 0
    if (flags & PART.words) {
      if (offsets) [part.dx, part.dy] = [data.getInt16(at), data.getInt16(at + 2)]
      at += 4
    } else {
      if (offsets) [part.dx, part.dy] = [data.getInt8(at), data.getInt8(at + 1)]
      at += 2
    }
    if (flags & PART.scale) {
      part.a = part.d = fraction(at)
      at += 2
    } else if (flags & PART.scales) {
      part.a = fraction(at)
      part.d = fraction(at + 2)
      at += 4
    } else if (flags & PART.matrix) {
      part.a = fraction(at)
      part.b = fraction(at + 2)
      part.c = fraction(at + 4)
      part.d = fraction(at + 6)
      at += 8
    }
    parts.push(part)
  }
  return parts
}

function glyphOffsets(loca: DataView, format: number, glyphs: number, end: number): Uint32Array {
  const entry = format === 0 ? 2 : 4
  if (loca.byteLength < (glyphs + 1) * entry) throw damaged(`Places of fewer than ${glyphs} glyphs`, 'loca')
  const offsets = new Uint32Array(glyphs + 1)
  for (let i = 0; i <= glyphs; i++) {
    offsets[i] = format === 0 ? loca.getUint16(2 * i) * 2 : loca.getUint32(4 * i)
    if (offsets[i]! > end || (i > 0 && offsets[i]! < offsets[i - 1]!)) {
      throw damaged(`Glyph ${i} lies outside`, 'loca')
    }
  }
  return offsets
}

/** Code point → glyph, from the widest Unicode table that the font has. */
function readCmap(cmap: DataView, glyphs: number): Map<number, number> {
  const tables: { rank: number; at: number; format: number }[] = []
  const count = cmap.getUint16(2)
  if (4 + 8 * count > cmap.byteLength) throw damaged(`${count} character maps`, 'cmap')
  for (let i = 0; i < count; i++) {
    const platform = cmap.getUint16(4 + 8 * i)
    const encoding = cmap.getUint16(6 + 8 * i)
    const at = cmap.getUint32(8 + 8 * i)
    if (at + 16 > cmap.byteLength) throw damaged('A character map outside of its table', 'cmap')
    const format = cmap.getUint16(at)
    const unicode = platform === 0 || (platform === 3 && (encoding === 1 || encoding === 10))
    if (unicode && (format === 4 || format === 12)) tables.push({ rank: format, at, format })
  }
  const best = tables.sort((a, b) => b.rank - a.rank)[0]
  if (!best) {
    throw new TesseraError('FORMAT_UNSUPPORTED', 'The font has no Unicode character map', { where: 'cmap' })
  }
  const map = new Map<number, number>()
  const add = (codePoint: number, glyph: number) => {
    if (glyph > 0 && glyph < glyphs && codePoint <= 0x10ffff) map.set(codePoint, glyph)
  }
  try {
    if (best.format === 12) groups(cmap, best.at, add)
    else segments(cmap, best.at, add)
  } catch (cause) {
    if (cause instanceof RangeError) throw damaged('A character map that ends too early', 'cmap')
    throw cause
  }
  return map
}

function groups(cmap: DataView, at: number, add: (codePoint: number, glyph: number) => void): void {
  const count = cmap.getUint32(at + 12)
  if (at + 16 + 12 * count > cmap.byteLength) throw damaged(`${count} groups`, 'cmap')
  let before = -1
  for (let i = 0; i < count; i++) {
    const from = cmap.getUint32(at + 16 + 12 * i)
    const to = cmap.getUint32(at + 20 + 12 * i)
    if (from <= before || to < from || to > 0x10ffff) throw damaged(`Group ${i} out of order`, 'cmap')
    const glyph = cmap.getUint32(at + 24 + 12 * i)
    for (let cp = from; cp <= to; cp++) add(cp, glyph + cp - from)
    before = to
  }
}

function segments(cmap: DataView, at: number, add: (codePoint: number, glyph: number) => void): void {
  const count = cmap.getUint16(at + 6) >> 1
  const ends = at + 14
  const starts = ends + 2 * count + 2
  const deltas = starts + 2 * count
  const ranges = deltas + 2 * count
  let before = -1
  for (let i = 0; i < count; i++) {
    const from = cmap.getUint16(starts + 2 * i)
    const to = cmap.getUint16(ends + 2 * i)
    // In order, so that no file makes this longer than one pass over the plane.
    if (from <= before || to < from) throw damaged(`Segment ${i} out of order`, 'cmap')
    before = to
    const delta = cmap.getUint16(deltas + 2 * i)
    const range = cmap.getUint16(ranges + 2 * i)
    for (let cp = from; cp <= to && cp < 0xffff; cp++) {
      let glyph = cp
      if (range > 0) {
        glyph = cmap.getUint16(ranges + 2 * i + range + 2 * (cp - from))
        if (glyph === 0) continue
      }
      add(cp, (glyph + delta) & 0xffff)
    }
  }
}
