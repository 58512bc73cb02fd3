// Counts of single tokens and of all runs of up to `most` tokens (k-grams) along one stream of ids.
// The stream is read as a ring: after its end it goes on with its beginning. So every position begins one
// run of each length, the counts of shorter runs are sums of those of longer ones, and the entropies obey
// their laws exactly (H1 ≥ H2 ≥ …), also on streams that are shorter than a run.
// Memory is bounded: when there are too many different runs of a length, counting that length stops, and
// what is said about it holds for the beginning of the stream up to there, exactly.
import { TesseraError } from '../core/index.ts'
import { GramSums, GramTable } from './gram-table.ts'

export interface RunCounterOptions {
  /** Number of ids. */
  vocabSize: number
  /** Longest run, 1 to 8. Default 5. */
  most?: number
  /** Most different runs of each length that are kept, about; 24 bytes each. Default 2^21. */
  limit?: number
  /**
   * Beyond the limit: `stop` counting that length (default), or go on with a `sample` of the runs, which
   * suits a stream whose order is random.
   */
  beyond?: 'stop' | 'sample'
}

/** What is known about runs of one length. */
export interface RunSums {
  /** Tokens of the stream that this is about, from its beginning. */
  tokens: number
  /** Runs of this length, and of one token less, that begin at these tokens. */
  own: GramSums
  shorter: GramSums
  /** `[vocabSize]` how often each id is among these tokens. */
  counts: Float64Array
}

const BLOCK = 1 << 14

export class RunCounter {
  readonly most: number
  /** `[vocabSize]` how often each id occurs; complete after `sums`. */
  readonly counts: Float64Array
  private length = 0
  /** By k - 2; null once its length is stopped. */
  private readonly tables: (GramTable | null)[]
  /** By k - 2. */
  private readonly stopped: (RunSums | null)[]
  /** The first `most - 1` ids of the stream, which close the ring. */
  private readonly first: number[] = []
  /** The last ids, whose longest runs are not complete yet, and room for a block. */
  private readonly window: Uint32Array
  private held = 0
  private counted = 0
  private closed = false
  private readonly limit: number

  /** Throws ARGUMENT_INVALID. */
  constructor({ vocabSize, most = 5, limit = 1 << 21, beyond = 'stop' }: RunCounterOptions) {
    if (!(Number.isInteger(most) && most >= 1 && most <= 8)) {
      throw new TesseraError('ARGUMENT_INVALID', `Runs of ${most} tokens`, {
        where: 'most',
        hint: 'Give a whole number from 1 to 8',
      })
    }
    this.most = most
    this.limit = beyond === 'stop' ? limit : Infinity
    this.counts = new Float64Array(vocabSize)
    this.tables = Array.from({ length: most - 1 }, () => new GramTable(limit + 2 * BLOCK))
    this.stopped = this.tables.map(() => null)
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
    }
    for (let i = 0; first.length < most - 1 && i < ids.length; i++) first.push(ids[i]!)
    this.length += ids.length
    this.runs(ids)
  }

  /** For runs of 1, 2, … `most` tokens. Closes the ring: nothing can be added afterwards. */
  sums(): RunSums[] {
    if (!this.closed) {
      this.closed = true
      const { first, most } = this
      if (this.length > 0) this.runs(Array.from({ length: most - 1 }, (_, i) => first[i % first.length]!))
    }
    const { counts, tables, stopped } = this
    const none = new GramSums(this.length, 1, logOf(this.length), true)
    const found: RunSums[] = [{ tokens: this.length, own: this.singles(), shorter: none, counts }]
    for (const [i, table] of tables.entries()) {
      found.push(stopped[i] ?? { tokens: this.length, own: table!.sums(), shorter: found[i]!.own, counts })
    }
    return found
  }

  private singles(): GramSums {
    let types = 0
    let cLogC = 0
    for (const count of this.counts) {
      if (count === 0) continue
      types++
      cLogC += logOf(count)
    }
    return new GramSums(this.counted, types, cLogC, true)
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
      this.stopFull()
    }
  }

  /** Stops lengths with too many different runs. Longer runs have at least as many, so they go first. */
  private stopFull(): void {
    const { tables } = this
    for (let i = tables.length - 1; i >= 0; i--) {
      const table = tables[i]
      if (!table || table.size <= this.limit) continue
      const shorter = i === 0 ? this.singles() : tables[i - 1]!.sums()
      this.stopped[i] = { tokens: this.counted, own: table.sums(), shorter, counts: this.counts.slice() }
      tables[i] = null
    }
  }

  /** Counts the runs that begin at the first `starts` ids of the window. */
  private count(starts: number): void {
    const { window, tables, counts } = this
    for (let i = 0; i < starts; i++) counts[window[i]!]!++
    this.counted += starts
    for (let k = 0; k < tables.length; k++) {
      const table = tables[k]
      if (!table) continue
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

function logOf(count: number): number {
  return count > 1 ? count * Math.log2(count) : 0
}
