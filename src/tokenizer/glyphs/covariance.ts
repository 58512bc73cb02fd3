// The covariance of rows of bits, exactly: how often two bits are one together is a whole number, counted 32
// rows at a time with AND and a population count. Seven of eight words go through carry-save adders (Harley
// and Seal), so that only every eighth sum is counted bit by bit: 65,536 rows of 1,024 bits take about a
// second instead of the 69 thousand million multiplications of the plain product.
import type { LongWork } from '../../core/index.ts'
import { popcount, type BitRows } from './bit-rows.ts'
import { Pace } from '../pace.ts'

export interface Covariance {
  /** `[width]` */
  mean: Float64Array
  /** `[width * width]`, symmetric: mean of products less product of means (divided by the number of rows). */
  matrix: Float64Array
}

/** Throws CANCELLED. */
export async function covarianceOf(bits: BitRows, work: LongWork = {}): Promise<Covariance> {
  const { rows, width } = bits
  const columns = bits.transposed()
  const mean = Float64Array.from(columns.ink(), (n) => n / rows)
  const matrix = new Float64Array(width * width)
  const pace = new Pace(work)
  const { words, stride } = columns
  for (let i = 0; i < width; i++) {
    if (pace.due()) await pace.rest({ stage: 'covariance', done: i, total: width, unit: 'items' })
    for (let j = i; j < width; j++) {
      const value = together(words, i * stride, j * stride, stride) / rows - mean[i]! * mean[j]!
      matrix[i * width + j] = value
      matrix[j * width + i] = value
    }
  }
  return { mean, matrix }
}

/** Ones of the AND of two runs of words. */
function together(words: Uint32Array, a: number, b: number, length: number): number {
  let total = 0
  let ones = 0
  let twos = 0
  let fours = 0
  const whole = length & ~7
  for (let i = 0; i < whole; i += 8) {
    // Each step adds three words of equal weight: the sum stays, the carry counts double.
    let x = words[a + i]! & words[b + i]!
    let y = words[a + i + 1]! & words[b + i + 1]!
    let u = ones ^ x
    const twosA = (ones & x) | (u & y)
    ones = u ^ y
    x = words[a + i + 2]! & words[b + i + 2]!
    y = words[a + i + 3]! & words[b + i + 3]!
    u = ones ^ x
    const twosB = (ones & x) | (u & y)
    ones = u ^ y
    u = twos ^ twosA
    const foursA = (twos & twosA) | (u & twosB)
    twos = u ^ twosB
    x = words[a + i + 4]! & words[b + i + 4]!
    y = words[a + i + 5]! & words[b + i + 5]!
    u = ones ^ x
    const twosC = (ones & x) | (u & y)
    ones = u ^ y
    x = words[a + i + 6]! & words[b + i + 6]!
    y = words[a + i + 7]! & words[b + i + 7]!
    u = ones ^ x
    const twosD = (ones & x) | (u & y)
    ones = u ^ y
    u = twos ^ twosC
    const foursB = (twos & twosC) | (u & twosD)
    twos = u ^ twosD
    u = fours ^ foursA
    const eights = (fours & foursA) | (u & foursB)
    fours = u ^ foursB
    total += popcount(eights)
  }
  total = 8 * total + 4 * popcount(fours) + 2 * popcount(twos) + popcount(ones)
  for (let i = whole; i < length; i++) total += popcount(words[a + i]! & words[b + i]!)
  return total
}
