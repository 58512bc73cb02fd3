// Confidence intervals by the bootstrap over documents (Efron 1979, percentile intervals): documents are drawn
// with replacement, and the ratio of their sums is taken anew. Tokens inside of a document depend on each
// other, so single tokens are never drawn.
// Memory is bounded: beyond `most` documents, neighbours are joined and drawn together, which can only widen
// an interval that was too narrow.
import { Random, TesseraError } from '../core/index.ts'

export interface Interval {
  low: number
  high: number
}

export interface BootstrapOptions {
  /** Default 1. */
  seed?: number
  /** Default 1000. */
  resamples?: number
  /** Default 0.95. */
  level?: number
}

/** Sums per document, or per run of neighbouring documents once there are many. */
export class DocumentSums {
  /** Documents in each row but the last, which may hold fewer. */
  private perRow = 1
  private inLast = 0
  private documents = 0
  private rows: Float64Array[] = []
  private readonly columns: number
  private readonly most: number

  /** `columns` numbers per document; at most `most` rows are kept. */
  constructor(columns: number, most = 1 << 14) {
    this.columns = columns
    this.most = Math.max(2, most & ~1)
  }

  get count(): number {
    return this.documents
  }

  add(values: readonly number[]): void {
    this.documents++
    if (this.inLast === this.perRow || this.rows.length === 0) {
      if (this.rows.length === this.most) this.halve()
      this.rows.push(new Float64Array(this.columns))
      this.inLast = 0
    }
    const row = this.rows[this.rows.length - 1]!
    for (let c = 0; c < this.columns; c++) row[c]! += values[c]!
    this.inLast++
  }

  /**
   * For each resample the summed columns, to a statistic; then the interval that holds `level` of them. null
   * for fewer than two documents, or when the statistic is not a number in some resample.
   * Throws ARGUMENT_INVALID.
   */
  interval(statistic: (sums: Float64Array) => number, options: BootstrapOptions = {}): Interval | null {
    const { seed = 1, resamples = 1000, level = 0.95 } = options
    if (!(Number.isInteger(resamples) && resamples >= 1 && resamples <= 1e6)) {
      throw new TesseraError('ARGUMENT_INVALID', `${resamples} resamples`, {
        where: 'resamples',
        hint: 'Give a whole number from 1 to 1,000,000',
      })
    }
    if (!(level > 0 && level < 1)) {
      throw new TesseraError('ARGUMENT_INVALID', `A level of ${level}`, {
        where: 'level',
        hint: 'Give a number between 0 and 1',
      })
    }
    const { rows, columns } = this
    if (rows.length < 2) return null
    const random = new Random(seed)
    const values = new Float64Array(resamples)
    const sums = new Float64Array(columns)
    for (let r = 0; r < resamples; r++) {
      sums.fill(0)
      for (let i = 0; i < rows.length; i++) {
        const row = rows[random.int(rows.length)]!
        for (let c = 0; c < columns; c++) sums[c]! += row[c]!
      }
      values[r] = statistic(sums)
      if (!Number.isFinite(values[r])) return null
    }
    values.sort()
    const at = (share: number) =>
      values[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))]!
    return { low: at((1 - level) / 2), high: at((1 + level) / 2) }
  }

  private halve(): void {
    const { rows, columns } = this
    const half: Float64Array[] = []
    for (let i = 0; i < rows.length; i += 2) {
      const row = rows[i]!
      for (let c = 0; c < columns; c++) row[c]! += rows[i + 1]![c]!
      half.push(row)
    }
    this.rows = half
    this.perRow *= 2
    this.inLast = this.perRow
  }
}
