// The Train page's state: what the server offers, its runs, and the one that is looked at, followed by its events.
// The runs live in the server: this page may come and go.
import type {
  Evaluation,
  ModelOffer,
  RunDetail,
  RunEvent,
  RunSummary,
  SizeOffer,
  StartRequest,
  TextSample,
  TrainingOverview,
} from '../../server/index.ts'
import { type Problem, problemOf } from '../shell/problem.ts'
import { ask } from '../shell/server.ts'

const AT = '/api/training'

export class Training {
  overview = $state.raw<TrainingOverview | null>(null)
  sizes = $state.raw<readonly SizeOffer[]>([])
  runs = $state.raw<readonly RunSummary[]>([])
  /** The run that is looked at. */
  run = $state.raw<RunSummary | null>(null)
  losses = $state.raw<RunDetail['losses']>([])
  evaluations = $state.raw<readonly Evaluation[]>([])
  samples = $state.raw<readonly TextSample[]>([])
  /** Models to take away, of this server. */
  models = $state.raw<readonly ModelOffer[]>([])
  /** Of the page: the server cannot be reached, or has no such run. */
  problem = $state.raw<Problem | null>(null)
  /** Of the last thing asked for. */
  refusal = $state.raw<Problem | null>(null)
  /** No events come at the moment. */
  cut = $state(false)
  private events: EventSource | null = null

  readonly busy = $derived(this.runs.find(({ state }) => state === 'running' || state === 'stopping') ?? null)

  /** `id`: the run to look at; else the one under way, or the newest. */
  async load(id: string | null): Promise<void> {
    this.problem = null
    try {
      const overview = await ask<TrainingOverview>(AT)
      this.overview = overview
      this.runs = overview.runs
      this.sizes = overview.sizes
      void this.listModels()
      const shown = overview.runs.find((run) => run.id === id) ?? this.busy ?? overview.runs[0]
      if (shown) this.follow(shown.id)
      // It takes some seconds the first time.
      if (overview.sizes.some(({ tokensPerSecond }) => tokensPerSecond === null)) {
        this.sizes = await ask<SizeOffer[]>(`${AT}/speeds`)
      }
    } catch (error) {
      this.problem = problemOf(error)
    }
  }

  /** False when it was refused. */
  async start(request: StartRequest): Promise<boolean> {
    const run = await this.asked<RunSummary>(AT, request)
    if (!run) return false
    this.runs = [run, ...this.runs]
    this.follow(run.id)
    return true
  }

  async stop(): Promise<void> {
    await this.asked(`${AT}/${this.run!.id}/stop`)
  }

  async resume(rate?: number): Promise<void> {
    await this.asked(`${AT}/${this.run!.id}/resume`, { rate })
  }

  async remove(): Promise<void> {
    const { id } = this.run!
    if (!(await this.asked(`${AT}/${id}`, undefined, 'DELETE'))) return
    this.end()
    this.run = null
    this.runs = this.runs.filter((run) => run.id !== id)
    if (this.runs[0]) this.follow(this.runs[0].id)
  }

  /** Looks at a run: all that is known of it, then what happens. */
  follow(id: string): void {
    this.end()
    this.refusal = null
    this.run = this.runs.find((run) => run.id === id) ?? null
    this.losses = this.evaluations = this.samples = []
    const events = new EventSource(`${AT}/${id}/events`)
    this.events = events
    events.addEventListener('message', ({ data }: MessageEvent<string>) => {
      this.cut = false
      this.hear(JSON.parse(data) as RunEvent)
    })
    // The browser connects again by itself, and hears everything anew.
    events.addEventListener('error', () => (this.cut = this.events === events))
  }

  end(): void {
    this.events?.close()
    this.events = null
    this.cut = false
  }

  private hear(event: RunEvent): void {
    switch (event.kind) {
      case 'detail': {
        const { losses, evaluations, samples, ...run } = event.run
        this.losses = losses
        this.evaluations = evaluations
        this.samples = samples
        return this.see(run)
      }
      case 'summary':
        return this.see(event.run)
      case 'losses':
        this.losses = [...this.losses, ...event.losses]
        return
      case 'evaluation':
        this.evaluations = [...this.evaluations, event.evaluation]
        return
      case 'sample':
        this.samples = [...this.samples, event.sample]
    }
  }

  private see(run: RunSummary): void {
    // A run that has ended has a model, or a newer one.
    if (this.run?.state !== run.state && run.state !== 'running') void this.listModels()
    this.run = run
    this.runs = this.runs.map((one) => (one.id === run.id ? run : one))
  }

  private async listModels(): Promise<void> {
    this.models = await ask<ModelOffer[]>('/api/models').catch(() => this.models)
  }

  private async asked<T>(path: string, body: unknown = {}, method: 'POST' | 'DELETE' = 'POST') {
    this.refusal = null
    try {
      return await ask<T>(path, { method, body })
    } catch (error) {
      this.refusal = problemOf(error)
      return null
    }
  }
}
