// Fast filters against plain ones that sort everything, scores read off a row, and the order of it all in the chooser.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { ascending, longRows, probabilities, rows, sorted } from '../testing/rows.ts'
import { TokenChooser } from './chooser.ts'
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

function keptBy(filter: (row: Float32Array) => void, row: Float32Array): number[] {
  const changed = row.slice()
  filter(changed)
  const kept = [...changed.keys()].filter((id) => changed[id]! > -Infinity)
  for (const id of kept) expect(changed[id]).toBe(row[id])
  return kept
}

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
