// The threads of one tokenizer (Node only). They start with the first large batch, wait for the next one
// without keeping the process alive, and end when no batch has come for a while.
import { Worker } from 'node:worker_threads'
import { TesseraError, type ErrorCode } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { EncodeOptions } from '../types.ts'
import { READY, share, type BatchReply, type BatchRequest } from './wire.ts'

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

export class EncodingThread {
  /** Loaded and listening: until then a task would only wait. Rejects when the thread cannot start. */
  readonly ready: Promise<void>
  private readonly worker: Worker
  private readonly waiting = new Map<number, Waiting>()
  private tasks = 0

  constructor(shared: ReturnType<typeof share>, onFailure: (thread: EncodingThread) => void) {
    const worker = new Worker(workerFile, { workerData: shared })
    this.worker = worker
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (reply: BatchReply | typeof READY) => {
        if (reply === READY) resolve()
        else this.hear(reply)
      })
      worker.on('error', (error) => {
        reject(error)
        for (const { reject: fail } of this.waiting.values()) fail(error)
        this.waiting.clear()
        onFailure(this)
      })
    })
    // Whoever waits hears of a failure; a batch that has ended without this thread need not.
    this.ready.catch(() => {})
    worker.unref()
  }

  /** Encodes texts after those asked for before. */
  run(texts: readonly string[], options: EncodeOptions): Promise<Uint32Array[]> {
    const request: BatchRequest = { task: this.tasks++, texts, options }
    return new Promise((resolve, reject) => {
      this.waiting.set(request.task, { resolve, reject })
      this.worker.ref()
      this.worker.postMessage(request)
    })
  }

  end(): void {
    void this.worker.terminate()
  }

  private hear(reply: BatchReply): void {
    const waiting = this.waiting.get(reply.task)!
    this.waiting.delete(reply.task)
    if (this.waiting.size === 0) this.worker.unref()
    if ('error' in reply) {
      waiting.reject(new TesseraError(reply.error.code as ErrorCode, reply.error.message))
      return
    }
    let at = 0
    waiting.resolve(Array.from(reply.lengths, (length) => reply.ids.subarray(at, (at += length))))
  }
}

export class Pool {
  private readonly shared: ReturnType<typeof share>
  private threads: EncodingThread[] = []
  private batches = 0
  private timer: NodeJS.Timeout | null = null

  constructor(spec: TokenizerSpec) {
    this.shared = share(spec)
  }

  /** So many threads for a batch, shared with others that run at the same time. Each `borrow` is ended by `giveBack`. */
  borrow(threads: number): EncodingThread[] {
    this.batches++
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    while (this.threads.length < threads) {
      this.threads.push(
        new EncodingThread(this.shared, (failed) => {
          this.threads = this.threads.filter((thread) => thread !== failed)
        }),
      )
    }
    return this.threads.slice(0, threads)
  }

  giveBack(): void {
    if (--this.batches > 0) return
    this.timer = setTimeout(() => {
      for (const thread of this.threads) thread.end()
      this.threads = []
    }, IDLE_MS)
    this.timer.unref()
  }
}
