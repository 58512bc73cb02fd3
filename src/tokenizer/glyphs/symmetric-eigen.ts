// Eigenvalues and eigenvectors of a symmetric matrix: Householder reflections to a tridiagonal one, then
// implicit QL steps with Wilkinson's shift (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3).
// Everything is stored so that inner loops run along rows: the vectors are the rows of the result, and only
// the asked number of them is turned back through the reflections. Order of operations is fixed, so the same
// matrix gives the same bits.
import { TesseraError, type LongWork } from '../../core/index.ts'
import { Pace } from '../pace.ts'

export interface Eigen {
  /** `[n]` descending. */
  values: Float64Array
  /** `[count * n]` row k is the unit vector of `values[k]`; its entry of largest size is positive. */
  vectors: Float64Array
}

const MAX_STEPS = 60

/**
 * `matrix`: `[n * n]` symmetric; overwritten. `count`: how many vectors, from the largest value down.
 * Throws ARGUMENT_INVALID (not finite), CANCELLED.
 */
export async function symmetricEigen(
  matrix: Float64Array,
  n: number,
  count: number,
  work: LongWork = {},
): Promise<Eigen> {
  if (matrix.some((value) => !Number.isFinite(value))) throw notFinite()
  const pace = new Pace(work)
  const { diagonal, beside, betas } = await tridiagonal(matrix, n, pace)
  /** `[n * n]` row k becomes the k-th vector of the tridiagonal matrix. */
  const rows = new Float64Array(n * n)
  for (let i = 0; i < n; i++) rows[i * n + i] = 1
  await qlSteps(diagonal, beside, rows, n, pace)
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => diagonal[b]! - diagonal[a]! || a - b)
  const values = Float64Array.from(order, (i) => diagonal[i]!)
  const vectors = new Float64Array(count * n)
  for (let k = 0; k < count; k++) {
    if (pace.due()) await pace.rest({ stage: 'vectors', done: k, total: count, unit: 'items' })
    const vector = vectors.subarray(k * n, (k + 1) * n)
    vector.set(rows.subarray(order[k]! * n, (order[k]! + 1) * n))
    reflectBack(vector, matrix, betas, n)
    faceUp(vector)
  }
  return { values, vectors }
}

/**
 * Reduces in place. Row k keeps, from column k + 1 on, the vector v of its reflection 1 - beta v vᵀ.
 * `beside[k]` stands between the diagonal's entries k and k + 1.
 */
async function tridiagonal(a: Float64Array, n: number, pace: Pace) {
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(n)
  const betas = new Float64Array(n)
  const p = new Float64Array(n)
  // A column of rounding errors is a column of zeros; reflecting it would make a direction of noise.
  const nothing = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * Number.EPSILON
  for (let k = 0; k < n; k++) {
    if (pace.due()) await pace.rest({ stage: 'reflections', done: k, total: n, unit: 'items' })
    const row = k * n
    diagonal[k] = a[row + k]!
    if (k + 1 >= n) break
    let largest = 0
    for (let j = k + 1; j < n; j++) largest = Math.max(largest, Math.abs(a[row + j]!))
    if (largest <= nothing) continue
    let squares = 0
    for (let j = k + 1; j < n; j++) {
      const x = a[row + j]! / largest
      squares += x * x
    }
    const head = a[row + k + 1]!
    const length = largest * Math.sqrt(squares)
    const alpha = head > 0 ? -length : length
    beside[k] = alpha
    if (k + 2 >= n) {
      // One entry is its own reflection.
      beside[k] = head
      continue
    }
    a[row + k + 1] = head - alpha
    // vᵀv / 2 without squaring small numbers: |x|² - alpha * head.
    const beta = 1 / (length * (length + Math.abs(head)))
    betas[k] = beta
    let pv = 0
    for (let i = k + 1; i < n; i++) {
      let sum = 0
      const at = i * n
      for (let j = k + 1; j < n; j++) sum += a[at + j]! * a[row + j]!
      p[i] = beta * sum
      pv += p[i]! * a[row + i]!
    }
    const half = (beta * pv) / 2
    for (let i = k + 1; i < n; i++) p[i]! -= half * a[row + i]!
    for (let i = k + 1; i < n; i++) {
      const v = a[row + i]!
      const w = p[i]!
      const at = i * n
      for (let j = k + 1; j < n; j++) a[at + j]! -= v * p[j]! + w * a[row + j]!
    }
  }
  return { diagonal, beside, betas }
}

/** Makes the tridiagonal matrix diagonal; every rotation turns two rows. */
async function qlSteps(d: Float64Array, e: Float64Array, rows: Float64Array, n: number, pace: Pace) {
  // What is below the rounding of the largest entries counts as zero, or a block of rank zero would never end.
  let largest = 0
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!) + Math.abs(e[i]!))
  const nothing = largest * Number.EPSILON
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l
      for (; m < n - 1; m++) {
        const near = Math.abs(d[m]!) + Math.abs(d[m + 1]!)
        if (Math.abs(e[m]!) <= nothing || near + Math.abs(e[m]!) === near) break
      }
      if (m === l) break
      if (step === MAX_STEPS) throw notFinite()
      if (pace.due()) await pace.rest({ stage: 'eigenvalues', done: l, total: n, unit: 'items' })
      const g0 = (d[l + 1]! - d[l]!) / (2 * e[l]!)
      const r0 = Math.sqrt(g0 * g0 + 1)
      let g = d[m]! - d[l]! + e[l]! / (g0 + (g0 < 0 ? -r0 : r0))
      let s = 1
      let c = 1
      let p = 0
      let whole = true
      for (let i = m - 1; i >= l; i--) {
        const f = s * e[i]!
        const b = c * e[i]!
        const r = Math.sqrt(f * f + g * g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1]! -= p
          e[m] = 0
          whole = false
          break
        }
        s = f / r
        c = g / r
        const q = d[i + 1]! - p
        const t = (d[i]! - q) * s + 2 * c * b
        p = s * t
        d[i + 1] = q + p
        g = c * t - b
        turn(rows, i * n, (i + 1) * n, n, c, s)
      }
      if (!whole) continue
      d[l]! -= p
      e[l] = g
      e[m] = 0
    }
  }
}

function turn(rows: Float64Array, a: number, b: number, n: number, c: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const x = rows[a + j]!
    const y = rows[b + j]!
    rows[b + j] = s * x + c * y
    rows[a + j] = c * x - s * y
  }
}

function reflectBack(vector: Float64Array, a: Float64Array, betas: Float64Array, n: number): void {
  for (let k = n - 3; k >= 0; k--) {
    const beta = betas[k]!
    if (beta === 0) continue
    const row = k * n
    let sum = 0
    for (let j = k + 1; j < n; j++) sum += a[row + j]! * vector[j]!
    sum *= beta
    for (let j = k + 1; j < n; j++) vector[j]! -= sum * a[row + j]!
  }
}

/** A vector and its opposite are equally good; this settles which. */
function faceUp(vector: Float64Array): void {
  let at = 0
  for (let i = 1; i < vector.length; i++) if (Math.abs(vector[i]!) > Math.abs(vector[at]!)) at = i
  if (vector[at]! < 0) for (let i = 0; i < vector.length; i++) vector[i]! *= -1
}

function notFinite(): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', 'The matrix has entries that are no finite numbers', {
    where: 'matrix',
  })
}
