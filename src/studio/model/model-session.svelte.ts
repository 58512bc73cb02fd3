// The Model page's state: the models there are, the one in the worker, and what it has written.
import type { ModelOffer } from '../../server/index.ts'
import { type Problem, problemOf } from '../shell/problem.ts'
import { ask } from '../shell/server.ts'
import { WorkerCalls } from '../worker/calls.ts'
import type {
  AttentionPart,
  CacheFacts,
  Device,
  GenerateEvent,
  Generated,
  GenerateOptions,
  ModelCalls,
  ModelFacts,
  ModelSource,
  Prompt,
  ShownToken,
} from './protocol.ts'

const MOST_THREADS = 4

export class ModelSession {
  offers = $state.raw<readonly ModelOffer[]>([])
  /** Whether the list of offers has come. */
  listed = $state(false)
  source = $state.raw<ModelSource | null>(null)
  device = $state<Device>('wasm')
  phase = $state<'none' | 'loading' | 'ready' | 'failed'>('none')
  /** Of loading, 0 to 1. */
  progress = $state(0)
  facts = $state.raw<ModelFacts | null>(null)
  problem = $state.raw<Problem | null>(null)

  running = $state(false)
  /** Of the last thing asked of the model. */
  refusal = $state.raw<Problem | null>(null)
  tokens = $state.raw<readonly ShownToken[]>([])
  reused = $state(0)
  promptMs = $state(0)
  /** Of the tokens of this answer: how many, and how long they took. */
  answered = $state({ count: 0, milliseconds: 0 })
  result = $state.raw<Generated | null>(null)
  cache = $state.raw<CacheFacts | null>(null)

  readonly tokensPerSecond = $derived(
    this.answered.milliseconds > 0 ? (1000 * this.answered.count) / this.answered.milliseconds : null,
  )
  private readonly calls = new WorkerCalls<ModelCalls>(
    () => new Worker(new URL('./model.worker.ts', import.meta.url), { type: 'module' }),
  )

  /** Lists the server's models, and loads the one that is asked for, or the first. */
  async start(id: string | null): Promise<void> {
    this.problem = null
    try {
      this.offers = await ask<ModelOffer[]>('/api/models')
      this.listed = true
    } catch (error) {
      this.problem = problemOf(error)
      this.phase = 'failed'
      return
    }
    const offer = this.offers.find((one) => one.id === id) ?? this.offers[0]
    if (offer) await this.load({ kind: 'server', ...offer })
  }

  async load(source: ModelSource, device = this.device): Promise<void> {
    // Whatever the worker was doing, it is for a model that is not wanted any more.
    if (this.running || this.phase === 'loading') this.end()
    this.source = source
    this.device = device
    this.phase = 'loading'
    this.progress = 0
    this.problem = this.refusal = this.facts = this.cache = this.result = null
    this.tokens = []
    this.answered = { count: 0, milliseconds: 0 }
    const input = { source, device, threads: threadsHere() }
    try {
      const facts = await this.calls.call('load', input, (done) => (this.progress = done))
      if (this.source !== source) return
      this.facts = facts
      this.phase = 'ready'
    } catch (error) {
      if (this.source !== source) return
      this.problem = problemOf(error)
      this.phase = 'failed'
    }
  }

  /** Resolves when the model has written, was stopped or failed. */
  async generate(prompt: Prompt, options: GenerateOptions): Promise<void> {
    if (this.running) return
    this.running = true
    this.refusal = this.result = null
    this.answered = { count: 0, milliseconds: 0 }
    try {
      this.result = await this.calls.call('generate', { prompt, options }, (event) => this.hear(event))
      this.cache = await this.calls.call('cache', null)
    } catch (error) {
      const problem = problemOf(error)
      if (problem.code !== 'CANCELLED') this.refusal = problem
    } finally {
      this.running = false
    }
  }

  async stop(): Promise<void> {
    await this.calls.call('stop', null)
  }

  attention(layer: number): Promise<AttentionPart> {
    return this.calls.call('attention', { layer })
  }

  /** Ends the worker and all that it does. */
  end(): void {
    this.calls.end({ code: 'CANCELLED', message: 'Cancelled' })
    this.running = false
  }

  private hear(event: GenerateEvent): void {
    if (event.kind === 'prompt') {
      this.tokens = event.tokens
      this.reused = event.reused
      this.promptMs = event.milliseconds
    } else {
      this.tokens = [...this.tokens, event.token]
      const { count, milliseconds } = this.answered
      this.answered = { count: count + 1, milliseconds: milliseconds + event.milliseconds }
    }
  }
}

/** One core is left to the page. */
function threadsHere(): number {
  return Math.max(1, Math.min(MOST_THREADS, (navigator.hardwareConcurrency ?? 2) - 1))
}
