// Batches for training a language model: windows of token streams, drawn in an order that depends on the seed
// and the step alone, so that a run that is resumed sees what it would have seen.
import { Random, TesseraError } from '../../core/index.ts'

/** One kind of text: documents one after the other, each closed by the end-of-text id. */
export interface TokenStream {
  name: string
  ids: Uint16Array | Uint32Array
  /** Share of the rows of a batch, relative to the other streams. */
  weight: number
}

export interface Batch {
  /** int64 `[rows, time]`. */
  ids: { data: BigInt64Array; shape: readonly [number, number] }
  /** What follows each id. */
  targets: { data: BigInt64Array; shape: readonly [number, number] }
}

/** Steps of the golden ratio fall evenly: after any number of rows each stream has its share, to within a few. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

export class TokenData {
  readonly streams: readonly TokenStream[]
  readonly time: number
  private readonly seed: number
  /** Upper ends of the streams' shares of [0, 1). */
  private readonly bounds: readonly number[]
  /** Rows that the streams have given up to `counted` (a row number). */
  private readonly given: number[]
  private counted = 0
  private readonly orders = new Map<string, Uint32Array>()

  /** Throws TRAINING_IMPOSSIBLE when a stream is shorter than one window of `time` + 1 ids. */
  constructor(streams: readonly TokenStream[], time: number, seed: number) {
    for (const { name, ids } of streams) {
      if (ids.length > time) continue
      throw new TesseraError(
        'TRAINING_IMPOSSIBLE',
        `${ids.length} tokens of ${name}; a row needs ${time + 1}`,
        {
          hint: 'Give more text, or a shorter context',
        },
      )
    }
    const total = streams.reduce((sum, { weight }) => sum + weight, 0)
    if (!(total > 0)) throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no text to train on')
    let end = 0
    this.bounds = streams.map(({ weight }) => (end += weight / total))
    this.streams = streams
    this.time = time
    this.seed = seed
    this.given = streams.map(() => 0)
  }

  /** The batch of a step. */
  batch(step: number, rows: number): Batch {
    const { time } = this
    const ids = new BigInt64Array(rows * time)
    const targets = new BigInt64Array(rows * time)
    for (let r = 0; r < rows; r++) {
      const window = this.window(step * rows + r)
      for (let t = 0; t < time; t++) {
        ids[r * time + t] = BigInt(window[t]!)
        targets[r * time + t] = BigInt(window[t + 1]!)
      }
    }
    return { ids: { data: ids, shape: [rows, time] }, targets: { data: targets, shape: [rows, time] } }
  }

  private streamOf(row: number): number {
    const place = (row * GOLDEN) % 1
    const found = this.bounds.findIndex((end) => place < end)
    return found < 0 ? this.streams.length - 1 : found
  }

  /** `time` + 1 ids. */
  private window(row: number): Uint16Array | Uint32Array {
    if (row < this.counted) {
      this.given.fill(0)
      this.counted = 0
    }
    for (; this.counted < row; this.counted++) this.given[this.streamOf(this.counted)]!++
    const at = this.streamOf(row)
    const { ids } = this.streams[at]!
    // The last window leaves room for a shift, which moves the borders in every epoch.
    const windows = Math.max(1, Math.floor((ids.length - 1) / this.time) - 1)
    const epoch = Math.floor(this.given[at]! / windows)
    const shift = new Random(this.seed ^ (epoch * 7919 + at)).int(
      Math.min(this.time, ids.length - windows * this.time),
    )
    const start = this.order(at, epoch, windows)[this.given[at]! % windows]! * this.time + shift
    return ids.subarray(start, start + this.time + 1)
  }

  private order(at: number, epoch: number, windows: number): Uint32Array {
    const key = `${at} ${epoch}`
    let order = this.orders.get(key)
    if (!order) {
      for (const old of this.orders.keys()) if (old.startsWith(`${at} `)) this.orders.delete(old)
      order = Uint32Array.from({ length: windows }, (_, i) => i)
      const random = new Random((this.seed * 31 + epoch) * 31 + at)
      for (let i = windows - 1; i > 0; i--) {
        const j = random.int(i + 1)
        const other = order[i]!
        order[i] = order[j]!
        order[j] = other
      }
      this.orders.set(key, order)
    }
    return order
  }

  /** How often each stream has been read whole by a step. */
  epochs(step: number, rows: number): Record<string, number> {
    const total = this.bounds.length
    return Object.fromEntries(
      this.streams.map(({ name, ids }, i) => {
        const share = this.bounds[i]! - (i > 0 ? this.bounds[i - 1]! : 0)
        return [name, total === 0 ? 0 : (step * rows * share * this.time) / ids.length]
      }),
    )
  }
}
