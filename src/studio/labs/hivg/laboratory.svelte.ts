// The state of the lab: the drawing, what came out of the worker, and the step that is pointed at.
import { problemOf, type Problem } from '../../shell/problem.ts'
import { WorkerCalls } from '../../worker/calls.ts'
import { type Analysis, type LabStep, MOST_SEGMENTS, PAGE, type SvgCalls } from './protocol.ts'
import { SAMPLES } from './samples.ts'

/** A longer file is not put into the text field, where every key stroke would be slow. */
const MOST_TYPED = 100_000
/** The reader's bound. */
const MOST_BYTES = 16_000_000
const TYPING_MS = 200

export type Input =
  { kind: 'text'; text: string } | { kind: 'file'; name: string; bytes: Uint8Array<ArrayBuffer> }

export class Laboratory {
  input: Input = $state.raw({ kind: 'text', text: SAMPLES[0]!.svg })
  name = $state(SAMPLES[0]!.name)
  phase: 'empty' | 'busy' | 'ready' | 'failed' = $state('busy')
  progress = $state(0)
  canvas = $state(224)
  segments = $state(MOST_SEGMENTS)
  /** The last one that succeeded; while a new one is under way it goes on being shown. */
  analysis: Analysis | null = $state.raw(null)
  steps: LabStep[] = $state.raw([])
  /** First step of the page that is shown. */
  from = $state(0)
  /** Of the steps shown, the one that the pointer or the keyboard is on. */
  active: number | null = $state(null)
  /** The file as `analysis` read it, for the picture of the original. */
  original = $state('')
  problem: Problem | null = $state.raw(null)
  private readonly calls = new WorkerCalls<SvgCalls>(
    () => new Worker(new URL('./svg.worker.ts', import.meta.url), { type: 'module' }),
  )
  private version = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  /** Text that is typed: the work waits for a pause. */
  type(text: string, name = 'Your drawing'): void {
    this.input = { kind: 'text', text }
    this.name = name
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.analyse(), name === 'Your drawing' ? TYPING_MS : 0)
  }

  async open(file: File): Promise<void> {
    clearTimeout(this.timer)
    const version = ++this.version
    this.name = file.name
    if (file.size > MOST_BYTES) {
      const message = `${file.name} has ${file.size.toLocaleString('en')} bytes; at most ${MOST_BYTES.toLocaleString('en')} are read`
      this.fail({ code: 'FILE_TOO_LARGE', message })
      return
    }
    const bytes = new Uint8Array(await file.arrayBuffer())
    if (version !== this.version) return
    const text = bytes.length <= MOST_TYPED ? new TextDecoder().decode(bytes) : ''
    // What is no UTF-8 stays as it is, so that the reader says so.
    if (text !== '' && !text.includes('\uFFFD')) this.input = { kind: 'text', text }
    else this.input = { kind: 'file', name: file.name, bytes }
    await this.analyse()
  }

  paste(text: string): boolean {
    if (text.length <= MOST_TYPED) return false
    this.name = 'Pasted text'
    this.input = { kind: 'file', name: this.name, bytes: new TextEncoder().encode(text) }
    void this.analyse()
    return true
  }

  async analyse(): Promise<void> {
    clearTimeout(this.timer)
    const version = ++this.version
    const { input } = this
    const svg = input.kind === 'text' ? input.text : input.bytes
    this.problem = null
    if (input.kind === 'text' && input.text.trim() === '') {
      this.analysis = null
      this.phase = 'empty'
      return
    }
    this.phase = 'busy'
    this.progress = 0
    try {
      const { canvas, segments } = this
      const analysis = await this.calls.call('analyse', { svg, canvas, segments }, (done) => {
        if (version === this.version) this.progress = done
      })
      if (version !== this.version) return
      const steps = await this.calls.call('steps', { from: 0 })
      if (version !== this.version) return
      this.active = null
      this.from = 0
      this.steps = steps
      this.analysis = analysis
      this.original = typeof svg === 'string' ? svg : new TextDecoder().decode(svg)
      this.phase = 'ready'
    } catch (error) {
      if (version === this.version) this.fail(problemOf(error))
    }
  }

  async turn(by: 1 | -1): Promise<void> {
    const { version } = this
    const from = this.from + by * PAGE
    try {
      const steps = await this.calls.call('steps', { from })
      if (version !== this.version) return
      this.active = null
      this.from = from
      this.steps = steps
    } catch (error) {
      if (version === this.version) this.fail(problemOf(error))
    }
  }

  cancel(): void {
    clearTimeout(this.timer)
    this.version++
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
    this.analysis = null
    this.phase = 'empty'
  }

  private fail(problem: Problem): void {
    this.problem = problem
    this.analysis = null
    this.phase = 'failed'
  }
}
