// The page's side of the workers: one for each tokenizer, one that compares. Cancelling ends a worker, so
// that nothing a file or a pattern makes it do can hold the page up; its successor loads the same again.
import { WorkerCalls } from './calls.ts'
import type { CompareCalls, LoadedTokenizer, TokenizerCalls, TokenizerSource } from './protocol.ts'

/** One tokenizer in a worker of its own. */
export class RemoteTokenizer {
  private readonly source: TokenizerSource
  private loading: Promise<LoadedTokenizer> | null = null
  private readonly calls = new WorkerCalls<TokenizerCalls>(
    () => new Worker(new URL('./tokenizer.worker.ts', import.meta.url), { type: 'module' }),
    () => (this.loading = null),
  )

  constructor(source: TokenizerSource) {
    this.source = source
  }

  load(): Promise<LoadedTokenizer> {
    if (this.loading) return this.loading
    const loading = this.calls.call('load', { source: this.source })
    this.loading = loading
    loading.catch(() => {
      if (this.loading === loading) this.loading = null
    })
    return loading
  }

  async call<K extends Exclude<keyof TokenizerCalls, 'load'>>(
    call: K,
    input: TokenizerCalls[K]['input'],
    progress?: (done: number) => void,
  ): Promise<TokenizerCalls[K]['output']> {
    await this.load()
    return this.calls.call(call, input as never, progress) as Promise<TokenizerCalls[K]['output']>
  }

  /** Ends the worker: open calls fail with CANCELLED, and its memory is free. */
  end(): void {
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
  }
}

export function comparer(): WorkerCalls<CompareCalls> {
  return new WorkerCalls<CompareCalls>(
    () => new Worker(new URL('./compare.worker.ts', import.meta.url), { type: 'module' }),
  )
}
