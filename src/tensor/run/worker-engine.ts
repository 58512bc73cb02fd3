// This thread's end of a session in a worker (session-worker.ts). Runs do not block the thread here; feeds are
// copied on the way there, since their arrays belong to the caller.
import type { InferenceSession } from 'onnxruntime-node'
import { TesseraError } from '../../core/index.ts'
import { type Engine, keepIn, type NativeTensor, type Runtime } from './runtime.ts'
import type { Parcel, SessionReply, SessionRequest } from './session-worker.ts'

const here = import.meta.url
/** Compiled, the worker is JavaScript beside this file. */
const workerFile = new URL(here.endsWith('.ts') ? './session-worker.ts' : './session-worker.js', here)

interface Line {
  send(request: SessionRequest): void
  end(): Promise<unknown>
}

interface Waiting {
  resolve(results: Record<string, Parcel>): void
  reject(error: unknown): void
}

async function connect(
  file: URL,
  hear: (reply: SessionReply) => void,
  fail: (error: unknown) => void,
): Promise<Line> {
  if (typeof process === 'object' && process.versions?.node) {
    const { Worker } = await import('node:worker_threads')
    const worker = new Worker(file)
    worker.on('message', hear)
    worker.on('error', fail)
    // Whoever waits for a run keeps the process alive by that.
    return { send: (request) => worker.postMessage(request), end: () => worker.terminate() }
  }
  const PageWorker = (globalThis as unknown as { Worker: PageWorkerType }).Worker
  const worker = new PageWorker(file, { type: 'module' })
  worker.onmessage = ({ data }) => hear(data)
  worker.onerror = (event) => fail(new Error(event.message))
  return { send: (request) => worker.postMessage(request), end: () => Promise.resolve(worker.terminate()) }
}

type PageWorkerType = new (
  url: URL,
  options: { type: 'module' },
) => {
  onmessage: (event: { data: SessionReply }) => void
  onerror: (event: { message: string }) => void
  postMessage(request: SessionRequest): void
  terminate(): void
}

/** `file`: of the worker, for those who bundle it themselves. Throws what opening throws there. */
export async function openWorkerEngine(
  { ort }: Runtime,
  source: string | Uint8Array,
  settings: InferenceSession.SessionOptions,
  { providers, threads, file = workerFile }: { providers?: readonly string[]; threads: number; file?: URL },
): Promise<Engine> {
  const waiting = new Map<number, Waiting>()
  let count = 0
  let settle: Waiting | null = null
  const failAll = (error: unknown) => {
    settle?.reject(error)
    settle = null
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const line = await connect(
    file,
    (reply) => {
      if (reply.kind === 'ran') {
        waiting.get(reply.id)?.resolve(reply.results)
        waiting.delete(reply.id)
      } else if (reply.kind !== 'failed') {
        settle?.resolve({})
        settle = null
      } else if (reply.id === null) failAll(new Error(reply.message))
      else {
        waiting.get(reply.id)?.reject(new Error(reply.message))
        waiting.delete(reply.id)
      }
    },
    failAll,
  )
  /** The answer to a request that is no run. */
  const ask = (request: SessionRequest) =>
    new Promise<unknown>((resolve, reject) => {
      settle = { resolve, reject }
      line.send(request)
    })
  try {
    await ask({ call: 'open', source, settings, providers, threads })
  } catch (cause) {
    await line.end()
    throw cause
  }
  return {
    async run(feeds, fetches) {
      const id = count++
      const parcels = Object.fromEntries(
        Object.entries(feeds).map(([name, { type, data, dims }]) => [
          name,
          { type, data: trimmed(data), dims },
        ]),
      )
      const results = await new Promise<Record<string, Parcel>>((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        line.send({ call: 'run', id, feeds: parcels, outputs: Object.keys(fetches) })
      })
      const tensors = Object.fromEntries(
        Object.entries(results).map(([name, { type, data, dims }]) => [
          name,
          new ort.Tensor(type, data as never, dims),
        ]),
      ) as Record<string, NativeTensor>
      keepIn(fetches, tensors)
      return tensors
    },
    async release() {
      await ask({ call: 'release' })
      await line.end()
      failAll(new TesseraError('ARGUMENT_INVALID', 'The session has been released'))
    },
  }
}

/** A view without what lies around it: a message carries whole buffers. */
function trimmed(data: NativeTensor['data']): NativeTensor['data'] {
  const view = data as Float32Array
  return view.byteLength === view.buffer.byteLength ? view : view.slice()
}
