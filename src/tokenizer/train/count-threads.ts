// Counting over worker threads (Node only). Which thread counts what does not show in the result: counts
// are summed and the training depends on no order of words.
import { Worker } from 'node:worker_threads'
import { TesseraError, type ErrorCode } from '../../core/index.ts'
import type { CountReply, CountRequest } from './count-worker.ts'
import type { FileRange } from './corpus-files.ts'
import type { CountedPart, Counter, CounterSettings } from './local-counter.ts'

const here = import.meta.url
/** Compiled, the worker is JavaScript beside this file. */
const workerFile = new URL(here.endsWith('.ts') ? './count-worker.ts' : './count-worker.js', here)

/** False where sources run as TypeScript in a Node that cannot load such a worker (before 22.18). */
export const threadsAvailable = !here.endsWith('.ts') || 'typescript' in process.features

export class ThreadedCounter implements Counter {
  private readonly workers: Worker[]
  private readonly idle: Worker[]
  private readonly afterBlock: (bytes: number) => void
  private readonly signal: AbortSignal | undefined
  /** Why no more can be counted. */
  private failure: unknown = null
  private wake: () => void = () => {}
  private readonly parts: CountedPart[] = []

  constructor(
    threads: number,
    settings: CounterSettings,
    afterBlock: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ) {
    this.afterBlock = afterBlock
    this.signal = signal
    this.workers = Array.from({ length: threads }, (_, number) => {
      const workerData: CounterSettings = { ...settings, budget: settings.budget / threads, number }
      const worker = new Worker(workerFile, { workerData })
      worker.on('message', (message: CountReply) => this.hear(worker, message))
      worker.on('error', (error) => this.fail(error))
      return worker
    })
    this.idle = [...this.workers]
    signal?.addEventListener('abort', this.onAbort)
  }

  async count(work: readonly (string | Uint8Array)[] | FileRange): Promise<void> {
    await this.until(() => this.idle.length > 0)
    send(this.idle.pop()!, { type: 'count', work })
  }

  async finish(): Promise<CountedPart[]> {
    await this.until(() => this.idle.length === this.workers.length)
    for (const worker of this.workers) send(worker, { type: 'finish' })
    await this.until(() => this.parts.length === this.workers.length)
    return this.parts
  }

  async close(): Promise<void> {
    this.signal?.removeEventListener('abort', this.onAbort)
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }

  private readonly onAbort = () => {
    this.fail(new TesseraError('CANCELLED', 'The work was cancelled', { cause: this.signal?.reason }))
  }

  private hear(worker: Worker, message: CountReply): void {
    try {
      if (message.type === 'counted') this.afterBlock(message.bytes)
      else if (message.type === 'ready') this.idle.push(worker)
      else if (message.type === 'finished') this.parts.push(message.part)
      else this.fail(revived(message.error))
    } catch (error) {
      this.fail(error)
    }
    this.wake()
  }

  private fail(error: unknown): void {
    this.failure ??= error
    this.wake()
  }

  private async until(met: () => boolean): Promise<void> {
    while (this.failure === null && !met()) await new Promise<void>((resolve) => (this.wake = resolve))
    if (this.failure !== null) throw this.failure
  }
}

function send(worker: Worker, request: CountRequest): void {
  worker.postMessage(request)
}

/** The error of a worker with its class; its message says already where and what to do. */
function revived(error: { code: ErrorCode; message: string }): TesseraError {
  return new TesseraError(error.code, error.message)
}
