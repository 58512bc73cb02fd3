// The threads of one tokenizer (Node only). They start with the first large batch, wait for the next one
// without keeping the process alive, and end when they have been idle for a while.
import { Worker } from 'node:worker_threads'
import { TesseraError, type ErrorCode } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { EncodeOptions } from '../types.ts'
import { share, type BatchReply, type BatchRequest } from './wire.ts'

const IDLE_MS = 10_000

const here = import.meta.url
/** Compiled, the worker is JavaScript beside this file. */
const workerFile = new URL(here.endsWith('.ts') ? './worker.ts' : './worker.js', here)

/** False where sources run as TypeScript in a Node that cannot load such a worker (before 22.18). */
export const threadsAvailable = !here.endsWith('.ts') || 'typescript' in process.features

interface Waiting {
  resolve(rows: Uint32Array[]): void
  reject(error: unknown): void
}

export class Pool {
  private readonly shared: ReturnType<typeof share>
  private workers: Worker[] = []
  private idle: Worker[] = []
  private readonly waiting = new Map<number, Waiting>()
  private readonly queue: BatchRequest[] = []
  private tasks = 0
  private timer: NodeJS.Timeout | null = null

  constructor(spec: TokenizerSpec) {
    this.shared = share(spec)
  }

  /** Encodes texts on some thread, in order of calls as threads come free. */
  run(texts: readonly string[], options: EncodeOptions): Promise<Uint32Array[]> {
    const request = { task: this.tasks++, texts, options }
    return new Promise((resolve, reject) => {
      this.waiting.set(request.task, { resolve, reject })
      this.queue.push(request)
      this.feed()
    })
  }

  /** Makes sure that so many threads exist. */
  grow(threads: number): void {
    while (this.workers.length < threads) {
      const worker = new Worker(workerFile, { workerData: this.shared })
      worker.on('message', (reply: BatchReply) => this.hear(worker, reply))
      worker.on('error', (error) => this.fail(error))
      worker.unref()
      this.workers.push(worker)
      this.idle.push(worker)
    }
  }

  private feed(): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    while (this.queue.length > 0 && this.idle.length > 0) {
      const worker = this.idle.pop()!
      worker.ref()
      worker.postMessage(this.queue.shift()!)
    }
    if (this.idle.length === this.workers.length) {
      this.timer = setTimeout(() => this.close(), IDLE_MS)
      this.timer.unref()
    }
  }

  private hear(worker: Worker, reply: BatchReply): void {
    const waiting = this.waiting.get(reply.task)!
    this.waiting.delete(reply.task)
    worker.unref()
    this.idle.push(worker)
    if ('error' in reply) {
      waiting.reject(new TesseraError(reply.error.code as ErrorCode, reply.error.message))
    } else {
      let at = 0
      const rows: Uint32Array[] = []
      for (const length of reply.lengths) rows.push(reply.ids.subarray(at, (at += length)))
      waiting.resolve(rows)
    }
    this.feed()
  }

  private fail(error: unknown): void {
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
    this.queue.length = 0
    this.close()
  }

  private close(): void {
    for (const worker of this.workers) void worker.terminate()
    this.workers = []
    this.idle = []
  }
}
