import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../../core/index.ts'
import { argmax } from '../../../decode/index.ts'
import type { Model } from '../../../model/index.ts'
import { tinyModel } from '../testing/served.ts'
import { ModelEngine } from './model-engine.ts'
import { PrefixStore } from './prefix-store.ts'
import { Scheduler } from './scheduler.ts'

let model: Model

beforeAll(async () => {
  model = await tinyModel()
})
afterAll(() => model.release())

/** One token after the other, a cache of its own: what every other way must equal. */
async function alone(prompt: readonly number[], tokens: number) {
  const cache = model.cache()
  let input = [...prompt]
  const ids: number[] = []
  const logits: Float32Array[] = []
  while (ids.length < tokens) {
    const step = await model.step({ ids: input, cache })
    logits.push(step.logits!.slice())
    input = [argmax(step.logits!)]
    ids.push(input[0]!)
  }
  cache.release()
  return { ids, logits }
}

function expectClose(a: Float32Array, b: Float32Array): void {
  const largest = Math.max(...b.map(Math.abs))
  for (let i = 0; i < b.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(2e-5 * largest)
}

describe('ModelEngine', () => {
  it('gives every lane what it gets alone, whoever joins, leaves, or shares a beginning with it', async () => {
    const random = new Random(7)
    const ids = (count: number) => Array.from({ length: count }, () => random.int(model.config.vocabSize))
    const beginnings = [[], ids(40), ids(70)]
    const known = new PrefixStore(2 ** 24)
    const engine = new ModelEngine(model, known, 6)
    let reused = 0
    const scheduler = new Scheduler(
      engine,
      { lanes: 6, queue: 100, chunk: 24 },
      { known: (tokens) => (reused += tokens) },
    )
    const requests = Array.from({ length: 20 }, () => ({
      prompt: [...random.pick(beginnings), ...ids(1 + random.int(30))],
      tokens: 1 + random.int(20),
      n: random.int(4) === 0 ? 2 : 1,
      later: random.int(40),
      // A choice that ends early makes a hole between others.
    }))
    const ended = requests.map(async ({ prompt, tokens, n, later }) => {
      for (let i = 0; i < later; i++) await new Promise((resolve) => setImmediate(resolve))
      const answers = Array.from({ length: n }, () => ({ ids: [] as number[], logits: [] as Float32Array[] }))
      await Promise.all(
        scheduler.submit([
          {
            client: 'a',
            prompt,
            signal: new AbortController().signal,
            choices: answers.map((answer, i) => ({
              next(logits: Float32Array) {
                answer.logits.push(logits.slice())
                answer.ids.push(argmax(logits))
                return answer.ids.length < Math.max(1, tokens - 5 * i) ? answer.ids.at(-1)! : null
              },
            })),
          },
        ]),
      )
      const expected = await alone(prompt, tokens)
      for (const answer of answers) {
        const count = answer.ids.length
        expect(answer.ids).toEqual(expected.ids.slice(0, count))
        for (const [i, logits] of answer.logits.entries()) expectClose(logits, expected.logits[i]!)
      }
    })
    await Promise.all(ended)
    expect(reused).toBeGreaterThan(250)
    expect(engine.bytes).toBe(0)
    // A second time nearly everything is known, answers included.
    const { prompt, tokens } = requests.find((one) => one.prompt.length > 40 && one.n === 1)!
    const first = await alone(prompt, tokens)
    const longer = [...prompt, ...first.ids]
    const again = engine.begin(longer, true)
    expect(again.fed).toBe(longer.length - 1)
    const logits = (await engine.feed(again, 1, 'last'))!
    expectClose(logits, (await alone(longer, 1)).logits[0]!)
    again.drop()
  })

  it('gives up sharing when somebody else joins, in a column that had shared, too', async () => {
    const engine = new ModelEngine(model, new PrefixStore(0), 8)
    const prompt = Array.from({ length: 50 }, (_, i) => (i * 11) % 256)
    const other = [...prompt.slice(0, 34), 7]
    const first = engine.begin(prompt, true)
    await engine.feed(first, prompt.length, 'last')
    const lanes = engine.join(first, 4)
    await engine.step(lanes, [1, 2, 3, 4])
    lanes[1]!.leave()
    const second = engine.begin(other, true)
    await engine.feed(second, other.length, 'last')
    const [joined] = engine.join(second, 1)
    const { vocab } = engine
    const logits = await engine.step([lanes[0]!, joined!, lanes[3]!], [5, 6, 8])
    const rows = [
      [...prompt, 1, 5],
      [...other, 6],
      [...prompt, 4, 8],
    ]
    for (const [i, ids] of rows.entries()) {
      expectClose(logits.slice(i * vocab, (i + 1) * vocab), (await alone(ids, 1)).logits[0]!)
    }
  })

  it('keeps a prompt shared by several answers once', async () => {
    const engine = new ModelEngine(model, new PrefixStore(0), 8)
    const prompt = Array.from({ length: 200 }, (_, i) => (i * 7) % 256)
    const shared = engine.begin(prompt, true)
    await engine.feed(shared, 200, 'last')
    const one = shared.cache.bytes
    const lanes = engine.join(shared, 8)
    await engine.step(lanes, [1, 2, 3, 4, 5, 6, 7, 8])
    expect(engine.bytes).toBeLessThan(3 * one)
    for (const lane of lanes) lane.leave()
  })
})

describe('PrefixStore', () => {
  it('stays within its budget, the least recently used going first', async () => {
    const prompts = [1, 2, 3].map((first) => Array.from({ length: 64 }, (_, i) => (first * 50 + i) % 256))
    const filled = async (ids: readonly number[]) => {
      const cache = model.cache({ capacity: ids.length })
      await model.step({ ids, cache, want: { logits: 'none' } })
      return cache
    }
    const { bytes } = await filled(prompts[0]!)
    const store = new PrefixStore(2.5 * bytes)
    store.add(prompts[0]!, await filled(prompts[0]!))
    store.add(prompts[1]!, await filled(prompts[1]!))
    expect(store.take([...prompts[0]!, 9], 64)?.length).toBe(64)
    store.add(prompts[2]!, await filled(prompts[2]!))
    expect(store.bytes).toBeLessThanOrEqual(2.5 * bytes)
    expect(prompts.map((ids) => store.take(ids, 63)?.length ?? 0)).toEqual([63, 0, 63])
    // Less than is worth it, and more than may be taken.
    expect(store.take(prompts[0]!.slice(0, 15), 14)).toBeNull()
    expect(store.take(prompts[0]!, 20)?.length).toBe(20)
    // What begins something known is known; what something known begins takes its place.
    store.add(prompts[0]!.slice(0, 30), await filled(prompts[0]!.slice(0, 30)))
    expect(store.size).toBe(2)
    const longer = [...prompts[0]!, 1, 2, 3]
    store.add(longer, await filled(longer))
    expect(store.size).toBe(2)
    expect(store.take(longer, 99)?.length).toBe(67)
    store.clear()
    expect([store.size, store.bytes]).toEqual([0, 0])
  })
})
