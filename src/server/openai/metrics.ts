// Numbers about the server in Prometheus' text format (version 0.0.4): counters, gauges that are read when asked
// for, and histograms with fixed bounds. Label values come from closed sets, so that no client can make series.

type Labels = Readonly<Record<string, string>>

class Counter {
  private readonly values = new Map<string, number>()

  add(amount = 1, labels: Labels = {}): void {
    const key = written(labels)
    this.values.set(key, (this.values.get(key) ?? 0) + amount)
  }

  lines(name: string): string[] {
    if (this.values.size === 0) return [`${name} 0`]
    return [...this.values].map(([labels, value]) => `${name}${labels} ${value}`)
  }
}

class Histogram {
  private readonly bounds: readonly number[]
  private readonly counts: number[]
  private sum = 0
  private count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.sum += value
    this.count++
    const at = this.bounds.findIndex((bound) => value <= bound)
    if (at >= 0) this.counts[at]!++
  }

  lines(name: string): string[] {
    let below = 0
    const buckets = this.bounds.map(
      (bound, i) => `${name}_bucket{le="${bound}"} ${(below += this.counts[i]!)}`,
    )
    return [
      ...buckets,
      `${name}_bucket{le="+Inf"} ${this.count}`,
      `${name}_sum ${this.sum}`,
      `${name}_count ${this.count}`,
    ]
  }
}

function written(labels: Labels): string {
  const parts = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`,
  )
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** Seconds, about a factor of 2 apart. */
const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60, 120]
const LANES = [1, 2, 4, 8, 16, 32, 64]

export class Metrics {
  readonly requests = new Counter()
  readonly promptTokens = new Counter()
  readonly knownTokens = new Counter()
  readonly generatedTokens = new Counter()
  readonly finished = new Counter()
  readonly duration = new Histogram(SECONDS)
  readonly firstToken = new Histogram(SECONDS)
  readonly stepSeconds = new Histogram(SECONDS)
  readonly stepLanes = new Histogram(LANES)
  readonly readingSeconds = new Counter()

  /** The page. `gauges`: name without prefix → [help, value now]. */
  text(gauges: Readonly<Record<string, readonly [help: string, value: number]>>): string {
    const families: [name: string, kind: string, help: string, lines: (name: string) => string[]][] = [
      counter('requests_total', 'HTTP requests answered, by endpoint and status', this.requests),
      counter('prompt_tokens_total', 'Tokens of prompts read by the model', this.promptTokens),
      counter('prompt_tokens_known_total', 'Tokens of prompts taken from shared prefixes', this.knownTokens),
      counter('generated_tokens_total', 'Tokens generated', this.generatedTokens),
      counter('choices_finished_total', 'Answers that ended, by reason', this.finished),
      counter('reading_seconds_total', 'Time spent reading prompts', this.readingSeconds),
      histogram('request_duration_seconds', 'From the request to its last byte made', this.duration),
      histogram('time_to_first_token_seconds', 'From the request to its first token', this.firstToken),
      histogram('step_duration_seconds', 'One step of the running batch', this.stepSeconds),
      histogram('step_lanes', 'Lanes in a step', this.stepLanes),
      ...Object.entries(gauges).map(([name, [help, value]]): (typeof families)[number] => [
        name,
        'gauge',
        help,
        (full) => [`${full} ${value}`],
      ]),
    ]
    return families
      .flatMap(([name, kind, help, lines]) => {
        const full = `tessera_${name}`
        return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`, ...lines(full)]
      })
      .concat('')
      .join('\n')
  }
}

function counter(name: string, help: string, of: Counter) {
  return [name, 'counter', help, (full: string) => of.lines(full)] as [
    string,
    string,
    string,
    typeof of.lines,
  ]
}

function histogram(name: string, help: string, of: Histogram) {
  return [name, 'histogram', help, (full: string) => of.lines(full)] as [
    string,
    string,
    string,
    typeof of.lines,
  ]
}
