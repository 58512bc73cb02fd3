import { afterAll, beforeAll, expect, it } from 'vitest'
import { beamSearch, generate, score } from './index.ts'
import { logSumExp } from './sampling/logits.ts'
import { tinyModel, type Tiny } from './testing/tiny.ts'

let tiny: Tiny
beforeAll(async () => {
  tiny = await tinyModel()
})
afterAll(() => tiny.release())

const TEXT = 'The boy was with them, naïve 日本 🙂 and the sea. '

/** Of each id after those before it, by the plain forward function. */
async function plainLogprobs(ids: ArrayLike<number>): Promise<number[]> {
  const rows = await tiny.oracle(ids)
  return Array.from(ids, (id, at) => (at === 0 ? NaN : rows[at - 1]![id]! - logSumExp(rows[at - 1]!)))
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length)
  for (const [i, one] of expected.entries()) {
    if (Number.isNaN(one)) expect(actual[i]).toBeNaN()
    else expect(Math.abs(actual[i]! - one)).toBeLessThan(2e-3)
  }
}

it('scores all tokens of a text in one pass, behind the token that begins texts', async () => {
  const text = TEXT.repeat(9)
  const { ids, logprobs, bitsPerByte, bytes, top } = await score(tiny.model, text, { top: 3 })
  expect([...ids]).toEqual([tiny.end, ...tiny.tokenizer.encode(text)])
  const expected = await plainLogprobs(ids)
  expectNear(logprobs, expected)
  expect(bytes).toBe(Buffer.byteLength(text))
  const nats = -expected.slice(1).reduce((a, b) => a + b, 0)
  expect(bitsPerByte).toBeCloseTo(nats / Math.LN2 / Buffer.byteLength(text), 3)
  expect(top![0]).toEqual([])
  for (const [at, list] of top!.entries()) {
    for (const { id, logprob } of list) if (id === ids[at]) expect(logprob).toBe(logprobs[at])
    if (at > 0) expect(list).toHaveLength(3)
  }
})

it('scores ids as they are given', async () => {
  const ids = tiny.tokenizer.encode(TEXT)
  const scored = await score(tiny.model, ids)
  expect([...scored.ids]).toEqual([...ids])
  expectNear(scored.logprobs, await plainLogprobs(ids))
  expect(scored.bytes).toBe(tiny.tokenizer.decodeBytes(ids.subarray(1)).length)
  await expect(score(tiny.model, [5])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  await expect(score(tiny.model, TEXT, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  })
})

it('scores texts beyond the positions in windows, each token after at least half of one', async () => {
  const short = await tinyModel({ maxPositions: 40 })
  const ids = Array.from(tiny.tokenizer.encode(TEXT.repeat(4))).slice(0, 113)
  const { logprobs } = await score(short.model, ids)
  const starts = [0, 20, 40, 60, 80]
  const expected: number[] = []
  for (const [i, start] of starts.entries()) {
    const own = await plainLogprobs(ids.slice(start, start + 40))
    expected.push(...(i === 0 ? own : own.slice(20)))
  }
  expectNear(logprobs, expected)
  await short.release()
})

/** All answers of up to `length` tokens out of a few, with the sum of their log-probabilities. */
async function allAnswers(prompt: ArrayLike<number>, few: readonly number[], length: number) {
  const found: { ids: number[]; logprob: number; ended: boolean }[] = []
  const visit = async (ids: number[], logprob: number): Promise<void> => {
    if (ids.length === length) {
      found.push({ ids, logprob, ended: false })
      return
    }
    const row = (await tiny.oracle([...Array.from(prompt), ...ids])).at(-1)!
    const total = logSumExp(row)
    found.push({ ids, logprob: logprob + row[tiny.end]! - total, ended: true })
    for (const id of few) await visit([...ids, id], logprob + row[id]! - total)
  }
  await visit([], 0)
  return found
}

it('beam search with enough beams finds the best of all answers', async () => {
  const prompt = tiny.tokenizer.encode('The old man')
  const few = ['a', 'b', 'c'].map((letter) => tiny.tokenizer.encode(letter)[0]!)
  const all = await allAnswers(prompt, few, 4)
  for (const lengthPenalty of [0, 1, 2]) {
    const scored = all
      .map((one) => ({
        ...one,
        score: one.logprob / Math.max(1, one.ids.length + (one.ended ? 1 : 0)) ** lengthPenalty,
      }))
      // Under the constraint an answer has at least one letter to be whole.
      .filter(({ ids }) => ids.length > 0)
      .sort((a, b) => b.score - a.score)
    const found = await beamSearch(tiny.model, prompt, {
      beams: 128,
      n: 5,
      maxTokens: 4,
      lengthPenalty,
      constraint: { regex: '[abc]+' },
    })
    expect(found.map(({ ids }) => ids)).toEqual(scored.slice(0, 5).map(({ ids }) => ids))
    for (const [i, { score, logprob, text, finishReason, ids }] of found.entries()) {
      expect(score).toBeCloseTo(scored[i]!.score, 2)
      expect(logprob).toBeCloseTo(scored[i]!.logprob, 2)
      expect(finishReason).toBe(scored[i]!.ended ? 'stop' : 'length')
      expect(text).toBe(tiny.tokenizer.decode(ids))
    }
  }
})

/** The same search without caches and lanes. */
async function plainBeams(prompt: ArrayLike<number>, width: number, length: number): Promise<number[][]> {
  let beams = [{ ids: [] as number[], logprob: 0 }]
  for (let i = 0; i < length; i++) {
    const next: { ids: number[]; logprob: number }[] = []
    for (const { ids, logprob } of beams) {
      const row = (await tiny.oracle([...Array.from(prompt), ...ids])).at(-1)!
      const total = logSumExp(row)
      for (const [id, logit] of row.entries())
        next.push({ ids: [...ids, id], logprob: logprob + logit - total })
    }
    beams = next.sort((a, b) => b.logprob - a.logprob).slice(0, width)
  }
  return beams.map(({ ids }) => ids)
}

it('beam search goes the way of the plain search', async () => {
  const prompt = tiny.tokenizer.encode('The boy 日')
  for (const beams of [1, 3, 6]) {
    const found = await beamSearch(tiny.model, prompt, { beams, n: beams, maxTokens: 10, ignoreEos: true })
    expect(found.map(({ ids }) => ids)).toEqual(await plainBeams(prompt, beams, 10))
  }
  const [one] = await beamSearch(tiny.model, prompt, { beams: 1, maxTokens: 10, ignoreEos: true })
  expect(one!.ids).toEqual(
    (await generate(tiny.model, prompt, { maxTokens: 10, ignoreEos: true }).result).ids,
  )
})

it('beam search leaves the prompt in the given cache, and refuses what makes no sense', async () => {
  const cache = tiny.model.cache()
  const first = await beamSearch(tiny.model, 'The old man', { maxTokens: 6, cache })
  expect(cache.length).toBe(tiny.tokenizer.count('The old man'))
  expect(first).toEqual(await beamSearch(tiny.model, 'The old man', { maxTokens: 6 }))
  cache.release()
  for (const options of [{ beams: 0 }, { beams: 2, n: 3 }, { lengthPenalty: NaN }, { maxTokens: 0 }]) {
    await expect(beamSearch(tiny.model, 'a', options)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  }
  const signal = AbortSignal.abort()
  await expect(beamSearch(tiny.model, 'a', { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
})
