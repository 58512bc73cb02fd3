// A TrueType file of four glyphs, small enough to be damaged in thousands of ways: a square, a ring with a
// hole, a round shape of quadratic curves, and a composite of the first two.

type Point = readonly [x: number, y: number, on?: boolean]

function words(...values: number[]): number[] {
  return values.flatMap((v) => [(v >> 8) & 0xff, v & 0xff])
}

function longs(...values: number[]): number[] {
  return values.flatMap((v) => [(v >>> 24) & 0xff, (v >> 16) & 0xff, (v >> 8) & 0xff, v & 0xff])
}

function simpleGlyph(contours: readonly (readonly Point[])[]): number[] {
  const points = contours.flat()
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  let end = -1
  const ends = contours.map((contour) => (end += contour.length))
  const steps = (values: number[]) => words(...values.map((v, i) => v - (values[i - 1] ?? 0)))
  const bytes = [
    ...words(contours.length, Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)),
    ...words(...ends, 0),
    ...points.map(([, , on = true]) => (on ? 1 : 0)),
    ...steps(xs),
    ...steps(ys),
  ]
  return bytes.length % 2 === 0 ? bytes : [...bytes, 0]
}

export const SQUARE: Point[] = [
  [128, 0],
  [128, 512],
  [640, 512],
  [640, 0],
]
const HOLE: Point[] = [
  [256, 128],
  [512, 128],
  [512, 384],
  [256, 384],
]
export const ROUND: Point[] = [
  [0, 512, false],
  [512, 1024, false],
  [1024, 512, false],
  [512, 0, false],
]

/** `[1024 units per em]`; U+0041 square, U+0042 ring, U+0043 round, U+1F600 composite (format 12 only). */
export function tinyFont(format: 4 | 12): Uint8Array {
  const composite = [
    ...words(-1, 0, 0, 0, 0),
    ...words(0x0023, 1, 0, 256), // more parts, offsets as words
    ...words(0x000a, 2),
    0,
    0,
    ...words(0x2000), // half as large
  ]
  const glyphs = [[], simpleGlyph([SQUARE]), simpleGlyph([SQUARE, HOLE]), simpleGlyph([ROUND]), composite]
  let at = 0
  const places = [...glyphs.map((glyph) => ((at += glyph.length), at - glyph.length)), at]
  const cmap4 = [
    ...words(4, 32, 0, 4, 4, 1, 0),
    ...words(0x43, 0xffff, 0),
    ...words(0x41, 0xffff),
    ...words(1 - 0x41, 1),
    ...words(0, 0),
  ]
  const cmap12 = [...words(12, 0), ...longs(40, 0, 2, 0x41, 0x43, 1, 0x1f600, 0x1f600, 4)]
  const head = Array.from({ length: 54 }, () => 0)
  head.splice(18, 2, ...words(1024))
  head.splice(50, 2, ...words(1))
  const hhea = Array.from({ length: 36 }, () => 0)
  hhea.splice(4, 2, ...words(896))
  const tables: Record<string, number[]> = {
    cmap: [...words(0, 1, 3, format === 4 ? 1 : 10), ...longs(12), ...(format === 4 ? cmap4 : cmap12)],
    glyf: glyphs.flat(),
    head,
    hhea,
    loca: longs(...places),
    maxp: [...longs(0x00010000), ...words(glyphs.length)],
  }
  const entries = Object.entries(tables)
  let offset = 12 + 16 * entries.length
  const directory = entries.flatMap(([tag, bytes]) => {
    const entry = [...Array.from(tag, (c) => c.charCodeAt(0)), ...longs(0, offset, bytes.length)]
    offset += bytes.length
    return entry
  })
  return Uint8Array.from([
    ...longs(0x00010000),
    ...words(entries.length, 0, 0, 0),
    ...directory,
    ...entries.flatMap(([, bytes]) => bytes),
  ])
}

/** The same font as WOFF 1.0, tables deflated where that makes them smaller. */
export function asWoff(sfnt: Uint8Array, deflate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const view = new DataView(sfnt.buffer)
  const count = view.getUint16(4)
  const directory: number[] = []
  const bodies: number[] = []
  for (let i = 0; i < count; i++) {
    const at = 12 + 16 * i
    const offset = view.getUint32(at + 8)
    const length = view.getUint32(at + 12)
    const bytes = sfnt.subarray(offset, offset + length)
    const small = deflate(bytes)
    const stored = small.length < length ? small : bytes
    directory.push(...sfnt.subarray(at, at + 4))
    directory.push(...longs(44 + 20 * count + bodies.length, stored.length, length, 0))
    bodies.push(...stored)
  }
  const length = 44 + directory.length + bodies.length
  const head = [
    ...longs(0x774f4646, 0x00010000, length),
    ...words(count, 0),
    ...Array.from({ length: 28 }, () => 0),
  ]
  return Uint8Array.from([...head, ...directory, ...bodies])
}
