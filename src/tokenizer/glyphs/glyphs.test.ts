import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { BitRows } from './bit-rows.ts'
import { cachedGlyphTable } from './cache.ts'
import { collisions } from './collisions.ts'
import { glyphTable, tableOfPictures, tokenPictures, varianceKept } from './glyph-table.ts'
import { hexBox } from './hex-box.ts'
import { nearestRows, PictureIndex } from './neighbours.ts'
import { Painter } from './picture.ts'
import type { PixelFont } from './pixel-font.ts'
import { polarOrder } from './polar.ts'
import { projected } from './project.ts'
import { shippedFont } from './shipped-font.ts'
import { bitTable } from './testing/bit-table.ts'

let font: PixelFont
beforeAll(async () => {
  font = await shippedFont()
})

const bitmapRows = (bits: Uint8Array, size: number) =>
  Array.from({ length: size }, (_, y) =>
    Array.from(bits.subarray(y * size, (y + 1) * size), (bit) => (bit ? '#' : '.')).join(''),
  )

describe('pictures of tokens', () => {
  test('a character is centred by its ink, or kept at its height', () => {
    const box = bitmapRows(new Painter(font, { size: 16 }).paint('.'), 16)
    expect(box.findIndex((row) => row.includes('#'))).toBe(7)
    expect(box[7]).toBe('.......##.......')
    const line = bitmapRows(new Painter(font, { size: 16, align: 'line' }).paint('.'), 16)
    expect(line.findIndex((row) => row.includes('#'))).toBe(12)
  })

  test('at 32 pixels every pixel of the grid is four', () => {
    const glyph = (size: number) => font.draw(0x52, size)!
    const [small, large] = [glyph(16), glyph(32)]
    expect([large.width, large.height, large.top]).toEqual([2 * small.width, 2 * small.height, 2 * small.top])
    for (let y = 0; y < large.height; y++) {
      for (let x = 0; x < large.width; x++) {
        expect(large.ink[y * large.width + x]).toBe(small.ink[(y >> 1) * small.width + (x >> 1)])
      }
    }
  })

  test('several characters share the square: ink where enough of the pixels side by side are', () => {
    const one = new Painter(font, { size: 32 })
    for (const ink of [0.2, 0.5, 1]) {
      const painter = new Painter(font, { size: 32, ink })
      for (const token of ['th', 'про', '人人', 'a😀', '<pad>']) {
        const cells = Array.from(token, (character) => one.paint(character))
        const m = cells.length
        const wanted = new Uint8Array(1024)
        for (let y = 0; y < 32; y++) {
          for (let x = 0; x < 32; x++) {
            let n = 0
            for (let i = x * m; i < (x + 1) * m; i++) n += cells[Math.floor(i / 32)]![y * 32 + (i % 32)]!
            wanted[y * 32 + x] = n / m >= ink ? 1 : 0
          }
        }
        expect(painter.paint(token)).toEqual(wanted)
      }
    }
  })

  test('what is missing or blank is a box with its number, or nothing', () => {
    const painter = new Painter(font, { size: 16 })
    const plain = new Painter(font, { size: 16, missing: 'blank', blank: 'blank' })
    for (const token of ['\u0378', '\ue000', '\ud800', ' ', '\u2003', '\u{10ffff}']) {
      expect(painter.paint(token).some((bit) => bit === 1)).toBe(true)
      expect(plain.paint(token).some((bit) => bit === 1)).toBe(false)
    }
    expect(bitmapRows(painter.paint(' '), 16).slice(0, 8)).toEqual([
      '..############..',
      '..#..........#..',
      '..#.###.###..#..',
      '..#.#.#.#.#..#..',
      '..#.#.#.#.#..#..',
      '..#.#.#.#.#..#..',
      '..#.###.###..#..',
      '..#..........#..',
    ])
    const seen = new Set<string>()
    for (let cp = 0; cp < 0x110000; cp += cp < 0x3000 ? 1 : 61) seen.add(hexBox(cp, 16).ink.join(''))
    expect(seen.size).toBe(0x3000 + Math.ceil((0x110000 - 0x3000) / 61))
  })

  test('the jitter changes pictures, is the same for every token, and has a seed', () => {
    const plain = new Painter(font)
    const jittered = (seed: number) => new Painter(font, { jitter: { seed } })
    expect(jittered(42).paint('A')).toEqual(jittered(42).paint('A'))
    expect(jittered(42).paint('A')).not.toEqual(plain.paint('A'))
    expect(jittered(42).paint('A')).not.toEqual(jittered(43).paint('A'))
    // Twins stay twins: the same numbers for all.
    expect(jittered(42).paint('A')).toEqual(jittered(42).paint('А'))
    // Only noise outside of the four scripts: one pixel in a thousand.
    const differing = jittered(42)
      .paint('中')
      .filter((bit, i) => bit !== plain.paint('中')[i]).length
    expect(differing).toBeLessThanOrEqual(1)
  })

  test('options out of range are refused', async () => {
    for (const options of [
      { size: 12 },
      { size: 72 },
      { ink: 0 },
      { align: 'top' as 'box' },
      { blank: 'x' as 'hex' },
    ]) {
      expect(() => new Painter(font, options)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
    expect(() => new Painter(font).paint('x'.repeat(1025))).toThrow(/1025 characters/)
    await expect(glyphTable(['a', 'b'], font, { dim: 2000 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    await expect(glyphTable([], font)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(glyphTable(['A', 'А'], font)).rejects.toThrow(/All pictures are equal/)
  })

  test('polar order: by distance, then by angle, each pixel once', () => {
    for (const size of [8, 16, 32]) {
      const order = [...polarOrder(size)]
      expect([...order].sort((a, b) => a - b)).toEqual(order.map((_, i) => i))
      const polar = (pixel: number) => {
        const x = (pixel % size) - (size - 1) / 2
        const y = Math.floor(pixel / size) - (size - 1) / 2
        return { r: x * x + y * y, angle: (Math.atan2(y, x) + 2 * Math.PI) % (2 * Math.PI) }
      }
      for (let i = 1; i < order.length; i++) {
        const [a, b] = [polar(order[i - 1]!), polar(order[i]!)]
        expect(a.r < b.r || (a.r === b.r && a.angle < b.angle)).toBe(true)
      }
    }
  })
})

describe('the table', () => {
  const tokens = Array.from({ length: 0x250 }, (_, i) => String.fromCharCode(0x21 + i)).concat(
    'th',
    'the',
    '中',
    '国',
    '<pad>',
  )
  const dots = (rows: Float32Array, dim: number, a: number, b: number) => {
    let dot = 0
    for (let i = 0; i < dim; i++) dot += rows[a * dim + i]! * rows[b * dim + i]!
    return dot
  }

  test('has rows of length 1, and is the same bytes twice', async () => {
    for (const dim of [7, 40, 256]) {
      const options = { size: 16, dim }
      const table = await glyphTable(tokens, font, options)
      expect(table).toHaveLength(tokens.length * dim)
      for (let row = 0; row < tokens.length; row++) {
        expect(Math.abs(Math.sqrt(dots(table, dim, row, row)) - 1)).toBeLessThan(1e-6)
      }
      expect(await glyphTable(tokens, font, options)).toEqual(table)
    }
  })

  test('at full width is a rotation: cosines are those of the centred pictures', async () => {
    const pictures = await tokenPictures(tokens, font, { size: 16 })
    const { rows, variances, flat } = await tableOfPictures(pictures)
    expect([rows.length, flat]).toEqual([tokens.length * 256, 0])
    expect(varianceKept(variances, 256)).toBe(1)
    const index = new PictureIndex(pictures)
    const random = new Random(4)
    for (let i = 0; i < 200; i++) {
      const row = random.int(tokens.length)
      const nearest = index.nearest(pictures.row(row), 12, 'cosine', row)
      for (const { id, value } of nearest) expect(dots(rows, 256, row, id)).toBeCloseTo(value, 5)
      if (i < 20) {
        const own = nearestRows(rows, 256, row, 12)
        for (const [k, { value }] of own.entries()) expect(value).toBeCloseTo(nearest[k]!.value, 5)
      }
    }
  })

  test('is the plain product of centred bits and vectors', async () => {
    await fc.assert(
      fc.asyncProperty(bitTable, fc.integer({ min: 1, max: 20 }), async ({ plain, bits, random }, dim) => {
        const { width } = bits
        const mean = Float64Array.from({ length: width }, () => random.float())
        const vectors = Float64Array.from({ length: dim * width }, () => random.float() - 0.5)
        const { rows, flat } = await projected(bits, mean, vectors, dim)
        expect(flat).toBe(0)
        for (const [r, row] of plain.entries()) {
          const wanted = Array.from({ length: dim }, (_, k) =>
            row.reduce((sum, bit, i) => sum + (bit - mean[i]!) * vectors[k * width + i]!, 0),
          )
          const length = Math.sqrt(wanted.reduce((sum, x) => sum + x * x, 0))
          for (let k = 0; k < dim; k++) expect(rows[r * dim + k]).toBeCloseTo(wanted[k]! / length, 5)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('more dimensions than pictures can fill are zero, and a row that no component sees is counted', async () => {
    const { rows, variances } = await tableOfPictures(
      await tokenPictures(['A', 'B', 'C'], font, { size: 16 }),
    )
    expect([...variances].filter((value) => value > 1e-9)).toHaveLength(2)
    for (let row = 0; row < 3; row++) expect(dots(rows, 256, row, row)).toBeCloseTo(1, 6)
    const bits = new BitRows(3, 4)
    bits.set(0, Uint8Array.of(1, 0, 1, 0))
    bits.set(1, Uint8Array.of(1, 0, 0, 0))
    bits.set(2, Uint8Array.of(1, 0, 0, 0))
    const unseen = await projected(bits, Float64Array.of(1, 0, 0, 0), Float64Array.of(0, 0, 1, 0), 1)
    expect(unseen).toEqual({ rows: Float32Array.of(1, 0, 0), flat: 2 })
  })

  test('is kept on disk under what it depends on, and a damaged file is made anew', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-glyphs-'))
    afterAll(() => rmSync(folder, { recursive: true, force: true }))
    const few = tokens.slice(0, 40)
    const make = (dim: number, seed?: number) =>
      cachedGlyphTable(few, font, { size: 16, dim, folder, jitter: seed === undefined ? null : { seed } })
    const first = await make(8)
    const [file] = readdirSync(folder)
    expect(await make(8)).toEqual(first)
    expect(readdirSync(folder)).toEqual([file])
    await make(9)
    await make(8, 1)
    expect(readdirSync(folder)).toHaveLength(3)
    const path = join(folder, file!)
    const good = readFileSync(path)
    for (const bad of [
      good.subarray(0, 50),
      Buffer.from(good.map((byte, i) => (i === 5 ? byte ^ 1 : byte))),
    ]) {
      writeFileSync(path, bad)
      expect(await make(8)).toEqual(first)
      expect(Buffer.compare(readFileSync(path), good)).toBe(0)
    }
  })

  test('cancelling is heard', async () => {
    const signal = AbortSignal.abort()
    await expect(glyphTable(tokens, font, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('neighbours and twins', () => {
  test('the nearest by pixels and by cosine are those of the plain comparison', () => {
    fc.assert(
      fc.property(bitTable, fc.integer({ min: 1, max: 12 }), ({ plain, bits, random }, count) => {
        const row = random.int(plain.length)
        const index = new PictureIndex(bits)
        const differing = plain.map((other) =>
          other.reduce((n, bit, i) => n + Math.abs(bit - plain[row]![i]!), 0),
        )
        const byPixels = plain
          .map((_, id) => ({ id, value: differing[id]! }))
          .filter(({ id }) => id !== row)
          .sort((a, b) => a.value - b.value || a.id - b.id)
          .slice(0, count)
        expect(index.nearest(bits.row(row), count, 'pixels', row)).toEqual(byPixels)
        const mean = Array.from(
          { length: bits.width },
          (_, i) => plain.reduce((n, r) => n + r[i]!, 0) / plain.length,
        )
        const centred = plain.map((r) => Array.from(r, (bit, i) => bit - mean[i]!))
        const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)
        const cosine = (a: number[], b: number[]) => {
          const lengths = Math.sqrt(dot(a, a) * dot(b, b))
          return lengths > 1e-9 ? dot(a, b) / lengths : 0
        }
        const wanted = centred
          .filter((_, id) => id !== row)
          .map((other) => cosine(other, centred[row]!))
          .sort((a, b) => b - a)
          .slice(0, count)
        // Below a pixel's worth of length there is no direction to compare.
        if (centred.every((r) => dot(r, r) > 1e-9)) {
          const found = index.nearest(bits.row(row), count, 'cosine', row)
          for (const [k, { value }] of found.entries()) expect(value).toBeCloseTo(wanted[k]!, 9)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('bad questions are refused', async () => {
    const pictures = await tokenPictures(['a', 'b'], font, { size: 16 })
    const index = new PictureIndex(pictures)
    expect(() => index.nearest(pictures.row(0), 0)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    expect(() => index.nearest(new Uint32Array(3), 1)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    expect(() => nearestRows(new Float32Array(6), 3, 2, 1)).toThrow(
      expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }),
    )
  })

  test('equal pictures are found: twins of three scripts, and blanks where they are not boxed', async () => {
    const tokens = ['A', 'B', 'Α', ' ', 'А', '\u2003', 'x', '\u0378', '\u0379']
    const groups = (options: object) => tokenPictures(tokens, font, { size: 16, ...options }).then(collisions)
    expect(await groups({})).toEqual([[0, 2, 4]])
    expect(await groups({ blank: 'blank', missing: 'blank' })).toEqual([
      [0, 2, 4],
      [3, 5, 7, 8],
    ])
  })
})
