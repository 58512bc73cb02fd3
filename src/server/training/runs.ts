// The runs of the Studio: kept in a folder each, one at a time under way, told of to whoever listens. Pages may
// come and go; a run goes on. When the server ends, the run under way saves a checkpoint first.
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { TesseraError } from '../../core/index.ts'
import { type Sample, readCorpus, sampleOffers } from './corpus.ts'
import type { Speeds } from './measure.ts'
import type { RunEvent, RunSummary, SizeOffer, StartRequest, TrainingOverview } from './protocol.ts'
import { RunLog } from './run-log.ts'
import { parametersOf, SIZES } from './sizes.ts'
import { startThread, type ThreadReply, type TrainingThread } from './thread.ts'
import { EXPORT_FOLDER, type RunNote, writeTexts } from './train-run.ts'

export interface TrainingRunsOptions {
  /** Where the runs are kept. */
  folder: string
  samples: readonly Sample[]
  /** Threads within an operator. Default: all cores, at most 4. */
  threads?: number
}

/** Losses are told in groups, so often at most. */
const TELL_EVERY_MS = 250
/** How long an ending server waits for the checkpoint of the run under way. */
const PATIENCE_MS = 20_000

export class TrainingRuns {
  readonly folder: string
  private readonly samples: readonly Sample[]
  private readonly threads: number
  private readonly logs = new Map<string, RunLog>()
  private readonly listeners = new Map<string, Set<(event: RunEvent) => void>>()
  private under: { log: RunLog; thread: TrainingThread } | null = null
  private pending: [step: number, loss: number][] = []
  private told = 0
  private opened: Promise<void> | null = null
  private speeds: Promise<Speeds> | null = null
  private known: Speeds | null = null
  private measuring: TrainingThread | null = null

  constructor({ folder, samples, threads }: TrainingRunsOptions) {
    this.folder = folder
    this.samples = samples
    this.threads = threads ?? Math.min(4, availableParallelism())
  }

  async overview(): Promise<TrainingOverview> {
    await this.open()
    return {
      runs: [...this.logs.values()].map(({ summary }) => summary).sort(newestFirst),
      sizes: SIZES.map((size) => this.offer(size.name)),
      samples: await sampleOffers(this.samples),
      folder: this.folder,
      threads: this.threads,
    }
  }

  /** The sizes with their speeds on this machine, measured now if they have not been. Waits for a run. */
  async measured(): Promise<SizeOffer[]> {
    if (!this.under) {
      this.speeds ??= this.measure()
      await this.speeds.catch(() => (this.speeds = null))
    }
    return SIZES.map((size) => this.offer(size.name))
  }

  /** Throws RUN_BUSY, ARGUMENT_INVALID, TRAINING_IMPOSSIBLE, FILE_TOO_LARGE, FILE_WRITE_FAILED. */
  async start(request: StartRequest): Promise<RunSummary> {
    await this.open()
    this.refuseWhileBusy()
    const corpus = await readCorpus(request.corpus, this.samples)
    await this.endMeasuring()
    const { documents } = corpus
    const created = new Date().toISOString()
    const id = `${created.slice(0, 19).replace(/\D/g, '')}-${randomBytes(3).toString('hex')}`
    const folder = join(this.folder, id)
    await mkdir(folder, { recursive: true })
    await writeTexts(folder, documents)
    const log = new RunLog(folder, {
      id,
      name: request.name || corpus.name,
      size: request.size,
      seed: request.seed,
      rate: request.rate,
      state: 'running',
      stage: 'starting',
      step: 0,
      steps: request.steps,
      created,
      corpus: {
        name: corpus.name,
        bytes: documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0),
        documents: documents.length,
      },
      model: null,
      tokensPerSecond: 0,
      bitsPerByte: null,
      problem: null,
    })
    this.refuseWhileBusy()
    this.logs.set(id, log)
    this.run(log)
    return log.summary
  }

  /** Goes on from the checkpoint, with another learning rate if one is given. Throws RUN_NOT_FOUND, RUN_BUSY. */
  async resume(id: string, rate?: number): Promise<RunSummary> {
    const log = await this.find(id)
    await this.endMeasuring()
    this.refuseWhileBusy()
    if (log.summary.state === 'finished') {
      throw new TesseraError('ARGUMENT_INVALID', 'The run has finished', { where: id })
    }
    if (rate !== undefined) log.summary.rate = rate
    this.run(log)
    return log.summary
  }

  /** Asks the run to save a checkpoint and stop; listeners hear when it has. Throws RUN_NOT_FOUND. */
  async stop(id: string): Promise<RunSummary> {
    const log = await this.find(id)
    if (this.under?.log === log) {
      this.change(log, { state: 'stopping', stage: 'saving a checkpoint' })
      this.under.thread.stop()
    }
    return log.summary
  }

  /** Deletes the run with all its files. Throws RUN_NOT_FOUND, RUN_BUSY. */
  async remove(id: string): Promise<void> {
    const log = await this.find(id)
    if (this.under?.log === log) this.refuseWhileBusy()
    this.logs.delete(id)
    await log.saved
    await rm(log.folder, { recursive: true, force: true })
  }

  /** Throws RUN_NOT_FOUND. */
  async find(id: string): Promise<RunLog> {
    await this.open()
    const log = this.logs.get(id)
    if (!log) throw new TesseraError('RUN_NOT_FOUND', `There is no run ${JSON.stringify(id)}`)
    return log
  }

  /** Hears of everything from now on; the first event is all that is known. Returns how to stop listening. */
  async listen(id: string, hear: (event: RunEvent) => void): Promise<() => void> {
    const log = await this.find(id)
    const all = this.listeners.get(id) ?? new Set()
    this.listeners.set(id, all.add(hear))
    hear({ kind: 'detail', run: log.detail })
    return () => all.delete(hear)
  }

  /** Runs that have a model to take away, with its folder. */
  async models(): Promise<{ id: string; name: string; folder: string }[]> {
    await this.open()
    return [...this.logs.values()]
      .filter((log) => this.under?.log !== log)
      .map(({ summary: { id, name }, folder }) => ({ id, name, folder: join(folder, EXPORT_FOLDER) }))
  }

  /** Saves what is under way and ends. */
  async close(): Promise<void> {
    await this.endMeasuring()
    const under = this.under
    if (!under) return
    under.thread.stop()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS).unref())
    await Promise.race([under.thread.ended, patience])
    await under.log.saved
  }

  private run(log: RunLog): void {
    const { summary, folder } = log
    this.change(log, { state: 'running', stage: 'starting', problem: null, tokensPerSecond: 0 })
    const { size, steps, seed, rate } = summary
    const settings = { folder, size, steps, seed, rate, threads: this.threads }
    const thread = startThread({ kind: 'train', settings }, (reply) => this.hear(log, reply))
    this.under = { log, thread }
  }

  private hear(log: RunLog, reply: ThreadReply): void {
    if (reply.kind === 'note') return this.note(log, reply.note)
    this.tellLosses(log)
    this.under = null
    if (reply.kind === 'finished') {
      this.change(log, { state: 'finished', stage: '', bitsPerByte: reply.bitsPerByte })
    } else if (reply.kind === 'failed') {
      const stopped = reply.problem.code === 'CANCELLED'
      this.change(log, {
        state: stopped ? 'stopped' : 'failed',
        stage: '',
        problem: stopped ? null : reply.problem,
      })
    }
  }

  private note(log: RunLog, note: RunNote): void {
    switch (note.kind) {
      case 'stage':
        return this.change(log, { stage: note.stage })
      case 'model': {
        const { kind: _, ...model } = note
        return this.change(log, { model })
      }
      case 'step': {
        const { step, loss, tokensPerSecond } = note
        const first = log.summary.stage !== 'training'
        // It went on from a checkpoint before the newest step that the log has.
        if (first && step <= log.lastStep) {
          log.add({ back: step - 1 })
          this.tell(log, { kind: 'detail', run: log.detail })
        }
        this.pending.push([step, loss])
        Object.assign(log.summary, { step, tokensPerSecond })
        if (first) this.change(log, { stage: 'training' })
        else if (performance.now() - this.told > TELL_EVERY_MS) this.tellLosses(log)
        return
      }
      case 'evaluation':
        this.tellLosses(log)
        log.add({ evaluation: note.evaluation })
        this.tell(log, { kind: 'evaluation', evaluation: note.evaluation })
        return this.change(log, { bitsPerByte: note.evaluation.bitsPerByte })
      case 'sample':
        log.add({ sample: note.sample })
        this.tell(log, { kind: 'sample', sample: note.sample })
    }
  }

  private tellLosses(log: RunLog): void {
    this.told = performance.now()
    if (this.pending.length === 0) return
    const losses = this.pending
    this.pending = []
    log.add({ losses })
    this.tell(log, { kind: 'losses', losses })
    this.tell(log, { kind: 'summary', run: log.summary })
  }

  private change(log: RunLog, changes: Partial<RunSummary>): void {
    Object.assign(log.summary, changes)
    log.save()
    this.tell(log, { kind: 'summary', run: log.summary })
  }

  private tell(log: RunLog, event: RunEvent): void {
    for (const hear of this.listeners.get(log.summary.id) ?? []) hear(event)
  }

  private refuseWhileBusy(): void {
    if (!this.under) return
    throw new TesseraError('RUN_BUSY', `“${this.under.log.summary.name}” is being trained`, {
      hint: 'One run at a time: stop it first; it can go on later',
    })
  }

  /** Reads the runs that are on disk, once. */
  private open(): Promise<void> {
    this.opened ??= (async () => {
      const names = await readdir(this.folder).catch(() => [] as string[])
      for (const name of names.sort()) {
        const log = await RunLog.read(join(this.folder, name))
        if (!log) continue
        const { state } = log.summary
        if (state === 'running' || state === 'stopping') log.summary.state = 'interrupted'
        this.logs.set(name, log)
      }
    })()
    return this.opened
  }

  /** Threads of two graphs at once stand in each other's way, and the figures would be wrong. */
  private async endMeasuring(): Promise<void> {
    this.measuring?.stop()
    await this.measuring?.ended
    this.measuring = null
  }

  private measure(): Promise<Speeds> {
    return new Promise((resolve, reject) => {
      this.measuring = startThread({ kind: 'measure', threads: this.threads }, (reply) => {
        if (reply.kind === 'speeds') resolve((this.known = reply.speeds))
        else if (reply.kind === 'failed') reject(new Error(reply.problem.message))
      })
    })
  }

  private offer(name: SizeOffer['name']): SizeOffer {
    const size = SIZES.find((one) => one.name === name)!
    const { vocabSize, dim, layers, heads, time, rows, steps, rate } = size
    const run = [...this.logs.values()]
      .map(({ summary }) => summary)
      .filter((one) => one.size === name && one.tokensPerSecond > 0)
      .sort(newestFirst)[0]
    const speed = this.known?.[name]
    return {
      name,
      parameters: parametersOf(size),
      vocabSize,
      dim,
      layers,
      heads,
      time,
      rows,
      steps,
      rate,
      tokensPerSecond: run?.tokensPerSecond ?? speed?.tokensPerSecond ?? null,
      measured: run ? 'run' : (speed?.measured ?? null),
    }
  }
}

function newestFirst(a: RunSummary, b: RunSummary): number {
  return b.created.localeCompare(a.created)
}
