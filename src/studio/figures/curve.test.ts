import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearest, pathOf, rangeOf, smoothed, ticks } from './curve.ts'

describe('curves', () => {
  it('has round ticks', () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(ticks(0, 4000, 4)).toEqual([0, 1000, 2000, 3000, 4000])
    expect(ticks(2.37, 8.4, 3)).toEqual([4, 6, 8])
    expect(ticks(3, 3, 4)).toEqual([3])
  })

  it('keeps ticks within the range, evenly apart', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 10 }),
        (low, width, count) => {
          const all = ticks(low, low + width, count)
          const slack = width * 1e-6 + 1e-6
          expect(all.every((n) => n >= low - slack && n <= low + width + slack)).toBe(true)
          expect(all.length).toBeLessThanOrEqual(count + 1)
        },
      ),
    )
  })

  it('never has an empty range', () => {
    expect(rangeOf([])).toEqual([0, 1])
    const [low, high] = rangeOf([3, 3, NaN])
    expect(low).toBeLessThan(3)
    expect(high).toBeGreaterThan(3)
  })

  it('smooths without a pull to 0, and keeps what is constant', () => {
    const points = [0, 1, 2, 3].map((x) => [x, 5] as const)
    for (const [, y] of smoothed(points, 0.9)) expect(y).toBeCloseTo(5)
  })

  it('draws and finds points', () => {
    const points = [
      [0, 1],
      [10, 2],
    ] as const
    const twice = (n: number) => 2 * n
    expect(pathOf(points, twice, twice)).toBe('M0.0 2.0L20.0 4.0')
    expect(nearest(points, 6)).toEqual([10, 2])
    expect(nearest([], 6)).toBeNull()
  })
})
