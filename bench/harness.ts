// What every bench is made of: contestants run in turns on the same fresh input, in an order that is
// shuffled each round, timed in CPU and in wall time, and compared by their medians.
// A bench file has a first comment line that says what it shows, and two exports:
//   export const packages: string[]                                     npm names whose versions are printed
//   export default async function run(options: BenchOptions): Promise<BenchRow[]>
// Notes for people go to stderr (`note`): stdout belongs to the table or the JSON object.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Random } from '../src/core/index.ts'

export interface BenchOptions {
  /** More rounds, larger inputs, slower peers; without it a bench ends within a minute. */
  full: boolean
}

export interface BenchRow {
  case: string
  metric: string
  unit: string
  ours: number
  /** By npm name. A peer that cannot do the case is left out. */
  peers: Record<string, number>
  higherIsBetter: boolean
}

export interface Timing {
  cpuMs: number
  wallMs: number
}

/** Timings of one contestant, round by round, and their medians. */
export interface Timings {
  rounds: Timing[]
  cpuMs: number
  wallMs: number
}

/** Middle value; the mean of the two middle values of an even count; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

let sink = 0

/** Uses a result in a way that the optimiser cannot prove away. */
export function consume(value: unknown): void {
  if (typeof value === 'number') sink ^= value | 0
  else if (typeof value === 'string') sink ^= value.length && value.charCodeAt(value.length - 1)
  else if (typeof value === 'object' && value !== null && 'length' in value) sink ^= Number(value.length) | 0
  else if (value !== undefined) sink ^= 1
  if (sink === 0x5eed1e55) note('') // possible as far as the optimiser knows
}

/**
 * A collection, where Node runs with --expose-gc (`npm run bench` does). `minor` clears what the last
 * contestant has just thrown away, in a millisecond; a full one walks every vocabulary in memory.
 */
export function collectGarbage(type: 'major' | 'minor'): void {
  globalThis.gc?.({ type })
}

/** A line for the person who watches. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Runs and consumes once. CPU time is the whole process's: helper threads and the collector count. */
export async function timed(run: () => unknown): Promise<Timing> {
  const wall = performance.now()
  const cpu = process.cpuUsage()
  const result = run()
  // Awaiting a plain value would add a turn of the event loop to synchronous contestants.
  const value = result instanceof Promise ? await result : result
  const { user, system } = process.cpuUsage(cpu)
  const timing = { cpuMs: (user + system) / 1000, wallMs: performance.now() - wall }
  consume(value)
  return timing
}

export interface Race<Input> {
  /** By npm name; ours is called `tessera`. Each gets the very same input within a round. */
  contestants: Record<string, (input: Input) => unknown>
  /** Fresh input for a round; warm-up rounds have the first numbers. Made outside of the timing. */
  input: (round: number) => Input
  rounds: number
  /** Untimed rounds before, so that everybody's code is compiled. Default 1. */
  warmup?: number
  /**
   * In warm-up rounds everybody runs again and again on the round's input for this long, so that whoever is
   * quick has had as much time to be compiled as whoever is slow. Default 0: once.
   */
  warmupMs?: number
  seed?: number
}

/** Runs all contestants in turns; the order is shuffled anew each round. */
export async function race<Input>(options: Race<Input>): Promise<Record<string, Timings>> {
  const { contestants, input, rounds, warmup = 1, warmupMs = 0, seed = 1 } = options
  const random = new Random(seed)
  const names = Object.keys(contestants)
  const timings: Record<string, Timing[]> = Object.fromEntries(names.map((name) => [name, []]))
  collectGarbage('major')
  for (let round = 0; round < warmup + rounds; round++) {
    const text = input(round)
    for (const name of random.shuffle([...names])) {
      collectGarbage('minor')
      const timing = await timed(() => contestants[name]!(text))
      if (round >= warmup) timings[name]!.push(timing)
      else
        for (let spent = timing.wallMs; spent < warmupMs;) {
          spent += (await timed(() => contestants[name]!(text))).wallMs
        }
    }
  }
  return Object.fromEntries(names.map((name) => [name, medians(timings[name]!)]))
}

export function medians(rounds: Timing[]): Timings {
  return { rounds, cpuMs: median(rounds.map((t) => t.cpuMs)), wallMs: median(rounds.map((t) => t.wallMs)) }
}

/** Bytes and milliseconds as MB (10^6 bytes) per second. */
export function megabytesPerSecond(bytes: number, milliseconds: number): number {
  return bytes / 1000 / milliseconds
}

export interface ChildResult<T> extends Timing {
  value: T
  /** Resident memory in bytes: before the call, after it, and the process's highest. */
  rssBefore: number
  rssAfter: number
  rssPeak: number
}

/**
 * Calls an exported function of a module in a process of its own: for cold starts, for peak memory and for
 * peers that may not come back. `moduleUrl` is the caller's import.meta.url; the argument and the value
 * travel as JSON. Returns null when the child is stopped after `timeoutMs`; rejects when it fails.
 */
export function inChild<T>(
  moduleUrl: string,
  exportName: string,
  argument: unknown,
  { timeoutMs = 600_000, execArgv = ['--expose-gc'] }: { timeoutMs?: number; execArgv?: string[] } = {},
): Promise<ChildResult<T> | null> {
  const child = fork(
    fileURLToPath(new URL('./child.js', import.meta.url)),
    [moduleUrl, exportName, JSON.stringify(argument ?? null)],
    { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  )
  return new Promise((resolve, reject) => {
    let stopped = false
    const timer = setTimeout(() => {
      stopped = true
      child.kill('SIGKILL')
    }, timeoutMs)
    let result: ChildResult<T> | undefined
    child.on('message', (message) => {
      result = message as ChildResult<T>
    })
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(timer)
      if (result) resolve(result)
      else if (stopped) resolve(null)
      else reject(new Error(`${exportName} ended with code ${code} and without a result`))
    })
  })
}
