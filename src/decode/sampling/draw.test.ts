// Draws fall as their probabilities say (χ²), and on what the filters leave as when everything is sorted.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { ascending, longRows, probabilities, rows, sorted } from '../testing/rows.ts'
import { draw, sample } from './draw.ts'
import { divideByTemperature, keepMinP, keepTopK, keepTopP } from './filters.ts'
import { TokenChooser } from './chooser.ts'
import { samplingOf } from './settings.ts'

/** χ² of counts against probabilities, over the ids that can come. */
function chiSquare(
  counts: readonly number[],
  expected: readonly number[],
): { value: number; freedom: number } {
  const total = counts.reduce((a, b) => a + b, 0)
  let value = 0
  let freedom = -1
  for (const [id, p] of expected.entries()) {
    if (p === 0) expect(counts[id]).toBe(0)
    else {
      value += (counts[id]! - p * total) ** 2 / (p * total)
      freedom++
    }
  }
  return { value, freedom }
}

/** Above it lie fewer than one in ten thousand (Wilson and Hilferty's approximation). */
function chiSquareLimit(freedom: number): number {
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + 3.72 * Math.sqrt(spread)) ** 3
}

describe('draws', () => {
  const row = Float32Array.from([1, 0.5, -1, 2, -Infinity, 0, 1.5, -2, 0.25, 1])
  const DRAWS = 40_000

  it('follow softmax', () => {
    const random = new Random(17)
    const counts = Array.from(row, () => 0)
    for (let i = 0; i < DRAWS; i++) counts[draw(row, random)]!++
    const { value, freedom } = chiSquare(counts, probabilities(row))
    expect(value).toBeLessThan(chiSquareLimit(freedom))
  })

  it.each([
    { temperature: 0.7 },
    { temperature: 1, topK: 4 },
    { temperature: 1, topP: 0.7 },
    { temperature: 1.6, minP: 0.3 },
    { temperature: 1.3, topK: 6, topP: 0.9, minP: 0.1, logitBias: { 7: 4, 3: -1 } },
  ])('follow the distribution that %j leaves', (options) => {
    // Expected: everything in plain arithmetic.
    let left = Array.from(
      row,
      (logit, id) => (logit + (options.logitBias?.[id as 7] ?? 0)) / options.temperature,
    )
    const order = left.map((_, id) => id).sort((a, b) => left[b]! - left[a]!)
    left = left.map((logit, id) => (order.indexOf(id) < (options.topK ?? 100) ? logit : -Infinity))
    let p = probabilities(Float32Array.from(left))
    let reached = 0
    for (const id of order) {
      if (reached >= (options.topP ?? 1)) left[id] = -Infinity
      reached += p[id]!
    }
    p = probabilities(Float32Array.from(left))
    p = p.map((one) => (one < (options.minP ?? 0) * Math.max(...p) ? 0 : one))
    const total = p.reduce((a, b) => a + b, 0)
    const chooser = new TokenChooser({ sampling: samplingOf({ ...options, seed: 23 }) })
    const counts = Array.from(row, () => 0)
    for (let i = 0; i < DRAWS; i++) counts[chooser.choose(row.slice())]!++
    const { value, freedom } = chiSquare(
      counts,
      p.map((one) => one / total),
    )
    expect(value).toBeLessThan(chiSquareLimit(freedom))
  })

  /** Everything sorted, nothing shared; null where the last digit of a sum would decide. */
  function plainSample(row: Float32Array, settings: Settings, at: number): number | null {
    const warm = Float64Array.from(row, (logit) => logit / settings.temperature)
    const kept = sorted(row).slice(0, settings.topK)
    let p = probabilities(kept.map((id) => warm[id]!))
    let reached = 0
    let count = 0
    while (count < kept.length && (count === 0 || settings.topP === 1 || reached < settings.topP)) {
      reached += p[count++]!
      if (settings.topP < 1 && Math.abs(reached - settings.topP) < 1e-9) return null
    }
    const floor = warm[kept[0]!]! + Math.log(settings.minP)
    if (kept.some((id) => settings.minP > 0 && Math.abs(warm[id]! - floor) < 1e-9 && settings.minP < 1))
      return null
    const left = ascending(kept.slice(0, count).filter((id) => warm[id]! >= floor))
    p = probabilities(left.map((id) => warm[id]!))
    let sum = 0
    for (const [i, id] of left.entries()) {
      sum += p[i]!
      if (Math.abs(sum - at) < 1e-9) return null
      if (sum > at) return id
    }
    return null
  }

  type Settings = Record<'temperature' | 'topK' | 'topP' | 'minP', number>

  it('take what the filters leave, as when everything is sorted', () => {
    const settings = fc.record({
      temperature: fc.constantFrom(0.3, 0.9, 1, 1.7),
      topK: fc.constantFrom(1, 2, 30, 300, Infinity),
      topP: fc.oneof(fc.double({ min: 0.001, max: 0.999, noNaN: true }), fc.constantFrom(0.95, 1)),
      minP: fc.constantFrom(0, 0, 0.02, 0.4, 1),
    })
    const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    let compared = 0
    fc.assert(
      fc.property(fc.oneof(rows, longRows), settings, unit, (row, chosen, at) => {
        const expected = plainSample(row, chosen, at)
        if (expected === null) return
        compared++
        expect(sample(row.slice(), chosen, { float: () => at })).toBe(expected)
        // The filters by themselves, as they are given to everybody; a temperature would round the row.
        if (chosen.temperature !== 1) return
        const own = row.slice()
        keepTopK(own, chosen.topK)
        keepTopP(own, chosen.topP)
        keepMinP(own, chosen.minP)
        expect(draw(own, { float: () => at })).toBe(expected)
      }),
      { numRuns: 400 },
    )
    expect(compared).toBeGreaterThan(200)
  })

  it('have a test that would see a wrong distribution', () => {
    const random = new Random(17)
    const counts = Array.from(row, () => 0)
    const warm = row.slice()
    divideByTemperature(warm, 1.08)
    for (let i = 0; i < DRAWS; i++) counts[draw(warm, random)]!++
    const { value, freedom } = chiSquare(counts, probabilities(row))
    expect(value).toBeGreaterThan(chiSquareLimit(freedom))
  })

  it('never take a token that cannot come', () => {
    const zeros = { float: () => 0 }
    const ones = { float: () => 1 - 2 ** -32 }
    fc.assert(
      fc.property(rows, (row) => {
        for (const random of [zeros, ones]) expect(row[draw(row, random)]).toBeGreaterThan(-Infinity)
      }),
    )
  })
})
