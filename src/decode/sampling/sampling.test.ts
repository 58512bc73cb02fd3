// Fast filters against plain ones that sort everything, and the draw against its distribution.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { TokenChooser } from './chooser.ts'
import { draw, sample } from './draw.ts'
import { expOfNegative } from './exp.ts'
import {
  addBias,
  divideByTemperature,
  keepMask,
  keepMinP,
  keepTopK,
  keepTopP,
  penaliseCounts,
  penaliseRepetition,
} from './filters.ts'
import { argmax, copyOfRow, logSumExp, tokenScore, topIds } from './logits.ts'
import { samplingOf } from './settings.ts'

/** Rows with ties, with tokens ruled out, flat and steep. */
const rows = fc
  .tuple(
    fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 90 }),
    fc.constantFrom(0.01, 0.25, 3),
  )
  .map(([values, scale]) => Float32Array.from(values, (x) => (x === -40 ? -Infinity : x * scale)))
  .filter((row) => row.some((x) => x > -Infinity))

/** Long rows: many tokens at the border of top-p, many of them equal, some in one bucket all together. */
const longRows = fc
  .record({
    seed: fc.integer(),
    length: fc.integer({ min: 100, max: 3000 }),
    scale: fc.constantFrom(1e-4, 0.05, 1, 20),
    values: fc.constantFrom(3, 40, 2 ** 32),
  })
  .map(({ seed, length, scale, values }) => {
    const random = new Random(seed)
    const one = () => (random.int(20) === 0 ? -Infinity : (random.int(values) / values) * scale)
    return Float32Array.from({ length }, (_, id) => (id === 0 ? 0 : one()))
  })

/** Ids that can come, best first, the lower id first among equals. */
function sorted(row: Float32Array): number[] {
  return [...row.keys()].filter((id) => row[id]! > -Infinity).sort((a, b) => row[b]! - row[a]! || a - b)
}

function probabilities(row: ArrayLike<number>): number[] {
  const numbers = Array.from(row)
  const best = Math.max(...numbers)
  const weights = numbers.map((x) => Math.exp(x - best))
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

function keptBy(filter: (row: Float32Array) => void, row: Float32Array): number[] {
  const changed = row.slice()
  filter(changed)
  const kept = [...changed.keys()].filter((id) => changed[id]! > -Infinity)
  for (const id of kept) expect(changed[id]).toBe(row[id])
  return kept
}

const ascending = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)

describe('expOfNegative', () => {
  it('is Math.exp to the last digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 0, noNaN: true }), (x) => {
        expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1)).toBeLessThan(1e-15)
      }),
      { numRuns: 5000 },
    )
    // Numbers too small to have all their digits.
    for (let x = -708; x > -760; x -= 0.37) {
      expect(Math.abs(expOfNegative(x) - Math.exp(x))).toBeLessThan(2e-323 + 1e-15 * Math.exp(x))
    }
    expect([0, -0, -Infinity, NaN, -1e308].map(expOfNegative)).toEqual([1, 1, 0, 0, 0])
  })
})

describe('rows of logits', () => {
  it('may hold what is not a number, which is never the best', () => {
    expect([...topIds(Float32Array.of(1, NaN, 3, NaN, 2, -Infinity, NaN), 2)]).toEqual([2, 4])
    expect([...topIds(Float32Array.of(NaN, 1, NaN), 3)]).toEqual([1])
    expect(argmax(Float32Array.of(NaN, 1, NaN, 2))).toBe(3)
  })

  it('are copied as they are, whatever was copied before', () => {
    for (const length of [5, 3, 9]) {
      const row = Float32Array.from({ length }, (_, id) => id - 4)
      const copy = copyOfRow(row)
      expect(copy).toEqual(row)
      row.fill(0)
      expect(copy[0]).toBe(-4)
    }
  })

  it('have their best tokens in order', () => {
    fc.assert(
      fc.property(rows, fc.nat(100), (row, count) => {
        expect([...topIds(row, count)]).toEqual(sorted(row).slice(0, count))
        expect(argmax(row)).toBe(sorted(row)[0])
      }),
    )
  })

  it('normalise to probabilities that add up to 1', () => {
    fc.assert(
      fc.property(rows, (row) => {
        const total = logSumExp(row)
        const plain = probabilities(row)
        for (const [id, logit] of row.entries()) expect(Math.exp(logit - total)).toBeCloseTo(plain[id]!, 6)
        const { logprob, top } = tokenScore(row, argmax(row), 3)
        expect(top[0]).toEqual({ id: argmax(row), logprob })
      }),
    )
    expect(logSumExp(Float32Array.of(-Infinity, -Infinity))).toBe(-Infinity)
    expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 4)
  })
})

describe('filters', () => {
  it('keepTopK keeps the first k of the sorted row', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 100 }), (row, k) => {
        expect(keptBy((own) => keepTopK(own, k), row)).toEqual(ascending(sorted(row).slice(0, k)))
      }),
    )
  })

  it('keepTopP keeps the shortest beginning of the sorted row that holds p', () => {
    fc.assert(
      fc.property(fc.oneof(rows, longRows), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (row, p) => {
        const plain = probabilities(row)
        let reached = 0
        const expected: number[] = []
        for (const id of sorted(row)) {
          // Away from the border, where the order of additions decides.
          fc.pre(Math.abs(reached - p) > 1e-9)
          if (expected.length > 0 && reached >= p) break
          expected.push(id)
          reached += plain[id]!
        }
        const likely = expected.filter((id) => plain[id]! > 0)
        expect(keptBy((own) => keepTopP(own, p), row)).toEqual(ascending(likely))
      }),
    )
  })

  it('keepMinP keeps what is at least that share of the best', () => {
    fc.assert(
      fc.property(rows, fc.double({ min: 0.001, max: 1, noNaN: true }), (row, share) => {
        const plain = probabilities(row)
        const best = Math.max(...plain)
        const kept = keptBy((own) => keepMinP(own, share), row)
        for (const [id, logit] of row.entries()) {
          const distance = plain[id]! / best - share
          if (logit > -Infinity && Math.abs(distance) > 1e-5) expect(kept.includes(id)).toBe(distance > 0)
        }
        expect(kept).toContain(argmax(row))
      }),
    )
  })

  it('keepMask keeps the ids whose bit is set', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.integer(), { maxLength: 4 }), (row, words) => {
        const mask = Uint32Array.from(words)
        const allowed = (id: number) => id < mask.length * 32 && ((mask[id >> 5]! >>> (id & 31)) & 1) === 1
        expect(keptBy((own) => keepMask(own, mask), row)).toEqual(ascending(sorted(row).filter(allowed)))
      }),
    )
  })

  it('penalties, bias and temperature do what their formulas say', () => {
    const ids = fc.array(fc.nat(120), { maxLength: 20 })
    fc.assert(
      fc.property(rows, ids, fc.integer({ min: -8, max: 8 }), (row, seen, quarter) => {
        const amount = quarter / 4
        const counts = new Map<number, number>()
        for (const id of seen) counts.set(id, (counts.get(id) ?? 0) + 1)
        const repeated = row.slice()
        penaliseRepetition(repeated, new Set(seen), 1.5)
        const counted = row.slice()
        penaliseCounts(counted, counts, amount, 0.5)
        const biased = row.slice()
        addBias(biased, new Map([...counts.keys()].map((id) => [id, amount])))
        const warm = row.slice()
        divideByTemperature(warm, 0.5)
        for (const [id, logit] of row.entries()) {
          const count = counts.get(id) ?? 0
          const sign = logit > 0 ? logit / 1.5 : logit * 1.5
          expect(repeated[id]).toBe(Math.fround(count > 0 ? sign : logit))
          expect(counted[id]).toBe(Math.fround(count > 0 ? logit - (amount + 0.5 * count) : logit))
          expect(biased[id]).toBe(Math.fround(count > 0 ? logit + amount : logit))
          expect(warm[id]).toBe(Math.fround(logit * 2))
        }
      }),
    )
  })
})

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

describe('TokenChooser', () => {
  it('counts the answer for presence and frequency, and the prompt too for repetition', () => {
    const row = Float32Array.of(5, 4.9, 4.8, 0)
    const frequency = new TokenChooser({ sampling: samplingOf({ frequencyPenalty: 0.3 }), prompt: [0] })
    expect(Array.from({ length: 6 }, () => frequency.choose(row.slice()))).toEqual([0, 1, 2, 0, 1, 2])
    const repetition = new TokenChooser({ sampling: samplingOf({ repetitionPenalty: 2 }), prompt: [0, 1] })
    expect(repetition.choose(row.slice())).toBe(2)
    const presence = new TokenChooser({ sampling: samplingOf({ presencePenalty: 1 }), prompt: [0, 1, 2] })
    expect(Array.from({ length: 4 }, () => presence.choose(row.slice()))).toEqual([0, 1, 2, 0])
  })

  it('takes the same tokens with the same seed and index, others with others', () => {
    const random = new Random(1)
    const rows = Array.from({ length: 50 }, () => Float32Array.from({ length: 30 }, () => random.float() * 4))
    const ids = (seed: number, index = 0) => {
      const chooser = new TokenChooser({ sampling: samplingOf({ temperature: 1, seed }), index })
      return rows.map((row) => chooser.choose(row.slice()))
    }
    expect(ids(5)).toEqual(ids(5))
    expect(ids(5)).not.toEqual(ids(6))
    expect(ids(5)).not.toEqual(ids(5, 1))
  })
})
