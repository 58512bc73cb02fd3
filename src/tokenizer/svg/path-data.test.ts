import * as fc from 'fast-check'
import svgpath from 'svgpath'
import { describe, expect, test } from 'vitest'
import { arcMiddle, arcToCubics, transformArc } from './arcs.ts'
import { parsePathData } from './path-data.ts'
import { pathData } from './testing/drawings.ts'

const parsed = (d: string) => parsePathData(d).segments.map(({ type, args }) => `${type}${args.join(' ')}`)

describe('path data', () => {
  test.each([
    ['M+5-3', ['M5 -3']],
    ['M.5.5', ['M0.5 0.5']],
    ['M1e-3,2E1', ['M0.001 20']],
    ['M07 5.', ['M7 5']],
    ['m1 2 3 4', ['M1 2', 'L4 6']],
    ['M1 2 3 4z', ['M1 2', 'L3 4', 'Z']],
    ['M1 1a1 1 0 01.5.5', ['M1 1', 'A1 1 0 0 1 1.5 1.5']],
    ['M1 1a1 1 0 0 1.5.5 1 1 0 111 1', ['M1 1', 'A1 1 0 0 1 1.5 1.5', 'A1 1 0 1 1 2.5 2.5']],
    ['M5 5l1 1zm1 1', ['M5 5', 'L6 6', 'Z', 'M6 6']],
    ['M5 5l1 1zl2 2', ['M5 5', 'L6 6', 'Z', 'L7 7']],
    ['M0 0s1 1 2 2t3 3', ['M0 0', 'S1 1 2 2', 'T5 5']],
    ['M0 0h1 2v3 4', ['M0 0', 'H1', 'H3', 'V3', 'V7']],
    ['', []],
    [' \n\t', []],
  ])('%j', (d, wanted) => {
    expect(parsePathData(d).brokenAt).toBeNull()
    expect(parsed(d)).toEqual(wanted)
  })

  test.each([
    ['L1 1', [], 0],
    ['M1', [], 1],
    ['M1 1L2', ['M1 1'], 5],
    ['M1 1L2 2,', ['M1 1', 'L2 2'], 9],
    ['M1 1R2 2', ['M1 1'], 4],
    ['M1 1a1 1 0 2 0 1 1', ['M1 1'], 5],
    ['M1 1L1e9 0', ['M1 1'], 5],
    ['M1 1L1e999 0', ['M1 1'], 5],
    ['M1 1 L .', ['M1 1'], 7],
  ])('%j is drawn up to the mistake', (d, wanted, at) => {
    expect(parsed(d)).toEqual(wanted)
    expect(parsePathData(d).brokenAt).toBe(at)
  })

  test('agrees with svgpath on valid data, absolute and relative', () => {
    fc.assert(
      fc.property(pathData, (d) => {
        const theirs: number[][] = []
        svgpath(d)
          .abs()
          .iterate(([, ...args]) => void theirs.push(args.map(Number)))
        const ours = parsePathData(d).segments
        expect(ours.map(({ type }) => type).join('')).toBe(
          svgpath(d).abs().toString().length === 0 ? '' : types(d),
        )
        ours.forEach(({ args }, i) =>
          args.forEach((value, k) => expect(value).toBeCloseTo(theirs[i]![k]!, 6)),
        )
      }),
    )
  })

  test('anything at all ends in linear time, with segments before the mistake', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...'MmZzLlHhCcAaSsTt0019.-+eE, \n\u00e9'), { maxLength: 60 }),
        (letters) => {
          const { segments, brokenAt } = parsePathData(letters.join(''))
          for (const { args } of segments) expect(args.every(Number.isFinite)).toBe(true)
          if (brokenAt !== null) expect(brokenAt).toBeLessThanOrEqual(letters.length)
        },
      ),
      { numRuns: 1000 },
    )
    expect(parsePathData(`M0 0${' 1'.repeat(2_000_000)}`).segments).toHaveLength(1_000_001)
    expect(parsePathData(`M0 0${'h1'.repeat(1000)}`, 10).segments).toHaveLength(10)
  })
})

function types(d: string): string {
  let result = ''
  svgpath(d)
    .abs()
    .iterate(([type]) => void (result += type.toUpperCase()))
  return result
}

describe('arcs', () => {
  const arcs = fc.tuple(
    fc.double({ min: 0.5, max: 90, noNaN: true }),
    fc.double({ min: 0.5, max: 90, noNaN: true }),
    fc.integer({ min: 0, max: 180 }),
    fc.nat(1),
    fc.nat(1),
    fc.double({ min: 1, max: 60, noNaN: true }),
    fc.double({ min: 1, max: 60, noNaN: true }),
  )

  test('the middle is where the cubic curves of svgpath pass', () => {
    fc.assert(
      fc.property(arcs, (arc) => {
        const [mx, my] = arcMiddle([0, 0], arc)
        let [x, y] = [0, 0]
        let nearest = Infinity
        for (const { args } of arcToCubics([0, 0], arc)) {
          const [a, b, c, d, e, f] = args as [number, number, number, number, number, number]
          for (let t = 0; t <= 1; t += 1 / 64) {
            const u = 1 - t
            const px = u * u * u * x + 3 * u * u * t * a + 3 * u * t * t * c + t * t * t * e
            const py = u * u * u * y + 3 * u * u * t * b + 3 * u * t * t * d + t * t * t * f
            nearest = Math.min(nearest, Math.hypot(px - mx, py - my))
          }
          ;[x, y] = [e, f]
        }
        expect(nearest).toBeLessThan(0.05 * Math.max(arc[0], arc[1], 60))
      }),
    )
    expect(arcMiddle([0, 0], [5, 5, 0, 0, 1, 10, 0])).toEqual([5, -5])
    expect(arcMiddle([0, 0], [5, 5, 0, 0, 0, 10, 0])).toEqual([5, 5])
    // Radii too small grow until they reach.
    expect(arcMiddle([0, 0], [1, 1, 0, 0, 1, 10, 0])).toEqual([5, -5])
  })

  test('under a map its middle is the mapped middle, mirrored arcs too', () => {
    const maps = fc.constantFrom<[number, number, number, number, number, number]>(
      [2, 0, 0, 2, 3, 4],
      [-1, 0, 0, 1, 0, 0],
      [0, 1, -1, 0, 5, 5],
      [1.5, 0.2, -0.4, 0.7, -3, 9],
    )
    fc.assert(
      fc.property(arcs, maps, (arc, m) => {
        const { type, args } = transformArc(m, [0, 0], arc)
        expect(type).toBe('A')
        const [x, y] = arcMiddle([0, 0], arc)
        const [mx, my] = arcMiddle([m[4], m[5]], args)
        expect(mx).toBeCloseTo(m[0] * x + m[2] * y + m[4], 3)
        expect(my).toBeCloseTo(m[1] * x + m[3] * y + m[5], 3)
      }),
    )
    expect(transformArc([2, 0, 0, 2, 0, 0], [0, 0], [0, 3, 0, 0, 1, 4, 5])).toEqual({
      type: 'L',
      args: [8, 10],
    })
  })
})
