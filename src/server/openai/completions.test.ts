// /v1/completions as OpenAI's own client meets it: every option.
import type OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { argmax, logSumExp } from '../../decode/index.ts'
import type { Model } from '../../model/index.ts'
import { type Completion, base, complete, textOf } from './testing/asking.ts'
import { testServer, type TestServer, tinyModel } from './testing/served.ts'

let model: Model
let server: TestServer

beforeAll(async () => {
  model = await tinyModel()
  server = await testServer(model)
})
afterAll(async () => {
  await server.close(1)
  await model.release()
})
/** Greedy ids and their logits, without the server. */
async function alone(prompt: ArrayLike<number>, tokens: number) {
  const cache = model.cache()
  let input = Array.from(prompt)
  const found: { id: number; logits: Float32Array }[] = []
  for (let i = 0; i < tokens; i++) {
    const logits = (await model.step({ ids: input, cache })).logits!.slice()
    const id = argmax(logits)
    input = [id]
    found.push({ id, logits })
  }
  return found
}

describe('completions', () => {
  it('answers with the text of the greedy ids, and with what was used', async () => {
    const answer = await complete(server, { max_tokens: 12 })
    const prompt = model.tokenizer!.encode('the cat')
    const ids = (await alone(prompt, 12)).map(({ id }) => id)
    expect(answer).toMatchObject({
      object: 'text_completion',
      model: 'tiny',
      choices: [{ index: 0, finish_reason: 'length', logprobs: null, text: model.tokenizer!.decode(ids) }],
      usage: { prompt_tokens: prompt.length, completion_tokens: 12, total_tokens: prompt.length + 12 },
    })
    expect(answer.id).toMatch(/^cmpl-/)
    expect(Math.abs(answer.created - Date.now() / 1000)).toBeLessThan(60)
  })

  it('streams the same text, with usage when asked for', async () => {
    const whole = await textOf(server)
    const stream = await server.client.completions.create({
      ...base,
      stream: true,
      stream_options: { include_usage: true },
    })
    const parts: OpenAI.Completion[] = []
    for await (const part of stream) parts.push(part)
    expect(parts.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole)
    expect(parts.at(-2)!.choices[0]!.finish_reason).toBe('length')
    expect(parts.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 8 } })
    const bare = await server.client.completions.create({ ...base, stream: true })
    for await (const part of bare) expect(part.choices).toHaveLength(1)
  })

  it('takes several prompts, as texts or ids, and n answers to each', async () => {
    const ids = Array.from(model.tokenizer!.encode('the dog sat'))
    const one = await textOf(server, { prompt: 'the dog sat' })
    expect(await textOf(server, { prompt: ids })).toBe(one)
    const several = await complete(server, { prompt: ['the cat', 'the dog sat'], n: 2 })
    expect(several.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    const cat = await textOf(server)
    expect(several.choices.map(({ text }) => text)).toEqual([cat, cat, one, one])
    expect((await complete(server, { prompt: [ids, ids] })).choices.map(({ text }) => text)).toEqual([
      one,
      one,
    ])
  })

  it('repeats a seed, draws n different answers from it, and others from another', async () => {
    const warm = { temperature: 1.5, seed: 7, n: 3, max_tokens: 16 }
    const texts = async (more: Completion) =>
      (await complete(server, { ...warm, ...more })).choices.map(({ text }) => text)
    const first = await texts({})
    expect(await texts({})).toEqual(first)
    expect(new Set(first).size).toBe(3)
    expect(await texts({ n: 1 })).toEqual([first[0]])
    expect(await texts({ seed: 8 })).not.toEqual(first)
    expect(await texts({ seed: undefined })).not.toEqual(await texts({ seed: undefined }))
  })

  it('ends before a stop string, in one piece and in a stream', async () => {
    const text = await textOf(server, { max_tokens: 20 })
    const stop = text.slice(5, 8)
    const at = text.indexOf(stop)
    const stopped = await complete(server, { max_tokens: 20, stop: [stop, 'never there'] })
    expect(stopped.choices[0]).toMatchObject({ text: text.slice(0, at), finish_reason: 'stop' })
    let streamed = ''
    const stream = await server.client.completions.create({ ...base, max_tokens: 20, stop, stream: true })
    for await (const { choices } of stream) streamed += choices[0]!.text
    expect(streamed).toBe(text.slice(0, at))
  })

  it('ends at stop ids and at the model’s end token, unless told otherwise', async () => {
    const ids = (await alone(model.tokenizer!.encode('the cat'), 8)).map(({ id }) => id)
    const end = ids[3]!
    const first = ids.indexOf(end)
    const stopped = await complete(server, { stop_token_ids: [end] })
    expect(stopped.choices[0]).toMatchObject({
      text: model.tokenizer!.decode(ids.slice(0, first)),
      finish_reason: 'stop',
    })
    const ending = await tinyModel({ eos: [end] })
    const other = await testServer(ending)
    const ended = await other.client.completions.create(base)
    expect(ended.choices[0]).toMatchObject({ text: stopped.choices[0]!.text, finish_reason: 'stop' })
    const on = await other.client.completions.create({ ...base, ignore_eos: true } as typeof base)
    expect(on.choices[0]).toMatchObject({ finish_reason: 'length' })
    await other.close(0)
    await ending.release()
  })

  it('biases, forbids and penalises tokens', async () => {
    const ids = (await alone(model.tokenizer!.encode('the cat'), 8)).map(({ id }) => id)
    const forced = await complete(server, { logit_bias: { '97': 100 } })
    expect(forced.choices[0]!.text).toBe(model.tokenizer!.decode(Array.from({ length: 8 }, () => 97)))
    const without = await complete(server, { logit_bias: { [ids[0]!]: -100 }, logprobs: 0 })
    expect(without.choices[0]!.logprobs!.tokens).not.toContain(model.tokenizer!.decode([ids[0]!]))
    for (const penalty of [{ repetition_penalty: 100 }, { presence_penalty: 2, frequency_penalty: 2 }]) {
      expect(await textOf(server, { max_tokens: 32, ...penalty })).not.toBe(
        await textOf(server, { max_tokens: 32 }),
      )
    }
    // top_k 1, a tiny top_p and min_p 1 all leave the likeliest token.
    for (const only of [{ top_k: 1 }, { top_p: 0 }, { min_p: 1 }]) {
      expect(await textOf(server, { temperature: 1.9, seed: 3, ...only })).toBe(await textOf(server))
    }
  })

  it('gives log-probabilities of tokens and their rivals', async () => {
    const { logprobs } = (await complete(server, { logprobs: 3 })).choices[0]!
    const steps = await alone(model.tokenizer!.encode('the cat'), 8)
    expect(logprobs!.tokens).toHaveLength(8)
    for (const [i, { id, logits }] of steps.entries()) {
      const total = logSumExp(logits)
      expect(logprobs!.token_logprobs![i]).toBeCloseTo(logits[id]! - total, 4)
      const top = Object.values(logprobs!.top_logprobs![i]!)
      expect(top).toHaveLength(3)
      expect(Math.max(...top)).toBeCloseTo(logprobs!.token_logprobs![i]!, 6)
    }
    const bare = (await complete(server, { logprobs: 0, temperature: 1, seed: 1 })).choices[0]!.logprobs!
    expect(bare.top_logprobs).toBeNull()
  })

  it('echoes, and scores a prompt without writing a token', async () => {
    const prompt = 'the cat sat on the mat'
    const echoed = await complete(server, { prompt, echo: true })
    expect(echoed.choices[0]!.text).toBe(prompt + (await textOf(server, { prompt })))
    const scored = await complete(server, { prompt, echo: true, max_tokens: 0, logprobs: 1 })
    expect(scored.choices[0]).toMatchObject({ text: prompt, finish_reason: 'length' })
    expect(scored.usage).toMatchObject({ completion_tokens: 0 })
    const { tokens, token_logprobs, text_offset, top_logprobs } = scored.choices[0]!.logprobs!
    const ids = Array.from(model.tokenizer!.encode(prompt))
    expect(tokens!.join('')).toBe(prompt)
    expect(text_offset!.map((at, i) => prompt.slice(at, text_offset![i + 1]))).toEqual(tokens)
    expect([token_logprobs![0], top_logprobs![0]]).toEqual([null, null])
    const { logits } = await model.step({ ids, want: { logits: 'all' } })
    const vocab = model.config.vocabSize
    for (let i = 1; i < ids.length; i++) {
      const row = logits!.subarray((i - 1) * vocab, i * vocab)
      expect(token_logprobs![i]).toBeCloseTo(row[ids[i]!]! - logSumExp(row), 4)
    }
    const both = await complete(server, { prompt, echo: true, max_tokens: 4, logprobs: 0, n: 2 })
    for (const choice of both.choices) expect(choice.logprobs!.tokens).toHaveLength(ids.length + 4)
  })
})
