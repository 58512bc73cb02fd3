// Who weighs the candidates of LZ-aware training: this thread, or several (Node only), each with a copy of
// the stream. A score depends on nothing but the stream and the pair, so the merges are the same either way.
import { TesseraError, throwIfCancelled } from '../../core/index.ts'
import type { LzStream } from './stream.ts'
import { type CompressedLength, type CountedPair } from './stream.ts'

export interface Scorers {
  /** `[pairs]` compressed sizes after each merge into `id`. `merged`: the pair accepted since the last call. */
  score(merged: CountedPair | null, pairs: readonly CountedPair[], id: number): Promise<Float64Array>
  close(): Promise<void>
}

export interface ScoreSettings {
  ids: Int32Array
  vocabSize: number
  level: number
}

export interface ScoreRequest {
  merged: CountedPair | null
  pairs: readonly CountedPair[]
  id: number
}

/** The one level of gzip that a page has: browsers take zlib's default. */
const PAGE_LEVEL = 6

/** gzip of node:zlib at a level, in a page that of CompressionStream. Throws ARGUMENT_INVALID. */
export async function gzipLength(level: number): Promise<CompressedLength> {
  if (typeof process === 'undefined' || !process.versions?.node) {
    if (level === PAGE_LEVEL) return pageGzipLength
    throw new TesseraError('ARGUMENT_INVALID', `A page has no gzip of level ${level}`, {
      where: 'level',
      hint: `Leave it at ${PAGE_LEVEL}, or train in Node`,
    })
  }
  const { gzipSync } = await import(/* @vite-ignore */ 'node:zlib')
  return (bytes) => gzipSync(bytes, { level }).length
}

async function pageGzipLength(bytes: Uint8Array): Promise<number> {
  const packed = new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await new Response(packed).arrayBuffer()).byteLength
}

/** Scores one slice after another of a thread's own stream. */
export class LocalScorer implements Scorers {
  private readonly stream: LzStream
  private readonly signal: AbortSignal | undefined

  constructor(stream: LzStream, signal?: AbortSignal) {
    this.stream = stream
    this.signal = signal
  }

  async score(merged: CountedPair | null, pairs: readonly CountedPair[], id: number): Promise<Float64Array> {
    if (merged) this.stream.merge(merged.left, merged.right, id - 1)
    const scores = new Float64Array(pairs.length)
    for (const [i, { left, right }] of pairs.entries()) {
      scores[i] = await this.stream.score(left, right, id)
      throwIfCancelled(this.signal)
      if (i % 4 === 3) await new Promise((resolve) => setTimeout(resolve, 0))
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
    return scores
  }

  async close(): Promise<void> {}
}

const here = import.meta.url
/** False where sources run as TypeScript in a Node that cannot load such a worker (before 22.18). */
const threadsAvailable = () => !here.endsWith('.ts') || 'typescript' in process.features

/** Threads that score, or null where there can be none. */
export async function scoreThreads(threads: number, settings: ScoreSettings): Promise<Scorers | null> {
  if (threads < 2 || !threadsAvailable()) return null
  const { Worker } = await import(/* @vite-ignore */ 'node:worker_threads')
  const file = new URL(here.endsWith('.ts') ? './score-worker.ts' : './score-worker.js', here)
  const workers = Array.from({ length: threads }, () => new Worker(file, { workerData: settings }))
  return {
    async score(merged, pairs, id) {
      const scores = new Float64Array(pairs.length)
      await Promise.all(
        workers.map(async (worker, w) => {
          // Every thread hears of every merge, also when it has no pair to score.
          const mine = pairs.map((_, i) => i).filter((i) => i % threads === w)
          const request: ScoreRequest = { merged, pairs: mine.map((i) => pairs[i]!), id }
          const found = await new Promise<Float64Array>((resolve, reject) => {
            const fail = (error: unknown) =>
              reject(
                new TesseraError('TRAINING_IMPOSSIBLE', 'A thread that weighs merges ended', {
                  cause: error,
                }),
              )
            worker.once('error', fail)
            worker.once('message', (reply: Float64Array) => {
              worker.off('error', fail)
              resolve(reply)
            })
            worker.postMessage(request)
          })
          mine.forEach((i, place) => (scores[i] = found[place]!))
        }),
      )
      return scores
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
