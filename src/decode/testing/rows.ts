// Rows of logits for tests of sampling, and what is plainly true of a row: its order and its probabilities.
import fc from 'fast-check'
import { Random } from '../../core/index.ts'

/** Rows with ties, with tokens ruled out, flat and steep. */
export const rows = fc
  .tuple(
    fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 1, maxLength: 90 }),
    fc.constantFrom(0.01, 0.25, 3),
  )
  .map(([values, scale]) => Float32Array.from(values, (x) => (x === -40 ? -Infinity : x * scale)))
  .filter((row) => row.some((x) => x > -Infinity))

/** Long rows: many tokens at the border of top-p, many of them equal, some in one bucket all together. */
export const longRows = fc
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
export function sorted(row: Float32Array): number[] {
  return [...row.keys()].filter((id) => row[id]! > -Infinity).sort((a, b) => row[b]! - row[a]! || a - b)
}

export function probabilities(row: ArrayLike<number>): number[] {
  const numbers = Array.from(row)
  const best = Math.max(...numbers)
  const weights = numbers.map((x) => Math.exp(x - best))
  const total = weights.reduce((a, b) => a + b, 0)
  return weights.map((weight) => weight / total)
}

export const ascending = (ids: readonly number[]) => ids.toSorted((a, b) => a - b)
