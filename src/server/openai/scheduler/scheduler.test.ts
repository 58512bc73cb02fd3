import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TesseraError } from '../../../core/index.ts'
import type { Engine, Lane, PromptInCache } from './engine.ts'
import { Scheduler, type SchedulerOptions, type Work } from './scheduler.ts'

const VOCAB = 8

interface FakePrompt extends PromptInCache {
  ids: number[]
  fed: number
}
interface FakeLane extends Lane {
  ids: number[]
  live: boolean
}

/** The next token is a hash of all before, as one-hot logits: whoever mixes lanes up gets other tokens. */
function logitsOf(ids: readonly number[]): Float32Array {
  const logits = new Float32Array(VOCAB)
  logits[ids.reduce((hash, id) => (hash * 31 + id + 7) % 9973, ids.length) % VOCAB] = 1
  return logits
}

class FakeEngine implements Engine<FakePrompt, FakeLane> {
  readonly vocab = VOCAB
  readonly log: string[] = []
  open = 0
  live = 0
  most = 0
  largestFeed = 0
  failAt = Infinity
  private steps = 0

  begin(prompt: ArrayLike<number>): FakePrompt {
    this.open++
    return { ids: Array.from(prompt), fed: 0, drop: () => this.open-- }
  }

  async feed(prompt: FakePrompt, count: number, want: 'last' | 'all' | 'none') {
    await Promise.resolve()
    this.log.push(`feed ${prompt.ids[0]}:${count}`)
    this.largestFeed = Math.max(this.largestFeed, count)
    const rows = Array.from({ length: count }, (_, i) => [
      ...logitsOf(prompt.ids.slice(0, prompt.fed + i + 1)),
    ])
    prompt.fed += count
    if (want === 'none') return null
    return Float32Array.from(want === 'all' ? rows.flat() : rows.at(-1)!)
  }

  join(prompt: FakePrompt, count: number): FakeLane[] {
    expect(prompt.fed).toBe(prompt.ids.length)
    this.open--
    this.live += count
    this.most = Math.max(this.most, this.live)
    return Array.from({ length: count }, () => {
      const lane: FakeLane = {
        ids: [...prompt.ids],
        live: true,
        leave: () => {
          expect(lane.live).toBe(true)
          lane.live = false
          this.live--
        },
      }
      return lane
    })
  }

  async step(lanes: readonly FakeLane[], ids: readonly number[]): Promise<Float32Array> {
    await Promise.resolve()
    if (++this.steps === this.failAt) throw new TesseraError('RUNTIME_FAILED', 'No memory')
    this.log.push(`step ${lanes.length}`)
    expect(lanes.every(({ live }) => live)).toBe(true)
    for (const [i, lane] of lanes.entries()) lane.ids.push(ids[i]!)
    return Float32Array.from(lanes.flatMap((lane) => [...logitsOf(lane.ids)]))
  }

  reset(): void {
    this.open = 0
    this.live = 0
  }
}

const standard: SchedulerOptions = { lanes: 4, queue: 1000, chunk: 8 }

interface Asked {
  prompt: number[]
  tokens: number
  n?: number
  client?: string
}

function work(asked: Asked, signal = new AbortController().signal): { work: Work; texts: number[][] } {
  const texts: number[][] = Array.from({ length: asked.n ?? 1 }, () => [])
  return {
    texts,
    work: {
      client: asked.client ?? 'a',
      prompt: asked.prompt,
      signal,
      choices: texts.map((text) => ({
        next(logits: Float32Array) {
          const id = logits.indexOf(1)
          text.push(id)
          // Whatever it writes there is nobody else's.
          logits.fill(0)
          return text.length === asked.tokens ? null : id
        },
      })),
    },
  }
}

function alone({ prompt, tokens }: Asked): number[] {
  const ids = [...prompt]
  for (let i = 0; i < tokens; i++) ids.push(logitsOf(ids).indexOf(1))
  return ids.slice(prompt.length)
}

const asked = fc.record({
  prompt: fc.array(fc.nat(VOCAB - 1), { minLength: 1, maxLength: 30 }),
  tokens: fc.integer({ min: 1, max: 12 }),
  n: fc.integer({ min: 1, max: 4 }),
  client: fc.constantFrom('a', 'b', 'c'),
  later: fc.nat(3),
  givenUpAfter: fc.option(fc.nat(10), { freq: 3 }),
})

describe('Scheduler', () => {
  it('gives everybody what they would get alone, within its lanes and chunks, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { maxLength: 20 }),
        fc.integer({ min: 1, max: 16 }),
        async (all, chunk) => {
          const engine = new FakeEngine()
          const scheduler = new Scheduler(engine, { ...standard, chunk })
          await Promise.all(
            all.map(async (one) => {
              for (let i = 0; i < one.later; i++) await new Promise((resolve) => setImmediate(resolve))
              const controller = new AbortController()
              const { work: mine, texts } = work(one, controller.signal)
              const [ended] = scheduler.submit([mine])
              if (one.givenUpAfter !== null) {
                void (async () => {
                  for (let i = 0; i < one.givenUpAfter!; i++)
                    await new Promise((resolve) => setImmediate(resolve))
                  controller.abort()
                })()
              }
              const error = await ended!.then(
                () => null,
                (cause: unknown) => cause as TesseraError,
              )
              if (error) expect([error.code, one.givenUpAfter === null]).toEqual(['CANCELLED', false])
              const expected = alone(one)
              for (const text of texts) {
                expect(text).toEqual(error ? expected.slice(0, text.length) : expected)
              }
            }),
          )
          expect(engine.most).toBeLessThanOrEqual(standard.lanes)
          expect(engine.largestFeed).toBeLessThanOrEqual(chunk)
          expect([engine.open, engine.live]).toEqual([0, 0])
          expect(scheduler.state).toEqual({ waiting: 0, reading: 0, running: 0 })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('does not let a long prompt hold up what runs, nor a short prompt behind it', async () => {
    const engine = new FakeEngine()
    const scheduler = new Scheduler(engine, standard)
    const short = work({ prompt: [1], tokens: 20 })
    const long = work({ prompt: [2, ...Array.from({ length: 79 }, () => 0)], tokens: 1 })
    const other = work({ prompt: [3, 0, 0], tokens: 1 })
    await Promise.all(scheduler.submit([short.work, long.work, other.work]))
    // A step follows each chunk, and the third prompt is read after the second's first chunk.
    expect(engine.log.slice(0, 6)).toEqual([
      'feed 1:1',
      'feed 2:7',
      'step 1',
      'feed 3:3',
      'feed 2:5',
      'step 1',
    ])
    const fed = engine.log.filter((line) => line.startsWith('feed 2')).map((line) => Number(line.slice(7)))
    expect(fed.reduce((sum, count) => sum + count, 0)).toBe(80)
    expect(Math.max(...fed)).toBeLessThanOrEqual(standard.chunk)
    expect(long.texts[0]).toEqual(alone({ prompt: [2, ...Array.from({ length: 79 }, () => 0)], tokens: 1 }))
  })

  it('serves clients in turn', async () => {
    const engine = new FakeEngine()
    const scheduler = new Scheduler(engine, { ...standard, lanes: 1 })
    const of = (client: string, first: number) => work({ prompt: [first], tokens: 1, client }).work
    const crowd = [1, 2, 3].map((first) => of('crowd', first))
    await Promise.all(scheduler.submit([...crowd, of('single', 7)]))
    expect(engine.log).toEqual(['feed 1:1', 'feed 7:1', 'feed 2:1', 'feed 3:1'])
  })

  it('takes no more than its queue, all or none, and says when to come back', async () => {
    const scheduler = new Scheduler(new FakeEngine(), { lanes: 1, queue: 2, chunk: 8 })
    const one = () => work({ prompt: [1], tokens: 3 }).work
    const first = scheduler.submit([one(), one()])
    expect(() => scheduler.submit([one(), one()])).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
    expect(scheduler.state.waiting).toBe(2)
    const third = scheduler.submit([one()])
    expect(() => scheduler.task('a', new AbortController().signal, async () => 1)).toThrow(/try again in/i)
    expect(scheduler.retryAfter).toBeGreaterThanOrEqual(1)
    await Promise.all([...first, ...third])
    await Promise.all(scheduler.submit([one()]))
  })

  it('fails the work whose choice throws, and nobody else', async () => {
    const engine = new FakeEngine()
    const scheduler = new Scheduler(engine, standard)
    const good = work({ prompt: [1], tokens: 9, n: 2 })
    const bad = work({ prompt: [2], tokens: 9, n: 2 })
    const next = bad.work.choices[1]!.next.bind(bad.work.choices[1])
    let calls = 0
    bad.work.choices[1]!.next = (logits) => {
      if (++calls === 3) throw new TesseraError('PATTERN_INVALID', 'No')
      return next(logits)
    }
    const [a, b] = scheduler.submit([good.work, bad.work])
    await expect(b).rejects.toMatchObject({ code: 'PATTERN_INVALID' })
    await a
    expect(good.texts[0]).toEqual(alone({ prompt: [1], tokens: 9 }))
    expect(engine.live).toBe(0)
  })

  it('fails what runs when the engine does, and goes on with what waits', async () => {
    const engine = new FakeEngine()
    engine.failAt = 3
    const scheduler = new Scheduler(engine, { ...standard, lanes: 1 })
    const first = work({ prompt: [1], tokens: 9 })
    const second = work({ prompt: [2], tokens: 9 })
    const [a, b] = scheduler.submit([first.work, second.work])
    await expect(a).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
    await b
    expect(second.texts[0]).toEqual(alone({ prompt: [2], tokens: 9 }))
  })

  it('gives the logits of every token of a prompt that is only read', async () => {
    const scheduler = new Scheduler(new FakeEngine(), { ...standard, chunk: 3 })
    const prompt = [3, 1, 4, 1, 5, 2, 6]
    const seen: number[] = []
    let read = 0
    const ended = scheduler.submit([
      {
        client: 'a',
        prompt,
        choices: [],
        signal: new AbortController().signal,
        readPrompt(logits, from, rows) {
          expect(from).toBe(seen.length)
          for (let row = 0; row < rows; row++) seen.push(logits.indexOf(1, row * VOCAB) - row * VOCAB)
        },
        read: () => read++,
      },
    ])
    await Promise.all(ended)
    expect(seen).toEqual(prompt.map((_, i) => logitsOf(prompt.slice(0, i + 1)).indexOf(1)))
    expect(read).toBe(1)
  })

  it('does other tasks piece by piece between steps', async () => {
    const engine = new FakeEngine()
    const scheduler = new Scheduler(engine, standard)
    const running = work({ prompt: [1], tokens: 6 })
    const [ended] = scheduler.submit([running.work])
    let pieces = 0
    const value = scheduler.task('b', new AbortController().signal, async () => {
      engine.log.push('task')
      return ++pieces === 3 ? 'done' : undefined
    })
    expect(await value).toBe('done')
    await ended
    expect(engine.log.slice(0, 6)).toEqual(['feed 1:1', 'step 1', 'task', 'step 1', 'task', 'step 1'])
    const failing = scheduler.task('b', new AbortController().signal, async () => {
      throw new TesseraError('RUNTIME_FAILED', 'No')
    })
    await expect(failing).rejects.toMatchObject({ code: 'RUNTIME_FAILED' })
  })

  it('drains: ends what it has, takes nothing new', async () => {
    const scheduler = new Scheduler(new FakeEngine(), standard)
    const last = work({ prompt: [1], tokens: 5 })
    const [ended] = scheduler.submit([last.work])
    const drained = scheduler.drain()
    expect(() => scheduler.submit([last.work])).toThrow(expect.objectContaining({ code: 'SHUTTING_DOWN' }))
    await Promise.all([ended, drained])
    expect(last.texts[0]).toHaveLength(5)
    await scheduler.drain()
  })
})
