// One tokenizer in a process of its own, which works when it is its turn and waits otherwise. Processes do not
// share a heap, a collector or compiled code: no contestant pays for what another one does. The two halves of
// the talk are here: `startContestant` for the bench, and below it what runs in the process.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { encoder, type Encoder, type Vocabulary } from './encoders.ts'
import { collectGarbage, timed, type Timing } from './harness.ts'

export const METRICS = ['encode', 'count', 'decode'] as const
export type Metric = (typeof METRICS)[number]

type Rows = ReturnType<Encoder['encode']>

interface Turn {
  encode: readonly string[]
  /** Text that `encode` has not seen. */
  count: readonly string[]
  /** Each metric is done again until so much wall time is over; only the first time is reported. */
  atLeastMs: number
}

/** A metric that the contestant does not have is left out. */
type TurnTimings = Partial<Record<Metric, Timing>>

export interface TurnResult {
  timings: TurnTimings
  /** How many ids `encode` made. */
  ids: number
}

export interface Contestant {
  readonly name: string
  /** Times each metric on the texts; decoding gets the ids that this encoder has just made. */
  turn(turn: Turn): Promise<TurnResult>
  end(): void
}

/** Starts the process and waits until its tokenizer is loaded. */
export async function startContestant(name: string, vocabulary: Vocabulary): Promise<Contestant> {
  const child = fork(fileURLToPath(import.meta.url), [name, vocabulary], {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
  })
  await message(child, name)
  return {
    name,
    turn: (turn) => {
      const answer = message(child, name) as Promise<TurnResult>
      child.send(turn)
      return answer
    },
    end: () => child.kill(),
  }
}

/** The next message; rejects when the process ends first. */
async function message(child: ChildProcess, name: string): Promise<unknown> {
  const stop = new AbortController()
  const { signal } = stop
  const ended = once(child, 'exit', { signal }).then(([code]: unknown[]) => {
    throw new Error(`The process of ${name} ended with code ${String(code)}`)
  })
  try {
    const [value] = (await Promise.race([once(child, 'message', { signal }), ended])) as unknown[]
    return value
  } finally {
    ended.catch(() => {})
    stop.abort()
  }
}

async function contestant(name: string, vocabulary: Vocabulary): Promise<void> {
  const { encode, count, decode } = await encoder(name, vocabulary)
  const measure = async <T>(run: () => T | Promise<T>, atLeastMs: number): Promise<Timing> => {
    collectGarbage('minor')
    const first = await timed(run)
    for (let spent = first.wallMs; spent < atLeastMs;) spent += (await timed(run)).wallMs
    return first
  }
  process.on('message', (turn: Turn) => {
    void (async () => {
      const timings: TurnTimings = {}
      let made: Rows = []
      timings.encode = await measure(() => (made = encode(turn.encode)), turn.atLeastMs)
      if (count) timings.count = await measure(() => count(turn.count), turn.atLeastMs)
      const rows = await made
      if (decode) timings.decode = await measure(() => decode(rows), turn.atLeastMs)
      process.send!({ timings, ids: rows.reduce((sum, row) => sum + row.length, 0) } satisfies TurnResult)
    })()
  })
  process.on('disconnect', () => process.exit())
  process.send!('ready')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await contestant(process.argv[2]!, process.argv[3] as Vocabulary)
}
