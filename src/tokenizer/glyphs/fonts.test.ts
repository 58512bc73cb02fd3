import { readFileSync } from 'node:fs'
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import * as fontkit from 'fontkit'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { coverageByScript } from './coverage.ts'
import { type GlyphFont, cropped } from './font.ts'
import { readPixelFont, writePixelFont } from './pixel-font.ts'
import { fill } from './scanline.ts'
import { shippedFont } from './shipped-font.ts'
import { asWoff, ROUND, SQUARE, tinyFont } from './testing/tiny-font.ts'
import { readTrueType } from './truetype.ts'

const FILE = new URL(
  '../../../node_modules/@fontsource/unifontex/files/unifontex-latin-400-normal.woff',
  import.meta.url,
)
const ASSET = new URL('../../../vocabularies/unifontex.glyphs', import.meta.url)

const picture = ({ width, ink }: { width: number; ink: Uint8Array }) =>
  (
    Array.from(ink, (bit) => (bit ? '#' : '.'))
      .join('')
      .match(new RegExp(`.{${width || 1}}`, 'g')) ?? []
  ).join('\n')

describe('UnifontEX', () => {
  let font: GlyphFont
  const file = readFileSync(FILE)
  beforeAll(async () => {
    font = await readTrueType(file, 'UnifontEX')
  })

  test('has the glyphs that fontkit has, with the same pixels', () => {
    const reference = fontkit.create(inflated(file)) as fontkit.Font
    const random = new Random(1)
    expect(font.codePoints).toEqual(Uint32Array.from(reference.characterSet).sort())
    for (let i = 0; i < 250; i++) {
      const cp = font.codePoints[random.int(i % 2 === 0 ? 3000 : font.codePoints.length)]!
      const size = random.pick([16, 16, 32])
      expect(font.draw(cp, size), `U+${cp.toString(16)}`).toEqual(
        plainly(reference.glyphForCodePoint(cp).path.commands, size),
      )
    }
  })

  test('is what ships, pixel by pixel, and at every size that is a multiple of its grid', async () => {
    const shipped = await shippedFont()
    const content = gunzipSync(readFileSync(ASSET))
    expect(Buffer.compare(writePixelFont(font), content)).toBe(0)
    expect(Buffer.compare(writePixelFont(shipped), content)).toBe(0)
    const random = new Random(2)
    for (let i = 0; i < 300; i++) {
      const cp = font.codePoints[random.int(font.codePoints.length)]!
      for (const size of [32, 48]) expect(shipped.draw(cp, size)).toEqual(font.draw(cp, size))
    }
    expect([shipped.has(0x41), shipped.has(0x378), shipped.draw(0x378, 16)]).toEqual([true, false, null])
  })

  test('draws every assigned character of the plane', () => {
    const coverage = coverageByScript(font, 0, 0x10000)
    expect(coverage.find(({ script }) => script === 'Georgian')!.characters).toBeGreaterThan(100)
    for (const { characters, drawn } of coverage) expect(drawn).toBe(characters)
    const beyond = coverageByScript(font, 0x10000)
    expect(beyond.find(({ script }) => script === 'Tangut')!.drawn).toBeLessThan(10)
  })
})

/** The same font as one TrueType file: fontkit inflates a table of WOFF anew for every glyph. */
function inflated(woff: Buffer): Buffer {
  const count = woff.readUInt16BE(12)
  const head = Buffer.alloc(12 + 16 * count)
  head.writeUInt32BE(0x00010000, 0)
  head.writeUInt16BE(count, 4)
  const bodies: Buffer[] = [head]
  let offset = head.length
  for (let i = 0; i < count; i++) {
    const at = 44 + 20 * i
    const [from, stored, length] = [4, 8, 12].map((n) => woff.readUInt32BE(at + n)) as [
      number,
      number,
      number,
    ]
    const bytes = woff.subarray(from, from + stored)
    bodies.push(stored < length ? inflateSync(bytes) : bytes, Buffer.alloc((4 - (length % 4)) % 4))
    woff.copy(head, 12 + 16 * i, at, at + 4)
    head.writeUInt32BE(offset, 12 + 16 * i + 8)
    head.writeUInt32BE(length, 12 + 16 * i + 12)
    offset += length + ((4 - (length % 4)) % 4)
  }
  return Buffer.concat(bodies)
}

/** Fills the outline by asking for each pixel's centre whether a ray to the left crosses around it. */
function plainly(commands: readonly { command: string; args: number[] }[], size: number) {
  const edges: [number, number, number, number][] = []
  let [x, y, startX, startY] = [0, 0, 0, 0]
  const line = (toX: number, toY: number) => {
    edges.push([x, y, toX, toY])
    ;[x, y] = [toX, toY]
  }
  for (const { command, args } of commands) {
    if (command === 'moveTo') [x, y] = [startX, startY] = args as [number, number]
    else if (command === 'lineTo') line(args[0]!, args[1]!)
    else if (command === 'closePath') line(startX, startY)
    else {
      const [cx, cy, toX, toY] = args as [number, number, number, number]
      const [fromX, fromY] = [x, y]
      for (let t = 1; t <= 16; t++) {
        const at = (a: number, b: number, c: number) =>
          ((16 - t) ** 2 * a + 2 * t * (16 - t) * b + t * t * c) / 256
        line(at(fromX, cx, toX), at(fromY, cy, toY))
      }
    }
  }
  const bitmap = new Uint8Array(4 * size * size)
  for (let row = 0; row < 2 * size; row++) {
    for (let column = 0; column < 2 * size; column++) {
      const px = ((column - size + 0.5) * 1024) / size
      const py = 896 - ((row - size / 2 + 0.5) * 1024) / size
      let turns = 0
      for (const [ax, ay, bx, by] of edges) {
        if (ay <= py === by <= py) continue
        if (ax + ((py - ay) * (bx - ax)) / (by - ay) <= px) turns += by > ay ? 1 : -1
      }
      if (turns !== 0) bitmap[row * 2 * size + column] = 1
    }
  }
  return cropped(bitmap, 2 * size, 2 * size, -size / 2)
}

describe('TrueType', () => {
  test('squares, holes, curves and composites, in both kinds of character map and as WOFF', async () => {
    const twelve = await readTrueType(tinyFont(12))
    const four = await readTrueType(tinyFont(4))
    const woff = await readTrueType(asWoff(tinyFont(12), deflateSync))
    expect([...twelve.codePoints]).toEqual([0x41, 0x42, 0x43, 0x1f600])
    expect([...four.codePoints]).toEqual([0x41, 0x42, 0x43])
    for (const cp of [0x41, 0x42, 0x43]) expect(four.draw(cp, 16)).toEqual(twelve.draw(cp, 16))
    for (const cp of twelve.codePoints) expect(woff.draw(cp, 24)).toEqual(twelve.draw(cp, 24))
    expect(picture(twelve.draw(0x41, 8)!)).toBe('####\n####\n####\n####')
    expect(twelve.draw(0x41, 8)!.top).toBe(3)
    expect(picture(twelve.draw(0x42, 8)!)).toBe('####\n#..#\n#..#\n####')
    expect(picture(twelve.draw(0x1f600, 16)!).split('\n')).toEqual([
      ...Array.from({ length: 8 }, () => '.########'),
      '####.....',
      '#..#.....',
      '#..#.....',
      '####.....',
    ])
    expect(picture(twelve.draw(0x43, 8)!)).toBe('..##..\n.####.\n######\n######\n.####.\n..##..')
  })

  test('other kinds of font files are named', async () => {
    const head = (signature: string) => new TextEncoder().encode(signature + '\0'.repeat(60))
    for (const signature of ['wOF2', 'OTTO', 'ttcf']) {
      await expect(readTrueType(head(signature))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    }
    await expect(readTrueType(head('%PDF'))).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN' })
    await expect(readTrueType(new Uint8Array(3))).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
    const noGlyphs = tinyFont(4)
    noGlyphs.set(new TextEncoder().encode('none'), 12 + 16)
    await expect(readTrueType(noGlyphs)).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })

  test('damaged files end in a TesseraError or draw something', async () => {
    const files = [tinyFont(4), tinyFont(12), asWoff(tinyFont(12), deflateSync)]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 6 }),
        fc.option(fc.nat(600)),
        async (file, damage, cut) => {
          const bytes = file.slice(0, cut ?? file.length)
          for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte
          try {
            const font = await readTrueType(bytes)
            for (const cp of font.codePoints.subarray(0, 20)) font.draw(cp, 16)
          } catch (error) {
            expect(error).toBeInstanceOf(TesseraError)
          }
        },
      ),
      { numRuns: 1500 },
    )
  })

  test('an outline far outside is clipped, not drawn', () => {
    const far = SQUARE.map(([x, y]) => [x * 60, y * 60, true] as const)
    const { width, height } = fill([far], 1024, 896, 16)
    expect(Math.max(width, height)).toBeLessThanOrEqual(128)
    expect(
      fill([ROUND.map(([x, y]) => [x, y, true] as const)], 1024, 896, 16).bitmap.some((bit) => bit),
    ).toBe(true)
  })
})

describe('the file of pixels', () => {
  test('gives the glyphs back', async () => {
    const font = await readTrueType(tinyFont(12))
    const back = await readPixelFont(gzipSync(writePixelFont(font)), 'tiny')
    expect(back.codePoints).toEqual(font.codePoints)
    for (const cp of font.codePoints) {
      for (const size of [8, 16, 32]) expect(back.draw(cp, size)).toEqual(expectedAt(font, cp, size))
    }
    expect(() => back.draw(0x41, 0)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  /** At sizes above the grid a pixel font is its grid, larger. */
  function expectedAt(font: GlyphFont, cp: number, size: number) {
    const { width, height, top, ink } = font.draw(cp, 16)!
    const bitmap = new Uint8Array(size * size)
    const left = (16 - width) >> 1
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const row = Math.floor(((y + 0.5) * 16) / size) - top
        const column = Math.floor(((x + 0.5) * 16) / size) - left
        if (row >= 0 && row < height && column >= 0 && column < width)
          bitmap[y * size + x] = ink[row * width + column]!
      }
    }
    return cropped(bitmap, size, size)
  }

  test('damaged, it ends in a TesseraError', async () => {
    const content = writePixelFont(await readTrueType(tinyFont(12)))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(content.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 2 }),
        fc.nat(300),
        async (inner, outer, cut) => {
          const bytes = content.slice()
          for (const [at, byte] of inner) bytes[at] = byte
          const zipped = Uint8Array.from(gzipSync(bytes))
          for (const [at, byte] of outer) if (at < zipped.length) zipped[at] = byte
          try {
            const font = await readPixelFont(cut < 200 ? zipped : zipped.subarray(0, cut - 200), 'x')
            for (const cp of font.codePoints) font.draw(cp, 16)
          } catch (error) {
            expect(error).toBeInstanceOf(TesseraError)
          }
        },
      ),
      { numRuns: 1000 },
    )
    // A few bytes that would be gigabytes.
    const bomb = gzipSync(new Uint8Array(64 << 20))
    await expect(readPixelFont(bomb, 'bomb')).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })
})
