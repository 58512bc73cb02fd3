// Calls from a page to a worker: each gets a number, any progress, and one answer or one problem.
import { ProblemError, problemOf, type Problem } from '../shell/problem.ts'

/** Input and output of each call of a worker, by name, and what it tells on the way (else a share done). */
export type CallTable = Record<string, { input: unknown; output: unknown; event?: unknown }>

type EventOf<Call> = Call extends { event: infer E } ? E : number

interface Request {
  id: number
  call: string
  input: unknown
}

type Reply =
  | { id: number; kind: 'progress'; done: unknown }
  | { id: number; kind: 'done'; output: unknown }
  | { id: number; kind: 'failed'; problem: Problem }

interface Waiting {
  resolve(output: unknown): void
  reject(error: unknown): void
  progress: ((done: never) => void) | undefined
}

/** The page's side. The worker starts with the first call. */
export class WorkerCalls<Table> {
  private readonly start: () => Worker
  private readonly onend: () => void
  private readonly waiting = new Map<number, Waiting>()
  private worker: Worker | null = null
  private last = 0

  /** `onend`: the worker, and all that it held, is gone. */
  constructor(start: () => Worker, onend: () => void = () => {}) {
    this.start = start
    this.onend = onend
  }

  call<K extends keyof Table & string>(
    call: K,
    input: Table[K] extends { input: infer I } ? I : never,
    progress?: (done: EventOf<Table[K]>) => void,
  ): Promise<Table[K] extends { output: infer O } ? O : never> {
    const worker = (this.worker ??= this.started())
    const id = ++this.last
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (output: unknown) => void, reject, progress })
      // Copied, not transferred: the page goes on showing what it sends.
      worker.postMessage({ id, call, input } satisfies Request, { transfer: [] })
    })
  }

  /** Ends the worker, whatever it is doing; all open calls fail with this problem. */
  end(problem: Problem): void {
    this.worker?.terminate()
    this.worker = null
    this.onend()
    const open = [...this.waiting.values()]
    this.waiting.clear()
    for (const { reject } of open) reject(new ProblemError(problem))
  }

  private started(): Worker {
    const worker = this.start()
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(data.id)
      if (!waiting) return
      if (data.kind === 'progress') return waiting.progress?.(data.done as never)
      this.waiting.delete(data.id)
      if (data.kind === 'done') waiting.resolve(data.output)
      else waiting.reject(new ProblemError(data.problem))
    })
    worker.addEventListener('error', (event) => {
      this.end({ code: 'UNEXPECTED', message: event.message || 'The worker stopped' })
    })
    return worker
  }
}

/** The worker's side: answers every call by its handler. */
export function answerCalls<Table extends CallTable>(handlers: {
  [K in keyof Table]: (
    input: Table[K]['input'],
    progress: (done: EventOf<Table[K]>) => void,
  ) => Promise<Table[K]['output']> | Table[K]['output']
}): void {
  const reply = (message: Reply) => postMessage(message)
  addEventListener('message', async ({ data: { id, call, input } }: MessageEvent<Request>) => {
    try {
      const output = await handlers[call]!(input, (done) => reply({ id, kind: 'progress', done }))
      reply({ id, kind: 'done', output })
    } catch (error) {
      reply({ id, kind: 'failed', problem: problemOf(error) })
    }
  })
}
