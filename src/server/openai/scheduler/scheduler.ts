// Continuous batching (Yu et al. 2022, Orca, "iteration-level scheduling") with prompts read in chunks (Agrawal
// et al. 2023, SARATHI): each turn reads at most a chunk of waiting prompts, prompts in rotation, and then takes
// one step with all running lanes. New work joins between two steps and finished work leaves there, so neither a
// long prompt nor a long answer holds up the others. It knows no HTTP and no text.
import { TesseraError } from '../../../core/index.ts'
import type { Engine, Lane, PromptInCache } from './engine.ts'
import { FairQueue } from './fair-queue.ts'

/** One answer in the making. */
export interface Choice {
  /** Takes the logits `[vocab]` of the next token (it may write into them); the token, or null at the end. */
  next(logits: Float32Array): number | null
}

/** A prompt with its answers. */
export interface Work {
  /** For fairness: who sent it. */
  client: string
  /** Ids; not empty. */
  prompt: ArrayLike<number>
  /** Answers that begin from this prompt; none: it is only read (to be scored). */
  choices: readonly Choice[]
  /** Given up when it fires; `reason` is what the caller gets, if it is a TesseraError. */
  signal: AbortSignal
  /** Gets the logits `[rows, vocab]` of the prompt's tokens from `from` on; without it only the last is computed. */
  readPrompt?(logits: Float32Array, from: number, rows: number): void
  /** Its turn has come; this many of its tokens were known from before. */
  started?(known: number): void
  /** The whole prompt has been read; the first tokens are chosen next. */
  read?(): void
}

export interface SchedulerOptions {
  /** Most lanes that run at once. */
  lanes: number
  /** Most prompts (and other tasks) that wait for a lane. */
  queue: number
  /** Tokens of prompts that are read between two steps. */
  chunk: number
}

/** What happens, for the metrics. All times are milliseconds. */
export interface SchedulerEvents {
  stepped?(lanes: number, milliseconds: number): void
  fed?(tokens: number, milliseconds: number): void
  known?(tokens: number): void
}

interface Running<L> {
  entry: Entry
  choice: Choice
  lane: L
  /** The token that it goes on with. */
  id: number
}

interface Entry {
  client: string
  lanes: number
  work: Work | null
  task: (() => Promise<boolean>) | null
  signal: AbortSignal
  /** Choices that have not ended. */
  open: number
  settle(error?: unknown): void
}

interface Reading<P> {
  entry: Entry
  work: Work
  prompt: P
}

export class Scheduler<P extends PromptInCache = PromptInCache, L extends Lane = Lane> {
  private readonly engine: Engine<P, L>
  private readonly options: SchedulerOptions
  private readonly events: SchedulerEvents
  private readonly queue = new FairQueue<Entry>()
  /** Waiting tasks; they need no lane, so they do not wait behind work that does. */
  private readonly tasks = new FairQueue<Entry>()
  /** In the order of turns. */
  private reading: Reading<P>[] = []
  private running: Running<L>[] = []
  private active = false
  private refusing = false
  private idle: (() => void)[] = []
  /** Moving average of how long work took from its arrival to its end, for Retry-After. */
  private averageSeconds = 1

  constructor(engine: Engine<P, L>, options: SchedulerOptions, events: SchedulerEvents = {}) {
    this.engine = engine
    this.options = options
    this.events = events
  }

  get state(): { waiting: number; reading: number; running: number } {
    return { waiting: this.waiting, reading: this.reading.length, running: this.running.length }
  }

  /**
   * Adds works, all or none; each promise ends when its work has. Throws QUEUE_FULL, SHUTTING_DOWN; the promises
   * reject with the signal's reason, RUNTIME_FAILED, or what a choice threw.
   */
  submit(works: readonly Work[]): Promise<void>[] {
    this.checkRoom(works.length)
    return works.map((work) => this.enqueue(work.client, work.signal, work, null))
  }

  /**
   * Something else that needs the model for itself, in turns with the batch, such as an embedding: `run` does a piece
   * of the work each time, and gives the result with the last. Throws as `submit`.
   */
  task<T>(client: string, signal: AbortSignal, run: () => Promise<T | undefined>): Promise<T> {
    this.checkRoom(1)
    let value: T | undefined
    const ended = this.enqueue(client, signal, null, async () => {
      value = await run()
      return value !== undefined
    })
    return ended.then(() => value!)
  }

  /** Seconds after which a refused client may try again. */
  get retryAfter(): number {
    const turns = (this.waiting + 1) / this.options.lanes
    return Math.min(60, Math.max(1, Math.ceil(this.averageSeconds * turns)))
  }

  /** Takes nothing new from now on; resolves when what there is has ended. */
  drain(): Promise<void> {
    this.refusing = true
    if (!this.active) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  private checkRoom(count: number): void {
    if (this.refusing) {
      throw new TesseraError('SHUTTING_DOWN', 'The server is shutting down', { hint: 'Try another server' })
    }
    const busy = this.lanesInUse()
    const free = Math.max(0, this.options.lanes - busy)
    if (this.waiting + count > this.options.queue + free) {
      throw new TesseraError('QUEUE_FULL', `${this.waiting} requests are waiting already`, {
        hint: `Try again in ${this.retryAfter} s`,
      })
    }
  }

  private get waiting(): number {
    return this.queue.length + this.tasks.length
  }

  private lanesInUse(): number {
    return this.reading.reduce((sum, { entry }) => sum + entry.lanes, this.running.length)
  }

  private enqueue(
    client: string,
    signal: AbortSignal,
    work: Work | null,
    task: (() => Promise<boolean>) | null,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const began = performance.now()
      const line = task ? this.tasks : this.queue
      const entry: Entry = {
        client,
        signal,
        work,
        task,
        lanes: work ? Math.max(1, work.choices.length) : 1,
        open: work?.choices.length ?? 0,
        settle: (error) => {
          signal.removeEventListener('abort', giveUp)
          if (error !== undefined) return reject(error as Error)
          this.averageSeconds += 0.1 * ((performance.now() - began) / 1000 - this.averageSeconds)
          resolve()
        },
      }
      // What still waits is taken out at once; what runs is dropped between two steps (`dropGivenUp`).
      const giveUp = () => {
        if (line.remove(entry)) entry.settle(reasonOf(signal))
      }
      signal.addEventListener('abort', giveUp, { once: true })
      line.push(entry)
      if (signal.aborted) giveUp()
      else if (!this.active) void this.run()
    })
  }

  private async run(): Promise<void> {
    this.active = true
    // Requests that arrive together are seen together.
    await breath()
    while (this.waiting + this.reading.length + this.running.length > 0) {
      this.dropGivenUp()
      this.admit()
      try {
        await this.readChunk()
        await this.step()
        await this.runTask()
      } catch (error) {
        this.failAll(error)
      }
      await breath()
    }
    this.active = false
    for (const resolve of this.idle.splice(0)) resolve()
  }

  private dropGivenUp(): void {
    const gone = new Set<Entry>()
    for (const { entry } of [...this.reading, ...this.running]) if (entry.signal.aborted) gone.add(entry)
    for (const entry of gone) this.fail(entry, reasonOf(entry.signal))
  }

  /** Work whose turn it is begins as long as its lanes are free; it never overtakes. */
  private admit(): void {
    for (let next = this.queue.peek(); next?.work; next = this.queue.peek()) {
      if (this.lanesInUse() + next.lanes > this.options.lanes) return
      this.queue.shift()
      const { work } = next
      try {
        const prompt = this.engine.begin(work.prompt, work.readPrompt === undefined)
        this.events.known?.(prompt.fed)
        this.reading.push({ entry: next, work, prompt })
        work.started?.(prompt.fed)
      } catch (error) {
        this.fail(next, error)
      }
    }
  }

  /** Reads up to a chunk of prompts, and lets those that are read join. */
  private async readChunk(): Promise<void> {
    for (let left = this.options.chunk; left > 0 && this.reading.length > 0;) {
      const turn = this.reading[0]!
      const { work, prompt } = turn
      const rest = work.prompt.length - prompt.fed
      const count = Math.min(rest, left)
      const from = prompt.fed
      const began = performance.now()
      const want = work.readPrompt ? 'all' : count === rest && work.choices.length > 0 ? 'last' : 'none'
      const logits = await this.engine.feed(prompt, count, want)
      this.events.fed?.(count, performance.now() - began)
      left -= count
      this.reading.shift()
      if (count < rest) this.reading.push(turn)
      try {
        if (work.readPrompt) work.readPrompt(logits!, from, count)
        if (count === rest) this.join(turn, logits)
      } catch (error) {
        if (this.reading.includes(turn)) this.fail(turn.entry, error)
        else {
          prompt.drop()
          this.fail(turn.entry, error)
        }
      }
    }
  }

  private join({ entry, work, prompt }: Reading<P>, logits: Float32Array | null): void {
    work.read?.()
    if (work.choices.length === 0) {
      prompt.drop()
      entry.settle()
      return
    }
    const { vocab } = this.engine
    const last = logits!.subarray(logits!.length - vocab)
    // Every choice may write into the logits that it gets; all but the last get a copy.
    const going: { choice: Choice; id: number }[] = []
    for (const [i, choice] of work.choices.entries()) {
      const id = choice.next(i + 1 < work.choices.length ? last.slice() : last)
      if (id === null) entry.open--
      else going.push({ choice, id })
    }
    if (going.length === 0) {
      prompt.drop()
      entry.settle()
      return
    }
    const lanes = this.engine.join(prompt, going.length)
    for (const [i, { choice, id }] of going.entries()) {
      this.running.push({ entry, choice, id, lane: lanes[i]! })
    }
  }

  private async step(): Promise<void> {
    if (this.running.length === 0) return
    const { vocab } = this.engine
    const began = performance.now()
    const batch = this.running
    const logits = await this.engine.step(
      batch.map(({ lane }) => lane),
      batch.map(({ id }) => id),
    )
    this.events.stepped?.(batch.length, performance.now() - began)
    const failed = new Map<Entry, unknown>()
    this.running = batch.filter((one, i) => {
      if (failed.has(one.entry)) return true
      try {
        const id = one.choice.next(logits.subarray(i * vocab, (i + 1) * vocab))
        if (id !== null) {
          one.id = id
          return true
        }
      } catch (error) {
        failed.set(one.entry, error)
        return true
      }
      one.lane.leave()
      if (--one.entry.open === 0) one.entry.settle()
      return false
    })
    for (const [entry, error] of failed) this.fail(entry, error)
  }

  /** At most a piece of one other task between two steps. */
  private async runTask(): Promise<void> {
    const next = this.tasks.shift()
    if (!next) return
    try {
      if (await next.task!()) next.settle()
      else if (next.signal.aborted) next.settle(reasonOf(next.signal))
      else this.tasks.push(next)
    } catch (error) {
      next.settle(error)
    }
  }

  /** Ends one work; its lanes are free. */
  private fail(entry: Entry, error: unknown): void {
    this.reading = this.reading.filter((one) => {
      if (one.entry !== entry) return true
      one.prompt.drop()
      return false
    })
    this.running = this.running.filter((one) => {
      if (one.entry !== entry) return true
      one.lane.leave()
      return false
    })
    entry.settle(error)
  }

  /** The engine failed: nothing in its caches can be relied on. What waits is not touched. */
  private failAll(error: unknown): void {
    const entries = new Set([...this.reading, ...this.running].map(({ entry }) => entry))
    this.reading = []
    this.running = []
    this.engine.reset()
    for (const entry of entries) entry.settle(error)
  }
}

/** The signal's own reason when it is one of ours. */
function reasonOf(signal: AbortSignal): TesseraError {
  const { reason } = signal as { reason: unknown }
  if (reason instanceof TesseraError) return reason
  return new TesseraError('CANCELLED', 'The request was cancelled', { cause: reason })
}

/** Lets the sockets be served. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
