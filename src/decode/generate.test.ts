import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { completions, generate, type GenerateOptions } from './index.ts'
import { argmax, logSumExp } from './sampling/logits.ts'
import { tinyModel, type Tiny } from './testing/tiny.ts'

let tiny: Tiny
beforeAll(async () => {
  tiny = await tinyModel()
})
afterAll(() => tiny.release())

const PROMPT = 'The old man and 日本'

/** Greedy by the oracle, computed anew for every token. */
async function plainGreedy(prompt: ArrayLike<number>, count: number): Promise<number[]> {
  const ids = Array.from(prompt)
  for (let i = 0; i < count; i++) {
    const best = argmax((await tiny.oracle(ids)).at(-1)!)
    if (best === tiny.end) break
    ids.push(best)
  }
  return ids.slice(prompt.length)
}

async function collected(prompt: string | number[], options: GenerateOptions) {
  const pieces = []
  const stream = generate(tiny.model, prompt, options)
  for await (const piece of stream) pieces.push(piece)
  return { pieces, result: await stream.result }
}

describe('generate', () => {
  it('takes the likeliest token of the plain forward function', async () => {
    for (const prompt of [PROMPT, 'a', '{"name": ']) {
      const ids = tiny.tokenizer.encode(prompt)
      const { result } = await collected(prompt, { maxTokens: 24 })
      expect(result.ids).toEqual(await plainGreedy(ids, 24))
    }
  })

  it('streams the text in pieces that never break a character and join to the whole', async () => {
    const { pieces, result } = await collected(PROMPT, {
      maxTokens: 60,
      temperature: 1.5,
      seed: 3,
      logprobs: 0,
    })
    const ids = [...tiny.tokenizer.encode(PROMPT), ...result.ids]
    expect(PROMPT + result.text).toBe(tiny.tokenizer.decode(ids, { skipSpecials: true }))
    expect(pieces.map(({ text }) => text).join('')).toBe(result.text)
    expect(pieces.flatMap(({ ids }) => ids)).toEqual(result.ids)
    for (const { text } of pieces) expect(text.isWellFormed()).toBe(true)
    expect(result.usage).toEqual({
      promptTokens: tiny.tokenizer.count(PROMPT),
      completionTokens: result.ids.length,
    })
  })

  it('goes on in a character that the prompt left open', async () => {
    const bytes = [...new TextEncoder().encode('é')].map((byte) =>
      Array.from({ length: tiny.tokenizer.vocabSize }, (_, id) => id).find((id) => {
        const own = tiny.tokenizer.info(id)
        return own.bytes.length === 1 && own.bytes[0] === byte && !own.special
      }),
    ) as number[]
    const { result } = await collected([bytes[0]!], { maxTokens: 1, logitBias: { [bytes[1]!]: 1e4 } })
    expect(result.ids).toEqual([bytes[1]])
    expect(result.text).toBe('é')
  })

  it('repeats with its seed, differs without, and draws other numbers for each answer', async () => {
    const options = { maxTokens: 20, temperature: 1.2, topP: 0.95, topK: 50, minP: 0.001, ignoreEos: true }
    const [a, b, c] = await Promise.all(
      [11, 11, 12].map(async (seed) => (await collected(PROMPT, { ...options, seed })).result.ids),
    )
    expect(a).toEqual(b)
    expect(c).not.toEqual(a)
    const many = await completions(tiny.model, PROMPT, { ...options, seed: 11, n: 3 }).results
    expect(many[0]!.ids).toEqual(a)
    expect(many[1]!.ids).not.toEqual(a)
    const free = await Promise.all([0, 1].map(async () => (await collected(PROMPT, options)).result.ids))
    expect(free[0]).not.toEqual(free[1])
  })

  it('gives several answers as each of them alone, though they end at different times', async () => {
    const options = { maxTokens: 40, temperature: 3, seed: 5, stop: ['a', 'e'] }
    const stream = completions(tiny.model, PROMPT, { ...options, n: 4 })
    const texts = ['', '', '', '']
    for await (const { index, text } of stream) texts[index]! += text
    const results = await stream.results
    expect(results.map(({ text }) => text)).toEqual(texts)
    expect(new Set(results.map(({ ids }) => ids.length)).size).toBeGreaterThan(1)
    // Every answer is what the oracle and the same random numbers give.
    const { TokenChooser, samplingOf } = await import('./index.ts')
    const prompt = tiny.tokenizer.encode(PROMPT)
    for (const [index, { ids, finishReason }] of results.entries()) {
      const chooser = new TokenChooser({ sampling: samplingOf(options), prompt, index })
      const seen = Array.from(prompt)
      for (const id of ids) {
        expect(chooser.choose((await tiny.oracle(seen)).at(-1)!)).toBe(id)
        seen.push(id)
      }
      if (finishReason === 'length') expect(ids).toHaveLength(40)
    }
  })

  it('never shows a stop string nor a part of it', async () => {
    const free = (await collected(PROMPT, { maxTokens: 60, temperature: 1.3, seed: 7 })).result.text
    await fc.assert(
      fc.asyncProperty(fc.nat(free.length - 2), fc.integer({ min: 1, max: 6 }), async (at, length) => {
        const stop = free.slice(at, at + length)
        const { pieces, result } = await collected(PROMPT, { maxTokens: 60, temperature: 1.3, seed: 7, stop })
        expect(result.text).toBe(free.slice(0, free.indexOf(stop)))
        expect(result.finishReason).toBe('stop')
        expect(pieces.map(({ text }) => text).join('')).toBe(result.text)
      }),
      { numRuns: 12 },
    )
  })

  it('ends at end tokens, unless they are to be passed over', async () => {
    const bias = { [tiny.end]: 1e4 }
    const { result } = await collected(PROMPT, { logitBias: bias })
    expect(result).toMatchObject({ text: '', ids: [], finishReason: 'stop' })
    const on = await collected(PROMPT, { logitBias: bias, ignoreEos: true, maxTokens: 3 })
    expect(on.result).toMatchObject({ text: '', ids: [tiny.end, tiny.end, tiny.end], finishReason: 'length' })
    const [first] = (await collected(PROMPT, { maxTokens: 1 })).result.ids
    const stopped = await collected(PROMPT, { stopTokens: [first!] })
    expect(stopped.result).toMatchObject({ ids: [], finishReason: 'stop' })
  })

  it('gives log-probabilities of the model itself, whatever the sampling', async () => {
    const { result, pieces } = await collected(PROMPT, {
      maxTokens: 10,
      temperature: 0.5,
      topK: 3,
      presencePenalty: 2,
      seed: 1,
      logprobs: 4,
    })
    const prompt = tiny.tokenizer.encode(PROMPT)
    const rows = (await tiny.oracle([...prompt, ...result.ids])).slice(prompt.length - 1)
    expect(pieces.flatMap(({ logprobs }) => logprobs!)).toEqual(result.logprobs)
    for (const [i, { id, logprob, top }] of result.logprobs!.entries()) {
      const row = rows[i]!
      const total = logSumExp(row)
      expect(id).toBe(result.ids[i])
      expect(logprob).toBeCloseTo(row[id]! - total, 3)
      expect(top.map(({ logprob }) => logprob)).toEqual(
        top.map(({ logprob }) => logprob).toSorted((a, b) => b - a),
      )
      expect(top[0]!.id).toBe(argmax(row))
      expect(top).toHaveLength(4)
    }
  })

  it('goes on in a cache as in one text, and leaves the answer in it', async () => {
    const cache = tiny.model.cache()
    const [a, b] = ['The old man', ' and the sea']
    for (const stop of [undefined, 'e']) {
      const first = await collected(a, { maxTokens: 5, cache, stop })
      const ids = [...tiny.tokenizer.encode(a), ...first.result.ids]
      expect(cache.length).toBe(ids.length)
      const more = await collected(b, { maxTokens: 8, cache })
      const whole = [...ids, ...tiny.tokenizer.encode(b)]
      expect(more.result.ids).toEqual(await plainGreedy(whole, 8))
      cache.truncate(0)
    }
    cache.release()
  })

  it('ends when it is cancelled, when the loop is left, and at the last position', async () => {
    const controller = new AbortController()
    const stream = generate(tiny.model, PROMPT, {
      maxTokens: 400,
      ignoreEos: true,
      signal: controller.signal,
    })
    let pieces = 0
    for await (const _ of stream) if (++pieces === 3) controller.abort()
    const cancelled = await stream.result
    expect(cancelled.finishReason).toBe('cancelled')
    expect(cancelled.ids.length).toBeLessThan(20)
    const left = generate(tiny.model, PROMPT, { maxTokens: 400, ignoreEos: true })
    for await (const _ of left) break
    expect(await left.result).toMatchObject({ finishReason: 'cancelled' })
    const early = AbortSignal.abort()
    expect((await collected(PROMPT, { signal: early })).result).toMatchObject({
      ids: [],
      finishReason: 'cancelled',
    })
    const long = Array.from({ length: 505 }, (_, i) => 1 + (i % 300))
    const { result } = await collected(long, { maxTokens: 100, ignoreEos: true })
    expect(result).toMatchObject({ finishReason: 'length' })
    expect(result.ids).toHaveLength(8)
  })

  it('refuses what makes no sense, in the loop and in the result', async () => {
    const code = (options: GenerateOptions, prompt: string | number[] = 'a') =>
      generate(tiny.model, prompt, options).result.then(
        () => null,
        (error: { code: string }) => error.code,
      )
    const bad: GenerateOptions[] = [
      { maxTokens: 0 },
      { temperature: -1 },
      { topP: 0 },
      { topK: 1.5 },
      { minP: 2 },
      { repetitionPenalty: 0 },
      { seed: 0.5 },
      { stop: [''] },
      { stopTokens: [9999] },
      { logprobs: -1 },
      { logitBias: { 3: NaN } },
      { constraint: {} as never },
    ]
    for (const options of bad) expect([options, await code(options)]).toEqual([options, 'ARGUMENT_INVALID'])
    expect(await code({}, [5000])).toBe('ID_OUT_OF_RANGE')
    expect(
      await code(
        {},
        Array.from({ length: 600 }, () => 1),
      ),
    ).toBe('CONTEXT_OVERFLOW')
    await expect(async () => {
      for await (const _ of generate(tiny.model, 'a', { maxTokens: 0 })) void _
    }).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
