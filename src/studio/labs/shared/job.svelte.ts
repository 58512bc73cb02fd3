// One piece of work of a lab in its worker: what phase it is in, how far it is, what went wrong. A newer run, or
// Cancel, ends the one before; its answer no longer counts.
import { problemOf, type Problem } from '../../shell/problem.ts'
import { WorkerCalls } from '../../worker/calls.ts'

export class Job<Table> {
  phase: 'empty' | 'busy' | 'ready' | 'failed' = $state('empty')
  /** 0 to 1; 0 while unknown. */
  progress = $state(0)
  problem: Problem | null = $state.raw(null)
  private readonly calls: WorkerCalls<Table>
  private version = 0

  constructor(start: () => Worker) {
    this.calls = new WorkerCalls<Table>(start)
  }

  /** The answer, or null when it failed or a newer run has come. */
  async run<K extends keyof Table & string>(
    call: K,
    input: Table[K] extends { input: infer I } ? I : never,
  ): Promise<(Table[K] extends { output: infer O } ? O : never) | null> {
    // A worker in the middle of something cannot be told; it is ended, and its successor starts fresh.
    if (this.phase === 'busy') this.cancel()
    const version = ++this.version
    this.phase = 'busy'
    this.progress = 0
    this.problem = null
    try {
      const output = await this.calls.call(call, input, (done) => {
        if (version === this.version) this.progress = done as number
      })
      if (version !== this.version) return null
      this.phase = 'ready'
      return output
    } catch (error) {
      if (version !== this.version) return null
      this.problem = problemOf(error)
      this.phase = 'failed'
      return null
    }
  }

  /** A quick question beside the work, such as what lies under the pointer. Its failure is the caller's. */
  ask<K extends keyof Table & string>(
    call: K,
    input: Table[K] extends { input: infer I } ? I : never,
  ): Promise<Table[K] extends { output: infer O } ? O : never> {
    return this.calls.call(call, input)
  }

  cancel(): void {
    this.version++
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
    this.phase = 'empty'
  }
}
