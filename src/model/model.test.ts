import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import { loadModel, type Model, type StepInput } from './index.ts'
import { expectClose, type Tiny, tiny, tinyConfig } from './testing/tiny.ts'

const random = new Random(3)
const idsOf = (length: number) => Array.from({ length }, () => random.int(tinyConfig.vocabSize))
const { vocabSize, dim, layers } = tinyConfig

let made: Tiny
let model: Model

beforeAll(async () => {
  made = await tiny()
  model = await loadModel(made.checkpoint)
})

afterAll(async () => {
  await model.release()
  await made.release()
})

/** Logits of the last token of a sequence. */
async function lastOf(ids: readonly number[]): Promise<Float32Array> {
  return (await made.oracle(ids)).subarray((ids.length - 1) * vocabSize)
}

describe('a step gives what the training graph gives', () => {
  const kinds = {
    'grouped queries': {},
    'one head of keys': { kvHeads: 1 },
    'as many heads of keys': { kvHeads: 4 },
    'biases (Qwen2)': { qkvBias: true, family: 'qwen2' },
    'norms of heads (Qwen3)': { qkNorm: true, headDim: 16, family: 'qwen3' },
    'its own head, a window of 5': { tied: false, slidingWindow: 5, family: 'mistral' },
    'stretched positions': {
      ropeScaling: { kind: 'llama3', factor: 4, lowFrequency: 1, highFrequency: 4, original: 32 } as const,
    },
  }
  for (const [name, change] of Object.entries(kinds)) {
    test(name, async () => {
      const own = await tiny(change, 2)
      const model = await loadModel(own.checkpoint)
      const ids = idsOf(23)
      const expected = await own.oracle(ids)
      const whole = await model.step({ ids, want: { logits: 'all' } })
      expect(whole.rows).toBe(23)
      expectClose(whole.logits!, expected)
      // The same in pieces, over a cache.
      const cache = model.cache({ capacity: 2 })
      for (let from = 0; from < ids.length;) {
        const to = Math.min(ids.length, from + 1 + random.int(6))
        const { logits } = await model.step({ ids: ids.slice(from, to), cache, want: { logits: 'all' } })
        expectClose(logits!, expected.subarray(from * vocabSize, to * vocabSize))
        from = to
      }
      await Promise.all([model.release(), own.release()])
    })
  }
})

describe('what is wanted', () => {
  test('logits of the last, of chosen ones, of none', async () => {
    const ids = idsOf(7)
    const expected = await made.oracle(ids)
    const row = (t: number) => expected.subarray(t * vocabSize, (t + 1) * vocabSize)
    expectClose((await model.step({ ids })).logits!, row(6))
    const some = await model.step({ ids, want: { logits: [5, 0, 5] } })
    expect(some.rows).toBe(3)
    expectClose(some.logits!, [...row(5), ...row(0), ...row(5)])
    const cache = model.cache()
    expect(await model.step({ ids, cache, want: { logits: 'none' } })).toMatchObject({
      logits: null,
      rows: 0,
    })
    expect(cache.length).toBe(7)
  })

  test('hidden states; the last are what logits are made of, and embeddings may come from outside', async () => {
    const ids = idsOf(5)
    const wanted = { logits: 'all', hidden: [0, 1, layers] } as const
    const { hidden, logits } = await model.step({ ids, want: wanted })
    const table = await made.checkpoint.weight('embedding')
    expectClose(
      hidden[0]!,
      ids.flatMap((id) => [...table.subarray(id * dim, (id + 1) * dim)]),
      0,
    )
    const product = Array.from({ length: 5 * vocabSize }, (_, i) => {
      let sum = 0
      for (let j = 0; j < dim; j++) {
        sum += hidden[layers]![Math.floor(i / vocabSize) * dim + j]! * table[(i % vocabSize) * dim + j]!
      }
      return sum
    })
    expectClose(logits!, product)
    const again = await model.step({ embeddings: hidden[0]!, want: wanted })
    expect(again.logits).toEqual(logits)
    expect(again.hidden[1]).toEqual(hidden[1])
  })

  test('attention: rows sum to one, nobody looks ahead, and it is what the bias says', async () => {
    const cache = model.cache()
    await model.step({ ids: idsOf(3), cache })
    const { attention } = await model.step({ ids: idsOf(2), cache, want: { attention: [0, 1] } })
    for (const layer of [attention[0]!, attention[1]!]) {
      expect(layer.length).toBe(4 * 2 * 5)
      for (let row = 0; row < 8; row++) {
        const own = layer.subarray(row * 5, (row + 1) * 5)
        expect(own.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5)
        expect(own[4] === 0).toBe(row % 2 === 0)
        expect(own[3]).toBeGreaterThan(0)
      }
    }
    // Each token alone: all weight on itself.
    const bias = Float32Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? 0 : -Infinity))
    const alone = await model.step({ ids: idsOf(3), bias, want: { attention: [1] } })
    expect([...alone.attention[1]!.subarray(0, 9)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1])
  })

  test('activations are patched: with its own value nothing changes, with another run’s that run goes on', async () => {
    const [a, b] = [idsOf(6), idsOf(6)]
    const want = { logits: 'all', hidden: [0, 1, 2] } as const
    const first = await model.step({ ids: a, want })
    const second = await model.step({ ids: b, want })
    expect(model.patchable).toEqual(
      expect.arrayContaining(['embeddings', 'layers.0.attention', 'layers.1.output']),
    )
    const own = await model.step({ ids: a, want, patch: { 'layers.0.output': first.hidden[1]! } })
    expectClose(own.logits!, first.logits!)
    const other = await model.step({ ids: a, want, patch: { 'layers.0.output': second.hidden[1]! } })
    expectClose(other.logits!, second.logits!)
    expectClose(other.hidden[0]!, first.hidden[0]!, 0)
    const begun = await model.step({ ids: a, want, patch: { embeddings: second.hidden[0]! } })
    expectClose(begun.logits!, second.logits!)
    await expect(
      model.step({ ids: a, patch: { 'layers.9.output': first.hidden[1]! } }),
    ).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })
})

describe('lanes', () => {
  test('a batch of different lengths is what each is alone, step after step', async () => {
    const sequences = [idsOf(9), idsOf(4), idsOf(7)]
    const cache = model.cache({ lanes: 3 })
    const first = await model.step({ ids: sequences, cache })
    for (const [lane, ids] of sequences.entries()) {
      expectClose(first.logits!.subarray(lane * vocabSize, (lane + 1) * vocabSize), await lastOf(ids))
    }
    expect(cache.length).toBe(9)
    expect([...cache.nextPositions()]).toEqual([9, 4, 7])
    // A lane that waits, and lanes that go on by different lengths.
    for (const more of [
      [idsOf(1), [], idsOf(3)],
      [idsOf(2), idsOf(1), idsOf(1)],
      [[], idsOf(4), []],
    ]) {
      const { logits } = await model.step({ ids: more, cache })
      for (const [lane, ids] of more.entries()) {
        sequences[lane]!.push(...ids)
        const own = logits!.subarray(lane * vocabSize, (lane + 1) * vocabSize)
        if (ids.length === 0) expect(own.every((value) => value === 0)).toBe(true)
        else expectClose(own, await lastOf(sequences[lane]!))
      }
    }
  })

  test('hidden states, attention, embeddings and a bias of several lanes are by lane', async () => {
    const [a, b] = [idsOf(3), idsOf(3)]
    const want = { logits: 'all', hidden: [1], attention: [1] } as const
    const both = await model.step({ ids: [a, b], want })
    const bias = Float32Array.from({ length: 9 }, (_, i) => (i % 3 > i / 3 ? -Infinity : 0))
    const biased = await model.step({
      embeddings: (await model.step({ ids: [a, b], want: { hidden: [0] } })).hidden[0]!,
      cache: model.cache({ lanes: 2 }),
      bias,
      want,
    })
    for (const [lane, ids] of [a, b].entries()) {
      const alone = await model.step({ ids, want })
      for (const result of [both, biased]) {
        const part = (values: Float32Array) => {
          const size = values.length / 2
          return values.subarray(lane * size, (lane + 1) * size)
        }
        expectClose(part(result.logits!), alone.logits!)
        expectClose(part(result.hidden[1]!), alone.hidden[1]!)
        expectClose(part(result.attention[1]!), alone.attention[1]!)
      }
    }
  })
})

test('a tree of tokens in one step is its paths apart', async () => {
  const prompt = idsOf(6)
  // Token i hangs on parents[i]; -1: on the prompt.
  const parents = [-1, 0, 0, -1, 3, 4, 4]
  const tokens = idsOf(parents.length)
  const ancestors = (i: number): number[] => (i < 0 ? [] : [...ancestors(parents[i]!), i])
  const cache = model.cache()
  await model.step({ ids: prompt, cache })
  const slots = prompt.length + tokens.length
  const bias = new Float32Array(tokens.length * slots).fill(-Infinity)
  for (const i of tokens.keys()) {
    bias.fill(0, i * slots, i * slots + prompt.length)
    for (const j of ancestors(i)) bias[i * slots + prompt.length + j] = 0
  }
  const positions = Int32Array.from(parents, (_, i) => prompt.length + ancestors(i).length - 1)
  const { logits } = await model.step({ ids: tokens, positions, bias, cache, want: { logits: 'all' } })
  for (const i of tokens.keys()) {
    const path = [...prompt, ...ancestors(i).map((j) => tokens[j]!)]
    expectClose(logits!.subarray(i * vocabSize, (i + 1) * vocabSize), await lastOf(path))
  }
  // The accepted path stays; what comes next is as if there had been no tree.
  cache.gather([...prompt.keys(), ...ancestors(6).map((i) => prompt.length + i)])
  const [next] = idsOf(1)
  const path = [...prompt, ...ancestors(6).map((j) => tokens[j]!), next!]
  expectClose((await model.step({ ids: [next!], cache })).logits!, await lastOf(path))
})

describe('a long text goes through in several runs', () => {
  test('with the same logits, hidden states and cache, in lanes of different lengths', async () => {
    const own = await tiny({ maxPositions: 2048, layers: 1 }, 4)
    const long = await loadModel(own.checkpoint)
    const sequences = [600, 90, 280].map(idsOf)
    const cache = long.cache({ lanes: 3 })
    const last = await long.step({ ids: sequences, cache, want: { hidden: [0, 1] } })
    expect(cache.length).toBe(600)
    for (const [lane, ids] of sequences.entries()) {
      const expected = await own.oracle(ids)
      const logits = last.logits!.subarray(lane * vocabSize, (lane + 1) * vocabSize)
      expectClose(logits, expected.subarray((ids.length - 1) * vocabSize))
      const alone = await long.step({ ids, want: { logits: 'all', hidden: [0, 1] } })
      expectClose(alone.logits!, expected)
      for (const layer of [0, 1]) {
        const from = lane * 600 * dim
        expectClose(last.hidden[layer]!.subarray(from, from + ids.length * dim), alone.hidden[layer]!)
      }
    }
    const some = await long.step({ ids: sequences[0]!, want: { logits: [599, 3, 550] } })
    const whole = await own.oracle(sequences[0]!)
    const rows = [599, 3, 550].flatMap((t) => [...whole.subarray(t * vocabSize, (t + 1) * vocabSize)])
    expectClose(some.logits!, rows)
    await Promise.all([long.release(), own.release()])
  })
})

test('where new rows cannot be read in place, everything is the same', async () => {
  const apart = await loadModel(made.checkpoint, { inPlace: false })
  const prompt = idsOf(5)
  const results = []
  for (const one of [model, apart]) {
    const cache = one.cache()
    const first = await one.step({ ids: prompt, cache, want: { logits: 'all', attention: [0] } })
    const lanes = cache.fork(2)
    const rest = [prompt.slice(0, 3), prompt.slice(2, 5)]
    const second = await one.step({ ids: rest, cache: lanes, want: { attention: [1] } })
    const third = await one.step({ ids: [[1], [2]], cache: lanes })
    const fork = await one.step({ ids: [7], cache: cache.fork() })
    results.push({ first, second, third, fork })
  }
  const [here, there] = results as [(typeof results)[0], (typeof results)[0]]
  for (const name of ['first', 'second', 'third', 'fork'] as const) {
    expectClose(there[name].logits!, here[name].logits!)
    for (const [layer, values] of Object.entries(here[name].attention)) {
      expectClose(there[name].attention[Number(layer)]!, values)
    }
  }
  await apart.release()
})

describe('bad input', () => {
  const refused = (input: StepInput) =>
    model.step(input).then(
      () => 'nothing',
      (error: { code: string }) => error.code,
    )

  test('is refused with its code, and the cache stays as it was', async () => {
    const cache = model.cache()
    await model.step({ ids: [1, 2], cache })
    expect(await refused({ cache })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [] })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [vocabSize] })).toBe('ID_OUT_OF_RANGE')
    expect(await refused({ cache, ids: [1.5] })).toBe('ID_OUT_OF_RANGE')
    expect(await refused({ cache, ids: [[1], [2]] })).toBe('SHAPE_MISMATCH')
    expect(await refused({ cache, embeddings: new Float32Array(33) })).toBe('SHAPE_MISMATCH')
    expect(await refused({ cache, ids: [1], positions: Int32Array.of(1, 2) })).toBe('SHAPE_MISMATCH')
    expect(await refused({ cache, ids: [1], positions: Int32Array.of(-2) })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [1], positions: Int32Array.of(512) })).toBe('CONTEXT_OVERFLOW')
    expect(await refused({ cache, ids: [1], bias: new Float32Array(2) })).toBe('SHAPE_MISMATCH')
    expect(await refused({ cache, ids: [1], want: { logits: [1] } })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [1], want: { hidden: [layers + 1] } })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [1], want: { attention: [layers] } })).toBe('ARGUMENT_INVALID')
    expect(await refused({ cache, ids: [1], patch: { embeddings: new Float32Array(3) } })).toBe(
      'SHAPE_MISMATCH',
    )
    expect(cache.length).toBe(2)
    expectClose((await model.step({ ids: [3], cache })).logits!, await lastOf([1, 2, 3]))
  })

  test('one step at a time on a cache; other models’ caches and released models', async () => {
    const cache = model.cache()
    const running = model.step({ ids: [1], cache })
    expect(await refused({ ids: [2], cache })).toBe('ARGUMENT_INVALID')
    expect(() => cache.fork()).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    await running
    const own = await tiny({}, 9)
    const other = await loadModel(own.checkpoint)
    expect(await refused({ ids: [1], cache: other.cache() })).toBe('ARGUMENT_INVALID')
    await other.release()
    await expect(other.step({ ids: [1] })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await own.release()
  })
})
