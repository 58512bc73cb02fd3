// The page's side of the tokenizing worker. Cancelling ends the worker, so that nothing a file or a pattern
// makes it do can hold the page up; its successor loads again what was loaded.
import { ProblemError } from '../shell/problem.ts'
import type { Calls, LoadedTokenizer, Reply, TokenizerSource } from './protocol.ts'

interface Waiting {
  resolve(output: unknown): void
  reject(error: unknown): void
  progress: ((done: number) => void) | undefined
}

export class TokenizerClient {
  private worker: Worker | null = null
  private readonly waiting = new Map<number, Waiting>()
  private readonly sources = new Map<string, TokenizerSource>()
  /** Keys that the present worker has, or is loading. */
  private loaded = new Map<string, Promise<LoadedTokenizer>>()
  private last = 0

  /** Loads a tokenizer under a key, or gives what is loaded there. */
  load(key: string, source: TokenizerSource): Promise<LoadedTokenizer> {
    this.sources.set(key, source)
    const known = this.loaded.get(key)
    if (known) return known
    const loading = this.send('load', { key, source })
    this.loaded.set(key, loading)
    loading.catch(() => this.loaded.delete(key))
    return loading
  }

  forget(key: string): void {
    this.sources.delete(key)
  }

  builtins(): Promise<Calls['builtins']['output']> {
    return this.send('builtins', {})
  }

  async encode(
    input: Calls['encode']['input'],
    progress?: (done: number) => void,
  ): Promise<Calls['encode']['output']> {
    await this.ready(input.key)
    return this.send('encode', input, progress)
  }

  compare(keys: string[]): Promise<Calls['compare']['output']> {
    return this.send('compare', { keys })
  }

  async describe(key: string, id: number): Promise<Calls['describe']['output']> {
    await this.ready(key)
    return this.send('describe', { key, id })
  }

  async mergeTree(key: string, text: string): Promise<Calls['mergeTree']['output']> {
    await this.ready(key)
    return this.send('mergeTree', { key, text })
  }

  async chat(input: Calls['chat']['input']): Promise<string> {
    await this.ready(input.key)
    return this.send('chat', input)
  }

  /** Ends whatever is running: all open calls fail with CANCELLED. */
  cancel(): void {
    this.end({ code: 'CANCELLED', message: 'Cancelled' })
  }

  private end(problem: { code: string; message: string }): void {
    this.worker?.terminate()
    this.worker = null
    this.loaded = new Map()
    const open = [...this.waiting.values()]
    this.waiting.clear()
    for (const { reject } of open) reject(new ProblemError(problem))
  }

  private async ready(key: string): Promise<void> {
    const source = this.sources.get(key)
    if (source) await this.load(key, source)
  }

  private send<K extends keyof Calls>(
    call: K,
    input: Calls[K]['input'],
    progress?: (done: number) => void,
  ): Promise<Calls[K]['output']> {
    const worker = (this.worker ??= this.start())
    const id = ++this.last
    return new Promise<Calls[K]['output']>((resolve, reject) => {
      this.waiting.set(id, { resolve: resolve as (output: unknown) => void, reject, progress })
      worker.postMessage({ id, call, input })
    })
  }

  private start(): Worker {
    const worker = new Worker(new URL('./main.ts', import.meta.url), { type: 'module' })
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      const waiting = this.waiting.get(data.id)
      if (!waiting) return
      if (data.kind === 'progress') return waiting.progress?.(data.done)
      this.waiting.delete(data.id)
      if (data.kind === 'done') waiting.resolve(data.output)
      else waiting.reject(new ProblemError(data.problem))
    })
    worker.addEventListener('error', (event) => {
      this.end({ code: 'UNEXPECTED', message: event.message || 'The tokenizing worker stopped' })
    })
    return worker
  }
}
