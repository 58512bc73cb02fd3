// A session in a worker: opened once, then run as often as asked. Works in Node's worker threads and in a page's
// workers; what comes back is transferred, not copied.
import type { InferenceSession } from 'onnxruntime-node'
import { type Engine, type NativeTensor, openEngine, type Runtime, runtimeFor } from './runtime.ts'

/** A tensor on its way between threads. */
export interface Parcel {
  type: NativeTensor['type']
  data: NativeTensor['data']
  dims: readonly number[]
}

export type SessionRequest =
  | {
      call: 'open'
      source: string | Uint8Array
      settings: InferenceSession.SessionOptions
      providers: readonly string[] | undefined
      threads: number
    }
  | { call: 'run'; id: number; feeds: Record<string, Parcel>; outputs: readonly string[] }
  | { call: 'release' }

export type SessionReply =
  | { kind: 'open' | 'released' }
  | { kind: 'ran'; id: number; results: Record<string, Parcel> }
  | { kind: 'failed'; id: number | null; message: string }

interface Port {
  postMessage(reply: SessionReply, transfer: ArrayBuffer[]): void
  listen(hear: (request: SessionRequest) => void): void
}

/** Node queues messages until someone listens; in a page one must listen before the script's first pause. */
const inNode = typeof process === 'object' && Boolean(process.versions?.node)
const port = inNode ? await nodePort() : pagePort()

async function nodePort(): Promise<Port> {
  const { parentPort } = await import('node:worker_threads')
  const port = parentPort!
  return {
    postMessage: (reply, transfer) => port.postMessage(reply, transfer),
    listen: (hear) => void port.on('message', hear),
  }
}

function pagePort(): Port {
  const scope = globalThis as unknown as {
    postMessage(reply: SessionReply, transfer: ArrayBuffer[]): void
    addEventListener(type: 'message', listener: (event: { data: SessionRequest }) => void): void
  }
  return {
    postMessage: (reply, transfer) => scope.postMessage(reply, transfer),
    listen: (hear) => scope.addEventListener('message', ({ data }) => hear(data)),
  }
}

let runtime: Runtime | null = null
let engine: Engine | null = null

async function serve(request: SessionRequest): Promise<void> {
  if (request.call === 'open') {
    runtime = await runtimeFor(request.providers, request.threads)
    engine = await openEngine(runtime, request.source, request.settings)
    port.postMessage({ kind: 'open' }, [])
  } else if (request.call === 'run') {
    const { ort } = runtime!
    const feeds = Object.fromEntries(
      Object.entries(request.feeds).map(([name, { type, data, dims }]) => [
        name,
        new ort.Tensor(type, data as never, dims),
      ]),
    )
    const fetches = Object.fromEntries(request.outputs.map((name) => [name, null]))
    const results = await engine!.run(feeds, fetches)
    const parcels = Object.fromEntries(
      Object.entries(results).map(([name, { type, data, dims }]) => [name, { type, data, dims }]),
    )
    const buffers = Object.values(parcels).map(({ data }) => (data as Float32Array).buffer as ArrayBuffer)
    port.postMessage({ kind: 'ran', id: request.id, results: parcels }, [...new Set(buffers)])
  } else {
    await engine?.release()
    port.postMessage({ kind: 'released' }, [])
  }
}

/** One request after the other: a runtime session may not be entered twice at once. */
let last = Promise.resolve()
port.listen((request) => {
  last = last.then(() =>
    serve(request).catch((error: unknown) => {
      const id = request.call === 'run' ? request.id : null
      port.postMessage({ kind: 'failed', id, message: (error as Error).message }, [])
    }),
  )
})
