// Rows of bits times vectors, minus the mean, made unit rows. A product with bits is a sum, and eight bits at
// a time it is one look into a table of 256 sums. Eight components are summed at once, so that a look costs one
// line of the cache and the sums stay in registers.
import type { LongWork } from '../../core/index.ts'
import type { BitRows } from './bit-rows.ts'
import { Pace } from '../pace.ts'

const TOGETHER = 8
/** Rows between two looks at the clock. */
const ROWS_AT_ONCE = 4096

/**
 * `mean`: `[width]`; `vectors`: `[dim * width]`, one component a row. Gives `[rows * dim]`; a row without
 * length stays zero and is counted in `flat`. Throws CANCELLED.
 */
export async function projected(
  bits: BitRows,
  mean: Float64Array,
  vectors: Float64Array,
  dim: number,
  work: LongWork = {},
): Promise<{ rows: Float32Array; flat: number }> {
  const { rows: count, width } = bits
  const { starts, looks } = nonZeroBytes(bits)
  const groups = bits.stride * 4
  const sums = new Float64Array(groups * 256 * TOGETHER)
  const out = new Float32Array(count * dim)
  const squares = new Float64Array(count)
  const centre = new Float64Array(TOGETHER)
  const pace = new Pace(work)
  for (let from = 0; from < dim; from += TOGETHER) {
    const many = Math.min(TOGETHER, dim - from)
    centre.fill(0)
    for (let c = 0; c < many; c++) {
      const vector = vectors.subarray((from + c) * width, (from + c + 1) * width)
      for (let i = 0; i < width; i++) centre[c]! -= mean[i]! * vector[i]!
      fillSums(sums, c, groups, vector)
    }
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      if (pace.due()) {
        const done = from * count + first * many
        await pace.rest({ stage: 'projecting', done, total: dim * count, unit: 'items' })
      }
      const last = Math.min(first + ROWS_AT_ONCE, count)
      for (let r = first; r < last; r++) {
        let a = centre[0]!
        let b = centre[1]!
        let c = centre[2]!
        let d = centre[3]!
        let e = centre[4]!
        let f = centre[5]!
        let g = centre[6]!
        let h = centre[7]!
        for (let i = starts[r]!, end = starts[r + 1]!; i < end; i++) {
          const at = looks[i]! * TOGETHER
          a += sums[at]!
          b += sums[at + 1]!
          c += sums[at + 2]!
          d += sums[at + 3]!
          e += sums[at + 4]!
          f += sums[at + 5]!
          g += sums[at + 6]!
          h += sums[at + 7]!
        }
        const to = r * dim + from
        if (many === TOGETHER) {
          out[to] = a
          out[to + 1] = b
          out[to + 2] = c
          out[to + 3] = d
          out[to + 4] = e
          out[to + 5] = f
          out[to + 6] = g
          out[to + 7] = h
          squares[r]! += a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h
        } else {
          const values = [a, b, c, d, e, f, g, h]
          for (let k = 0; k < many; k++) {
            out[to + k] = values[k]!
            squares[r]! += values[k]! * values[k]!
          }
        }
      }
    }
  }
  let flat = 0
  for (let r = 0; r < count; r++) {
    const length = Math.sqrt(squares[r]!)
    // Far below what one pixel contributes: rounding, not a direction.
    const factor = length > 1e-9 ? 1 / length : 0
    if (factor === 0) flat++
    for (let i = r * dim, end = i + dim; i < end; i++) out[i]! *= factor
  }
  return { rows: out, flat }
}

/** For each row the numbers of the table entries that its bytes ask for: 256 * byte's place + byte. */
function nonZeroBytes(bits: BitRows): { starts: Uint32Array; looks: Uint32Array } {
  const bytes = new Uint8Array(bits.words.buffer, bits.words.byteOffset, bits.words.byteLength)
  const perRow = bits.stride * 4
  const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1
  let total = 0
  for (const byte of bytes) if (byte !== 0) total++
  const starts = new Uint32Array(bits.rows + 1)
  const looks = new Uint32Array(total)
  let n = 0
  for (let r = 0; r < bits.rows; r++) {
    for (let i = 0; i < perRow; i++) {
      const byte = bytes[r * perRow + (littleEndian ? i : i ^ 3)]!
      if (byte !== 0) looks[n++] = 256 * i + byte
    }
    starts[r + 1] = n
  }
  return { starts, looks }
}

/** Column `c` of the table: for each group of eight places, the sums of all 256 choices among them. */
function fillSums(sums: Float64Array, c: number, groups: number, vector: Float64Array): void {
  for (let group = 0; group < groups; group++) {
    const base = group * 256
    sums[base * TOGETHER + c] = 0
    for (let bit = 0; bit < 8; bit++) {
      const value = vector[8 * group + bit] ?? 0
      const step = 1 << bit
      for (let low = 0; low < step; low++) {
        sums[(base + step + low) * TOGETHER + c] = sums[(base + low) * TOGETHER + c]! + value
      }
    }
  }
}
