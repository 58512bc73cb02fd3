// The engine over a model. A prompt is read into a cache of its own, which begins as a fork of the longest known
// prefix; then it becomes a column of the batch's cache. What all lanes of the batch begin with (a system prompt,
// one request's n answers) is the batch cache's shared prefix: kept once, attended to in one product. The
// batch has as many lanes as are used, up to a factor of two, because empty ones cost as much as full ones.
import { appendLane, type Cache, type Model, packLanes, placeLane } from '../../../model/index.ts'
import type { Engine, Lane, PromptInCache } from './engine.ts'
import { commonLength, type PrefixStore } from './prefix-store.ts'

/** A shared prefix below this is copied to each lane: the second product would cost more than it saves. */
const LEAST_SHARED = 32
/** Holes are borne until they are a quarter of the rows, and this many. */
const HOLES_BORNE = 32

class Prompt implements PromptInCache {
  readonly ids: ArrayLike<number>
  readonly cache: Cache
  fed: number

  constructor(ids: ArrayLike<number>, cache: Cache, fed: number) {
    this.ids = ids
    this.cache = cache
    this.fed = fed
  }

  drop(): void {
    this.cache.release()
  }
}

class Seat implements Lane {
  /** Column of the batch's cache; -1 before its first step. */
  column = -1
  /** What is in the cache for it, the shared prefix included. */
  readonly ids: number[]
  /** Its prompt's own cache, to be remembered with the answer; null where another seat does so. */
  readonly prompt: Cache | null
  private readonly engine: ModelEngine

  constructor(engine: ModelEngine, ids: ArrayLike<number>, prompt: Cache | null) {
    this.engine = engine
    this.ids = Array.from(ids)
    this.prompt = prompt
  }

  leave(): void {
    this.engine.leave(this)
  }
}

export class ModelEngine implements Engine<Prompt, Seat> {
  readonly vocab: number
  private readonly model: Model
  private readonly known: PrefixStore
  private readonly lanes: number
  private batch: Cache | null = null
  private seats: Seat[] = []
  /** Joined since the last step. */
  private arriving: { prompt: Prompt; seats: Seat[] }[] = []
  /** Ids of the batch's shared prefix. */
  private shared: number[] = []
  private packed = new Float32Array(0)

  /** The batch never has more than `lanes` lanes. */
  constructor(model: Model, known: PrefixStore, lanes: number) {
    this.model = model
    this.lanes = lanes
    this.vocab = model.config.vocabSize
    this.known = known
  }

  /** Memory of the running batch, in bytes. */
  get bytes(): number {
    return this.batch?.bytes ?? 0
  }

  /**
   * Takes steps of both kinds, with and without a shared prefix, which are sessions of their own: their memory and
   * the time to make them are spent before the first request comes.
   */
  async warmUp(): Promise<void> {
    const cache = this.model.cache({ capacity: 2 })
    await this.model.step({ ids: [0, 0], cache })
    const fork = cache.fork(2)
    await this.model.step({ ids: [[0], [0]], cache: fork })
    fork.release()
    cache.release()
  }

  begin(ids: ArrayLike<number>, reuse: boolean): Prompt {
    const found = reuse ? this.known.take(ids, ids.length - 1) : null
    if (found) return new Prompt(ids, found.cache, found.length)
    return new Prompt(ids, this.model.cache({ capacity: ids.length }), 0)
  }

  async feed(prompt: Prompt, count: number, want: 'last' | 'all' | 'none'): Promise<Float32Array | null> {
    const ids = Array.prototype.slice.call(prompt.ids, prompt.fed, prompt.fed + count) as number[]
    const { logits } = await this.model.step({ ids, cache: prompt.cache, want: { logits: want } })
    prompt.fed += count
    if (prompt.fed === prompt.ids.length) this.known.add(prompt.ids, prompt.cache.fork())
    return logits
  }

  join(prompt: Prompt, count: number): Seat[] {
    const seats = Array.from(
      { length: count },
      (_, i) => new Seat(this, prompt.ids, i === 0 ? prompt.cache : null),
    )
    this.arriving.push({ prompt, seats })
    return seats
  }

  async step(lanes: readonly Seat[], ids: readonly number[]): Promise<Float32Array> {
    this.settle()
    const batch = this.batch!
    const rows: number[][] = Array.from({ length: batch.lanes }, () => [])
    for (const [i, seat] of lanes.entries()) rows[seat.column]!.push(ids[i]!)
    const { logits } = await this.model.step({ ids: rows, cache: batch })
    for (const [i, seat] of lanes.entries()) seat.ids.push(ids[i]!)
    const longest = Math.max(...this.seats.map((seat) => seat.ids.length)) - this.shared.length
    if (batch.rows().ownLength > 1.25 * longest + HOLES_BORNE) packLanes(batch)
    if (lanes.every((seat, i) => seat.column === i)) return logits!
    const { vocab } = this
    if (this.packed.length < lanes.length * vocab) this.packed = new Float32Array(lanes.length * vocab)
    for (const [i, { column }] of lanes.entries()) {
      this.packed.set(logits!.subarray(column * vocab, (column + 1) * vocab), i * vocab)
    }
    return this.packed
  }

  leave(seat: Seat): void {
    for (const { seats } of this.arriving) {
      const at = seats.indexOf(seat)
      if (at >= 0) {
        seats.splice(at, 1)
        return
      }
    }
    const batch = this.batch!
    if (seat.prompt) {
      appendLane(seat.prompt, batch, seat.column, seat.prompt.length)
      this.known.add(seat.ids, seat.prompt)
    }
    this.seats.splice(this.seats.indexOf(seat), 1)
    if (this.seats.length > 0) this.empty(seat.column)
    else this.close()
  }

  reset(): void {
    this.close()
    this.seats = []
    this.arriving = []
  }

  private close(): void {
    this.batch?.release()
    this.batch = null
  }

  /** Who has joined since the last step gets a column, and the batch as many columns as it needs: in one copy. */
  private settle(): void {
    const arriving = this.arriving.filter(({ seats }) => seats.length > 0)
    this.arriving = []
    const wanted = arriving.reduce((sum, { seats }) => sum + seats.length, this.seats.length)
    for (const { prompt, seats } of arriving) {
      if (this.batch) this.shareOnly(commonLength(this.shared, prompt.ids, Infinity))
      else this.open(prompt, seats.length, wanted)
    }
    const { lanes } = this.batch!
    if (wanted > lanes) this.widen(Math.max(wanted, Math.min(2 * lanes, lanes + 8, this.lanes)))
    else if (wanted <= lanes / 2) this.narrow(wanted)
    const taken = new Set(this.seats.map(({ column }) => column))
    let column = 0
    for (const { prompt, seats } of arriving) {
      for (const seat of seats) {
        while (taken.has(column)) column++
        seat.column = column++
        placeLane(this.batch!, seat.column, prompt.cache, this.shared.length)
        this.seats.push(seat)
      }
    }
  }

  /** A batch that shares what is known to be shared: with other prompts, or by the answers of this one. */
  private open({ ids, cache }: Prompt, count: number, lanes: number): void {
    const shared = count > 1 ? ids.length : cache.rows().prefixLength
    if (shared < LEAST_SHARED) {
      this.batch = this.model.cache({ lanes, capacity: ids.length + 64 })
      this.shared = []
      return
    }
    const prefix = cache.fork(1)
    prefix.truncate(shared)
    // A prefix with rows of its own is none that several lanes can share without copying.
    const { prefixLength } = prefix.rows()
    prefix.truncate(prefixLength)
    this.batch = prefix.fork(lanes)
    prefix.release()
    this.shared = Array.prototype.slice.call(ids, 0, prefixLength) as number[]
  }

  /** The batch shares this many tokens from now on, not more. */
  private shareOnly(length: number): void {
    const kept = length < LEAST_SHARED ? 0 : length
    if (kept >= this.shared.length) return
    const batch = this.batch!
    batch.unshare(kept)
    this.shared.length = kept
    // What had been everybody's is now in the free columns, too.
    const taken = new Set(this.seats.map(({ column }) => column))
    for (let column = 0; column < batch.lanes; column++) if (!taken.has(column)) this.empty(column)
  }

  private widen(lanes: number): void {
    const before = this.batch!.lanes
    this.resize(Array.from({ length: lanes }, (_, i) => (i < before ? i : 0)))
    for (let column = before; column < lanes; column++) this.empty(column)
  }

  /** Only the columns that are taken, and room for those who arrive. */
  private narrow(lanes: number): void {
    const columns = this.seats.map(({ column }) => column)
    const kept = columns.length
    this.resize(Array.from({ length: lanes }, (_, i) => columns[i] ?? columns[0]!))
    for (const [column, seat] of this.seats.entries()) seat.column = column
    for (let column = kept; column < lanes; column++) this.empty(column)
    packLanes(this.batch!)
  }

  private resize(columns: readonly number[]): void {
    const old = this.batch!
    this.batch = old.select(columns)
    old.release()
  }

  /** Nothing of this column is seen any more, but for the shared prefix. */
  private empty(column: number): void {
    const batch = this.batch!
    const { prefixLength } = batch.rows()
    for (let slot = prefixLength; slot < batch.length; slot++) {
      batch.positions[slot * batch.lanes + column] = -1
    }
  }
}
