// The state of the lab: the file, what came out of the worker, which member of the family is shown.
import { problemOf, type Problem } from '../../shell/problem.ts'
import { WorkerCalls } from '../../worker/calls.ts'
import type { Analysis, BinaryCalls, View } from './protocol.ts'

/** Of a larger file, this much is read: the page holds every token of it in memory. */
export const MOST_BYTES = 32 * 1024 * 1024
/** The vocabulary for text that is measured on the same bytes. */
export const TEXT_BASELINE = 'o200k_base'

export interface LabFile {
  name: string
  /** Size of the whole file. */
  size: number
  /** What is read of it. */
  bytes: Uint8Array
}

export class Laboratory {
  file: LabFile | null = $state.raw(null)
  phase: 'empty' | 'busy' | 'ready' | 'failed' = $state('empty')
  progress = $state(0)
  analysis: Analysis | null = $state.raw(null)
  view: View | null = $state.raw(null)
  size = $state(0)
  /** Tokens under TEXT_BASELINE; null while unknown, NaN when it cannot take these bytes. */
  baseline: number | null = $state(null)
  problem: Problem | null = $state.raw(null)
  /** The token that the pointer or the keyboard is on. */
  active: number | null = $state(null)
  private readonly calls = new WorkerCalls<BinaryCalls>(
    () => new Worker(new URL('./binary.worker.ts', import.meta.url), { type: 'module' }),
  )
  private version = 0

  async open(file: File): Promise<void> {
    const version = ++this.version
    this.phase = 'busy'
    this.progress = 0
    this.problem = null
    this.active = null
    this.baseline = null
    this.view = null
    this.analysis = null
    try {
      const bytes = new Uint8Array(await file.slice(0, MOST_BYTES).arrayBuffer())
      if (version !== this.version) return
      this.file = { name: file.name, size: file.size, bytes }
      const analysis = await this.calls.call('analyse', { bytes }, (done) => {
        if (version === this.version) this.progress = done
      })
      if (version !== this.version) return
      const { size } = analysis.family.at(-1)!
      const view = await this.calls.call('view', { size })
      if (version !== this.version) return
      this.analysis = analysis
      this.view = view
      this.size = size
      this.phase = 'ready'
    } catch (error) {
      if (version !== this.version) return
      this.problem = problemOf(error)
      this.phase = 'failed'
      return
    }
    // Loads a second, larger vocabulary, so everything else is shown first.
    const baseline = await this.calls.call('textBaseline', { name: TEXT_BASELINE }).catch(() => NaN)
    if (version === this.version) this.baseline = baseline
  }

  async show(size: number): Promise<void> {
    const version = this.version
    this.size = size
    try {
      const view = await this.calls.call('view', { size })
      if (version !== this.version || this.size !== size) return
      this.active = null
      this.view = view
    } catch (error) {
      if (version === this.version) this.problem = problemOf(error)
    }
  }

  cancel(): void {
    this.version++
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
    this.phase = 'empty'
  }
}
