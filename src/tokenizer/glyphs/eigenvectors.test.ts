import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { BitRows, popcount } from './bit-rows.ts'
import { covarianceOf } from './covariance.ts'
import { symmetricEigen } from './symmetric-eigen.ts'
import { bitTable } from './testing/bit-table.ts'

describe('bits', () => {
  test('rows, columns and counts', () => {
    fc.assert(
      fc.property(bitTable, ({ plain, bits }) => {
        const columns = bits.transposed()
        for (const [r, row] of plain.entries()) {
          for (const [c, bit] of row.entries()) {
            expect(bits.get(r, c)).toBe(bit)
            expect(columns.get(c, r)).toBe(bit)
          }
        }
        expect([...bits.ink()]).toEqual(plain.map((row) => row.reduce((n, bit) => n + bit, 0)))
      }),
      { numRuns: 60 },
    )
    fc.assert(
      fc.property(
        fc.integer(),
        (word) => popcount(word) === (word >>> 0).toString(2).replaceAll('0', '').length,
      ),
    )
  })

  test('the covariance is that of the plain sums, also over more words than one round', async () => {
    await fc.assert(
      fc.asyncProperty(bitTable, async ({ plain, bits }) => {
        const { mean, matrix } = await covarianceOf(bits)
        const [rows, width] = [plain.length, bits.width]
        for (let i = 0; i < width; i++) {
          expect(mean[i]).toBeCloseTo(plain.reduce((n, row) => n + row[i]!, 0) / rows, 12)
          for (let j = 0; j < width; j++) {
            const both = plain.reduce((n, row) => n + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / rows
            expect(matrix[i * width + j]).toBeCloseTo(both, 12)
          }
        }
      }),
      { numRuns: 40 },
    )
    const random = new Random(3)
    const many = new BitRows(2000, 5)
    for (let r = 0; r < 2000; r++)
      many.set(
        r,
        Uint8Array.from({ length: 5 }, () => random.int(2)),
      )
    const { mean, matrix } = await covarianceOf(many)
    let both = 0
    for (let r = 0; r < 2000; r++) both += many.get(r, 1) & many.get(r, 4)
    expect(matrix[9]).toBeCloseTo(both / 2000 - mean[1]! * mean[4]!, 14)
  })
})

describe('eigenvectors', () => {
  const symmetric = fc
    .record({ n: fc.integer({ min: 1, max: 24 }), seed: fc.integer(), rank: fc.integer({ min: 1, max: 24 }) })
    .map(({ n, seed, rank }) => {
      const random = new Random(seed)
      const matrix = new Float64Array(n * n)
      for (let k = 0; k < rank; k++) {
        const weight = random.int(5) - 2
        const x = Float64Array.from({ length: n }, () => (random.int(3) === 0 ? 0 : random.float() - 0.5))
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix[i * n + j]! += weight * x[i]! * x[j]!
      }
      return { n, matrix }
    })

  test('are orthogonal, belong to their values, and are those of Jacobi’s plain method', async () => {
    await fc.assert(
      fc.asyncProperty(symmetric, async ({ n, matrix }) => {
        const { values, vectors } = await symmetricEigen(matrix.slice(), n, n)
        const scale = Math.max(1e-6, ...values.map(Math.abs))
        const wanted = jacobi(matrix, n)
        for (let k = 0; k < n; k++) {
          expect(Math.abs(values[k]! - wanted[k]!)).toBeLessThan(1e-11 * scale)
          const v = vectors.subarray(k * n, (k + 1) * n)
          for (let i = 0; i < n; i++) {
            let product = 0
            for (let j = 0; j < n; j++) product += matrix[i * n + j]! * v[j]!
            expect(Math.abs(product - values[k]! * v[i]!)).toBeLessThan(1e-11 * scale)
          }
          for (let l = 0; l <= k; l++) {
            const w = vectors.subarray(l * n, (l + 1) * n)
            const dot = v.reduce((sum, x, i) => sum + x * w[i]!, 0)
            expect(Math.abs(dot - (k === l ? 1 : 0))).toBeLessThan(1e-12)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('the same bits twice; what is not finite is refused; cancelling is heard', async () => {
    const matrix = Float64Array.from({ length: 400 }, (_, i) => ((i % 20) + 1) * (Math.floor(i / 20) + 1))
    expect(await symmetricEigen(matrix.slice(), 20, 5)).toEqual(await symmetricEigen(matrix.slice(), 20, 5))
    await expect(symmetricEigen(Float64Array.of(NaN), 1, 1)).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    const signal = AbortSignal.abort()
    await expect(symmetricEigen(matrix, 20, 5, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

/** Jacobi's method: turn away one entry after another until none is left. Values, descending. */
function jacobi(matrix: Float64Array, n: number): number[] {
  const a = matrix.slice()
  for (let sweep = 0; sweep < 25; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q]!
        if (Math.abs(off) < 1e-300) continue
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * off)
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
        const c = 1 / Math.sqrt(t * t + 1)
        const s = t * c
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k * n + p]!, a[k * n + q]!]
          a[k * n + p] = c * x - s * y
          a[k * n + q] = s * x + c * y
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p * n + k]!, a[q * n + k]!]
          a[p * n + k] = c * x - s * y
          a[q * n + k] = s * x + c * y
        }
      }
    }
  }
  return Array.from({ length: n }, (_, i) => a[i * n + i]!).sort((x, y) => y - x)
}
