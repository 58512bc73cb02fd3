// Counts of single tokens and of all runs of up to `most` tokens (k-grams) along one stream of ids.
// The stream is read as a ring: after its end it goes on with its beginning. So every position begins one
// run of each length, the counts of shorter runs are sums of those of longer ones, and the entropies obey
// their laws exactly (H1 ≥ H2 ≥ …), also on streams that are shorter than a run.
import { TesseraError } from '../core/index.ts'
import { GramTable, type GramSums } from './gram-table.ts'

export interface RunCounterOptions {
  /** Number of ids. */
  vocabSize: number
  /** Longest run, 1 to 8. Default 5. */
  most?: number
  /** Most different runs of each length that are kept; beyond it their sums are estimates. Default 2^21. */
  limit?: number
}

const BLOCK = 1 << 14

export class RunCounter {
  readonly most: number
  /** `[vocabSize]` how often each id occurs. */
  readonly counts: Float64Array
  private length = 0
  private readonly tables: GramTable[]
  /** The first `most - 1` ids of the stream, which close the ring. */
  private readonly first: number[] = []
  /** The last ids, whose longest runs are not complete yet, and room for a block. */
  private readonly window: Uint32Array
  private held = 0
  private closed = false

  /** Throws ARGUMENT_INVALID. */
  constructor({ vocabSize, most = 5, limit = 1 << 21 }: RunCounterOptions) {
    if (!(Number.isInteger(most) && most >= 1 && most <= 8)) {
      throw new TesseraError('ARGUMENT_INVALID', `Runs of ${most} tokens`, {
        where: 'most',
        hint: 'Give a whole number from 1 to 8',
      })
    }
    this.most = most
    this.counts = new Float64Array(vocabSize)
    this.tables = Array.from({ length: most - 1 }, () => new GramTable(limit))
    this.window = new Uint32Array(BLOCK + most)
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.length
  }

  /** Goes on with the stream. Throws ID_OUT_OF_RANGE. */
  add(ids: ArrayLike<number>): void {
    const { counts, first, most } = this
    for (let i = 0; i < ids.length; i++) {
      if (!(ids[i]! < counts.length)) {
        throw new TesseraError('ID_OUT_OF_RANGE', `Id ${ids[i]} in a vocabulary of ${counts.length}`)
      }
      counts[ids[i]!]!++
    }
    for (let i = 0; first.length < most - 1 && i < ids.length; i++) first.push(ids[i]!)
    this.length += ids.length
    if (most > 1) this.runs(ids)
  }

  /** Sums for runs of 1, 2, … `most` tokens. Closes the ring: nothing can be added afterwards. */
  sums(): GramSums[] {
    if (!this.closed) {
      this.closed = true
      const { first, most } = this
      if (this.length > 0) this.runs(Array.from({ length: most - 1 }, (_, i) => first[i % first.length]!))
    }
    let types = 0
    let cLogC = 0
    for (const count of this.counts) {
      if (count === 0) continue
      types++
      if (count > 1) cLogC += count * Math.log2(count)
    }
    const single = { total: this.length, types, cLogC, exact: true }
    return [single, ...this.tables.map((table) => table.sums())]
  }

  private runs(ids: ArrayLike<number>): void {
    const { window, most } = this
    for (let from = 0; from < ids.length; from += BLOCK) {
      const to = Math.min(ids.length, from + BLOCK)
      for (let i = from; i < to; i++) window[this.held++] = ids[i]!
      const whole = this.held - (most - 1)
      if (whole <= 0) continue
      this.count(whole)
      window.copyWithin(0, whole, this.held)
      this.held -= whole
    }
  }

  /** Counts the runs that begin at the first `starts` ids of the window. */
  private count(starts: number): void {
    const { window, tables } = this
    for (let k = 0; k < tables.length; k++) {
      const table = tables[k]!
      const length = k + 2
      for (let from = 0; from < starts; from++) {
        let high = 0x3c6ef372
        let low = 0x1b873593
        for (let i = from; i < from + length; i++) {
          const id = window[i]!
          high = Math.imul(high ^ id, 0x9e3779b1)
          high ^= high >>> 15
          low = Math.imul(low ^ id, 0x85ebca6b)
          low = (low ^ (low >>> 13)) + high
        }
        high = Math.imul(high ^ (low >>> 16), 0xc2b2ae35)
        table.add(high ^ (high >>> 16), low ^ (low >>> 15))
      }
    }
  }
}
