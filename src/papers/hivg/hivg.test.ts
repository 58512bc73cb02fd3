import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { loadTokenizer, svgTokens } from '../../tokenizer/index.ts'
import { readIcons, splitIcons } from './corpus.ts'
import { prepareIcon } from './count.ts'
import { measureFidelity } from './fidelity.ts'
import { hivg } from './paper.ts'
import { differenceOf, loadRasteriser, psnr, type Raster } from './raster.ts'
import { measureSplit } from './split.ts'

const svg = await svgTokens()
const bytes = (text: string) => new TextEncoder().encode(text)
const SQUARE = '<svg viewBox="0 0 24 24"><path d="M4 4h16v16H4z"/></svg>'

describe('on files of one’s own', () => {
  test('lengths beside bytes and a public tokenizer, and what was left out', async () => {
    const bad = '<svg viewBox="0 0 9 9"><script>1</script><path d="M0 0h9v0"/><path d="M90 90h4v4"/></svg>'
    const input = [
      { name: 'square.svg', bytes: bytes(SQUARE) },
      { name: 'bad.svg', bytes: bytes(bad) },
    ]
    const { data, tables, notes } = await hivg.run(input)
    if (!('files' in data)) throw new Error('No files')
    const [square] = data.files
    // <svg> <path> M 37 37 h 150 v 150 h -150 z </path> </svg>
    expect(square!.lengths.map(({ tokens }) => tokens)).toEqual([
      SQUARE.length,
      (await loadTokenizer('o200k_base')).count(SQUARE),
      (await loadTokenizer('o200k_base')).count(square!.svg),
      14,
      9,
    ])
    expect(tables).toHaveLength(2)
    expect(notes).toEqual([
      'bad.svg: refused: script',
      'bad.svg: sub-paths outside of the canvas, left out: 1',
      'bad.svg: commands that move nowhere, left out: 1',
    ])
  })

  test('nothing, an unknown canvas, no drawing, and a stop are errors', async () => {
    const square = bytes(SQUARE)
    await expect(hivg.run([])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(hivg.run(square, { canvas: 65 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(hivg.run(bytes('<html/>'))).rejects.toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    await expect(hivg.run(square, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

describe('pictures', () => {
  const random = new Random(3)
  const noise = (width: number, height: number): Raster => ({
    width,
    height,
    grey: Float64Array.from({ length: width * height }, () => random.int(256)),
  })

  /** Wang et al. 2004, window by window. */
  function plainSsim({ width, height, grey: a }: Raster, { grey: b }: Raster): number {
    const values: number[] = []
    for (let top = 0; top + 7 <= height; top++) {
      for (let left = 0; left + 7 <= width; left++) {
        const at = Array.from({ length: 49 }, (_, i) => (top + Math.floor(i / 7)) * width + left + (i % 7))
        const mean = (x: Float64Array) => at.reduce((sum, i) => sum + x[i]!, 0) / 49
        const [ma, mb] = [mean(a), mean(b)]
        const covariance = (x: Float64Array, mx: number, y: Float64Array, my: number) =>
          at.reduce((sum, i) => sum + (x[i]! - mx) * (y[i]! - my), 0) / 48
        const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2]
        const spread = covariance(a, ma, a, ma) + covariance(b, mb, b, mb) + c2
        values.push(
          ((2 * ma * mb + c1) * (2 * covariance(a, ma, b, mb) + c2)) / ((ma ** 2 + mb ** 2 + c1) * spread),
        )
      }
    }
    return values.reduce((sum, x) => sum + x, 0) / values.length
  }

  test('SSIM from summed areas is SSIM window by window', () => {
    for (const [width, height] of [
      [7, 7],
      [12, 9],
      [8, 15],
    ] as const) {
      const [a, b] = [noise(width, height), noise(width, height)]
      expect(differenceOf(a, b).ssim).toBeCloseTo(plainSsim(a, b), 9)
      expect(differenceOf(a, a)).toEqual({ mse: 0, l1: 0, ssim: expect.closeTo(1, 9) as number })
    }
    expect(() => differenceOf(noise(7, 7), noise(7, 8))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    expect(psnr(0.01)).toBeCloseTo(20, 9)
  })

  test('are drawn on white, the longer side 128 pixels', async () => {
    const rasterise = await loadRasteriser()
    const tall = rasterise(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 8"><path d="M0 0h4v4H0z"/></svg>',
    )
    expect([tall.width, tall.height]).toEqual([64, 128])
    expect([tall.grey[0], tall.grey.at(-1)]).toEqual([0, 255])
  })

  test('rounding positions keeps a long path in place, rounding distances does not', async () => {
    // Forty steps of 0.41 units: each is 0 units when rounded by itself.
    const steps = 'l.41.1'.repeat(40)
    const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><path fill="none" stroke="#000" d="M4 8${steps}v30h30"/></svg>`
    const one = { set: 'own', name: 'one', text }
    const found = await measureFidelity(svg, [one], 'own', 64, {})
    expect(found).toMatchObject({ files: 1, parsed: 1, stable: 1, beyondCanvas: 0 })
    expect(found.farthestPoint).toBeLessThanOrEqual(0.5 + 1e-9)
    expect(found.ours.ssim).toBeGreaterThan(found.drifting.ssim + 0.05)
    expect(found.ours.psnr).toBeGreaterThan(found.drifting.psnr)
  })
})

describe('the experiment', () => {
  test('splits leave a tenth out, never the unseen set, and are their seed’s', async () => {
    const { icons } = await readIcons()
    const split = splitIcons(icons, new Random(1))
    expect(splitIcons(icons, new Random(1))).toEqual(split)
    expect(splitIcons(icons, new Random(2)).heldOut).not.toEqual(split.heldOut)
    expect(new Set([...split.train, ...split.heldOut, ...split.unseen]).size).toBe(icons.length)
    expect(new Set(split.unseen.map(({ set }) => set))).toEqual(new Set(['bootstrap-icons']))
    expect(split.heldOut.length / (split.train.length + split.heldOut.length)).toBeCloseTo(0.1, 2)
  })

  test('a small split: segments never lengthen, and the sums are those of the tokenizer', async () => {
    const { icons } = await readIcons()
    const few = [...new Set(icons.map(({ set }) => set))].flatMap((set) =>
      icons.filter((icon) => icon.set === set).slice(0, 60),
    )
    const publicTokenizers = await Promise.all(['qwen3', 'o200k_base'].map((name) => loadTokenizer(name)))
    const bases = [...publicTokenizers.map((tokenizer) => svg.textBase(tokenizer)), svg.BYTE_BASE]
    const prepared = few.map((icon) => prepareIcon(svg, icon, 64, bases))
    const { trainFiles, heldOut, unseen } = await measureSplit(svg, prepared, 64, 1, publicTokenizers, {})
    expect([trainFiles, heldOut.files, unseen.files]).toEqual([162, 18, 60])
    const tokenizer = new svg.SvgTokenizer({ canvas: 64, base: bases[1]! })
    const own = prepared.filter(({ icon }) => icon.set === 'bootstrap-icons')
    const length = own.reduce((sum, { icon }) => sum + tokenizer.encode(icon.text).length, 0)
    expect(unseen.atoms + unseen.attributes.o200k_base!).toBe(length)
    for (const part of [heldOut, unseen]) {
      for (const one of part.segments) expect(one.tokens).toBeLessThanOrEqual(part.atoms)
      expect(part.paths.segments).toBeLessThanOrEqual(part.paths.atoms)
      expect(part.raw.bpe).toBeLessThan(part.bytes)
    }
  })
})
