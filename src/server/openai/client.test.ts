// The server as OpenAI's own client meets it: every endpoint and every option.
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { argmax, logSumExp } from '../../decode/index.ts'
import type { Model } from '../../model/index.ts'
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

type Completion = Partial<OpenAI.CompletionCreateParamsNonStreaming> & Record<string, unknown>
type Chat = Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown>

const base = { model: 'tiny', prompt: 'the cat', max_tokens: 8, temperature: 0 }
const messages = [{ role: 'user' as const, content: 'the cat' }]
const complete = (more: Completion = {}) => server.client.completions.create({ ...base, ...more })
const chat = (more: Chat = {}) =>
  server.client.chat.completions.create({ model: 'tiny', messages, max_tokens: 8, temperature: 0, ...more })
const textOf = async (more: Completion = {}) => (await complete(more)).choices[0]!.text
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof OpenAI.APIError ? `${error.status} ${error.code}` : String(error)),
  )

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
    const answer = await complete({ max_tokens: 12 })
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
    const whole = await textOf()
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
    const one = await textOf({ prompt: 'the dog sat' })
    expect(await textOf({ prompt: ids })).toBe(one)
    const several = await complete({ prompt: ['the cat', 'the dog sat'], n: 2 })
    expect(several.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3])
    const cat = await textOf()
    expect(several.choices.map(({ text }) => text)).toEqual([cat, cat, one, one])
    expect((await complete({ prompt: [ids, ids] })).choices.map(({ text }) => text)).toEqual([one, one])
  })

  it('repeats a seed, draws n different answers from it, and others from another', async () => {
    const warm = { temperature: 1.5, seed: 7, n: 3, max_tokens: 16 }
    const texts = async (more: Completion) =>
      (await complete({ ...warm, ...more })).choices.map(({ text }) => text)
    const first = await texts({})
    expect(await texts({})).toEqual(first)
    expect(new Set(first).size).toBe(3)
    expect(await texts({ n: 1 })).toEqual([first[0]])
    expect(await texts({ seed: 8 })).not.toEqual(first)
    expect(await texts({ seed: undefined })).not.toEqual(await texts({ seed: undefined }))
  })

  it('ends before a stop string, in one piece and in a stream', async () => {
    const text = await textOf({ max_tokens: 20 })
    const stop = text.slice(5, 8)
    const at = text.indexOf(stop)
    const stopped = await complete({ max_tokens: 20, stop: [stop, 'never there'] })
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
    const stopped = await complete({ stop_token_ids: [end] })
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
    const forced = await complete({ logit_bias: { '97': 100 } })
    expect(forced.choices[0]!.text).toBe(model.tokenizer!.decode(Array.from({ length: 8 }, () => 97)))
    const without = await complete({ logit_bias: { [ids[0]!]: -100 }, logprobs: 0 })
    expect(without.choices[0]!.logprobs!.tokens).not.toContain(model.tokenizer!.decode([ids[0]!]))
    for (const penalty of [{ repetition_penalty: 100 }, { presence_penalty: 2, frequency_penalty: 2 }]) {
      expect(await textOf({ max_tokens: 32, ...penalty })).not.toBe(await textOf({ max_tokens: 32 }))
    }
    // top_k 1, a tiny top_p and min_p 1 all leave the likeliest token.
    for (const only of [{ top_k: 1 }, { top_p: 0 }, { min_p: 1 }]) {
      expect(await textOf({ temperature: 1.9, seed: 3, ...only })).toBe(await textOf())
    }
  })

  it('gives log-probabilities of tokens and their rivals', async () => {
    const { logprobs } = (await complete({ logprobs: 3 })).choices[0]!
    const steps = await alone(model.tokenizer!.encode('the cat'), 8)
    expect(logprobs!.tokens).toHaveLength(8)
    for (const [i, { id, logits }] of steps.entries()) {
      const total = logSumExp(logits)
      expect(logprobs!.token_logprobs![i]).toBeCloseTo(logits[id]! - total, 4)
      const top = Object.values(logprobs!.top_logprobs![i]!)
      expect(top).toHaveLength(3)
      expect(Math.max(...top)).toBeCloseTo(logprobs!.token_logprobs![i]!, 6)
    }
    const bare = (await complete({ logprobs: 0, temperature: 1, seed: 1 })).choices[0]!.logprobs!
    expect(bare.top_logprobs).toBeNull()
  })

  it('echoes, and scores a prompt without writing a token', async () => {
    const prompt = 'the cat sat on the mat'
    const echoed = await complete({ prompt, echo: true })
    expect(echoed.choices[0]!.text).toBe(prompt + (await textOf({ prompt })))
    const scored = await complete({ prompt, echo: true, max_tokens: 0, logprobs: 1 })
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
    const both = await complete({ prompt, echo: true, max_tokens: 4, logprobs: 0, n: 2 })
    for (const choice of both.choices) expect(choice.logprobs!.tokens).toHaveLength(ids.length + 4)
  })
})

describe('chat', () => {
  it('answers, in one piece and in a stream', async () => {
    const answer = await chat({ n: 2 })
    expect(answer).toMatchObject({
      object: 'chat.completion',
      usage: { completion_tokens: 16 },
      choices: [
        { index: 0, finish_reason: 'length', message: { role: 'assistant', refusal: null } },
        { index: 1 },
      ],
    })
    const whole = answer.choices[0]!.message.content
    const stream = await server.client.chat.completions.create({
      model: 'tiny',
      messages,
      max_completion_tokens: 8,
      temperature: 0,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    const chunks = []
    for await (const chunk of stream) {
      chunks.push(chunk)
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe(whole)
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant')
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length')
    expect(chunks.at(-1)!.usage).toMatchObject({ completion_tokens: 8 })
  })

  it('writes plain lines for a model without a template, and says so', async () => {
    const [{ chat_template: template } = {}] = (await server.client.models.list()).data as unknown as {
      chat_template: string
    }[]
    expect(template).toBe('plain')
    const answer = await chat({
      messages: [
        { role: 'developer', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'the ' },
            { type: 'text', text: 'cat' },
          ],
        },
      ],
    })
    const text = await textOf({ prompt: 'System: Be short.\nUser: the cat\nAssistant:' })
    expect(answer.choices[0]!.message.content).toBe(text)
  })

  it('uses the template of the tokenizer, and its variables', async () => {
    const chatTemplate =
      '{{ extra }}{% for m in messages %}[{{ m.role }}]{{ m.content }}[/]{% endfor %}' +
      '{% if add_generation_prompt %}[assistant]{% endif %}'
    const templated = await tinyModel({ chatTemplate })
    const other = await testServer(templated)
    const ask = async (more: Chat = {}) => {
      const answer = await other.client.chat.completions.create({
        model: 'tiny',
        messages,
        max_tokens: 8,
        temperature: 0,
        ...more,
      })
      return answer.choices[0]!.message.content
    }
    expect(await ask()).toBe(await textOf({ prompt: '[user]the cat[/][assistant]' }))
    expect(await ask({ chat_template_kwargs: { extra: 'cat' } })).toBe(
      await textOf({ prompt: 'cat[user]the cat[/][assistant]' }),
    )
    const begun = [...messages, { role: 'assistant' as const, content: 'on the' }]
    expect(await ask({ messages: begun, add_generation_prompt: false })).toBe(
      await textOf({ prompt: '[user]the cat[/][assistant]on the' }),
    )
    await other.close(0)
    await templated.release()
  })

  it('gives log-probabilities with bytes, also in a stream', async () => {
    const answer = await chat({ logprobs: true, top_logprobs: 2 })
    const content = answer.choices[0]!.logprobs!.content!
    expect(content).toHaveLength(8)
    const bytes = content.flatMap((one) => one.bytes!)
    expect(Buffer.from(bytes).toString()).toBe(answer.choices[0]!.message.content)
    for (const one of content) {
      expect(one.top_logprobs).toHaveLength(2)
      expect(one.top_logprobs[0]!.logprob).toBe(one.logprob)
    }
    const stream = await server.client.chat.completions.create({
      model: 'tiny',
      messages,
      max_tokens: 8,
      temperature: 0,
      logprobs: true,
      stream: true,
    })
    const streamed = []
    for await (const chunk of stream) streamed.push(...(chunk.choices[0]!.logprobs?.content ?? []))
    expect(streamed.map((one) => one.logprob)).toEqual(content.map((one) => one.logprob))
  })
})

describe('the form of an answer', () => {
  const schema = {
    type: 'object',
    properties: { name: { enum: ['cat', 'dog'] }, legs: { type: 'integer', minimum: 0, maximum: 9 } },
    required: ['name', 'legs'],
    additionalProperties: false,
  }
  const format = { type: 'json_schema' as const, json_schema: { name: 'animal', strict: true, schema } }
  const warm = { max_tokens: 200, temperature: 1.2 }

  it('obeys a schema, whole and streamed, alone and in a batch', async () => {
    const contents = await Promise.all(
      Array.from({ length: 6 }, async (_, seed) => {
        if (seed % 2 === 0) {
          return (await chat({ ...warm, seed, response_format: format })).choices[0]!.message.content!
        }
        let text = ''
        const stream = await server.client.chat.completions.create({
          model: 'tiny',
          messages,
          ...warm,
          seed,
          response_format: format,
          stream: true,
        })
        for await (const { choices } of stream) text += choices[0]!.delta.content ?? ''
        return text
      }),
    )
    for (const [seed, content] of contents.entries()) {
      const animal = JSON.parse(content) as { name: string; legs: number }
      expect(Object.keys(animal).sort()).toEqual(['legs', 'name'])
      expect(['cat', 'dog']).toContain(animal.name)
      expect(animal.legs).toBeGreaterThanOrEqual(0)
      expect(animal.legs).toBeLessThanOrEqual(9)
      const again = await chat({ ...warm, seed, response_format: format })
      expect([again.choices[0]!.message.content, again.choices[0]!.finish_reason]).toEqual([content, 'stop'])
    }
  })

  it('parses with the client’s own helper', async () => {
    const answer = await server.client.chat.completions.parse({
      model: 'tiny',
      messages,
      ...warm,
      seed: 1,
      response_format: format,
    })
    expect(answer.choices[0]!.message.parsed).toMatchObject({ name: expect.any(String) as string })
  })

  it('gives some JSON object, a choice, or a match', async () => {
    // A random model goes on and on; closing brackets end it.
    const close = { logit_bias: { [model.tokenizer!.idOf('}')]: 10 } }
    const object = await chat({ ...warm, seed: 2, response_format: { type: 'json_object' }, ...close })
    expect(typeof JSON.parse(object.choices[0]!.message.content!)).toBe('object')
    for (const seed of [1, 2, 3]) {
      const guided_choice = ['yes', 'no', 'maybe — 猫']
      expect(guided_choice).toContain(await textOf({ ...warm, seed, guided_choice }))
      expect(await textOf({ ...warm, seed, guided_regex: '[a-c]{3}-\\d+!' })).toMatch(/^[a-c]{3}-\d+!$/)
    }
    const text = await chat({ response_format: { type: 'text' } })
    expect(text.choices[0]!.message.content).toBe((await chat()).choices[0]!.message.content)
  })

  it('names what it cannot obey', async () => {
    expect(await code(chat({ guided_regex: '(' }))).toBe('400 PATTERN_INVALID')
    const odd = { type: 'json_schema' as const, json_schema: { name: 'a', schema: { type: 'wizard' } } }
    expect(await code(chat({ response_format: odd }))).toMatch(/^400 /)
    const impossible = { type: 'json_schema' as const, json_schema: { name: 'a', schema: { enum: [] } } }
    expect(await code(chat({ response_format: impossible }))).toMatch(/^400 /)
  })
})

describe('embeddings', () => {
  it('gives one vector of length 1 for each text, the same in both encodings', async () => {
    const input = ['the cat', 'the dog sat on the log', 'a']
    const floats = await server.client.embeddings.create({ model: 'tiny', input, encoding_format: 'float' })
    expect(floats.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([
      [0, 32],
      [1, 32],
      [2, 32],
    ])
    for (const { embedding } of floats.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5)
    const base64 = await server.client.embeddings.create({ model: 'tiny', input })
    expect(base64.data.map(({ embedding }) => Array.from(embedding))).toEqual(
      floats.data.map(({ embedding }) => embedding),
    )
    expect(floats.usage.prompt_tokens).toBe(input.reduce((n, text) => n + model.tokenizer!.count(text), 0))
  })

  it('pools as asked, whatever the chunks', async () => {
    const ids = Array.from({ length: 300 }, (_, i) => (i * 13) % 256)
    const { hidden } = await model.step({ ids, want: { logits: 'none', hidden: [2] } })
    const rows = Array.from({ length: 300 }, (_, t) => hidden[2]!.subarray(t * 32, (t + 1) * 32))
    const expected = {
      cls: Array.from(rows[0]!),
      last: Array.from(rows[299]!),
      mean: Array.from(rows[0]!, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / 300),
    }
    for (const [pooling, vector] of Object.entries(expected)) {
      const body = { model: 'tiny', input: ids, pooling, normalize: false, encoding_format: 'float' as const }
      const { data } = await server.client.embeddings.create(body)
      for (const [i, value] of vector.entries()) expect(data[0]!.embedding[i]).toBeCloseTo(value, 4)
    }
  })
})

describe('the other endpoints', () => {
  it('names its model', async () => {
    const [only] = (await server.client.models.list()).data
    expect(only).toMatchObject({ id: 'tiny', object: 'model', max_model_len: 1024, precision: 'fp32' })
    expect(await server.client.models.retrieve('tiny')).toMatchObject({ id: 'tiny' })
    expect(await code(server.client.models.retrieve('gpt-4'))).toBe('404 MODEL_NOT_FOUND')
    expect(await code(complete({ model: 'gpt-4' }))).toBe('404 MODEL_NOT_FOUND')
  })

  it('tokenizes and back', async () => {
    const prompt = 'the cat — 猫'
    const made = (await (await server.post('/tokenize', { prompt, return_token_strs: true })).json()) as {
      tokens: number[]
      count: number
      token_strs: string[]
    }
    expect(made.tokens).toEqual(Array.from(model.tokenizer!.encode(prompt)))
    expect([made.count, made.token_strs.length]).toEqual([made.tokens.length, made.tokens.length])
    const back = await (await server.post('/detokenize', { tokens: made.tokens })).json()
    expect(back).toEqual({ prompt })
    const chat = (await (await server.post('/tokenize', { messages })).json()) as { tokens: number[] }
    expect(model.tokenizer!.decode(chat.tokens)).toBe('User: the cat\nAssistant:')
  })

  it('tells its health and its numbers', async () => {
    expect(await (await fetch(`${server.base}/health`)).json()).toMatchObject({ status: 'ok', model: 'tiny' })
    const text = await (await fetch(`${server.base}/metrics`)).text()
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) tessera_\w+ .+|tessera_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.\deInf]+)$/,
      )
    }
    const generated = Number(/^tessera_generated_tokens_total (\d+)$/m.exec(text)![1])
    expect(generated).toBeGreaterThan(100)
    expect(text).toMatch(/requests_total\{endpoint="\/v1\/completions",status="200"\} \d+/)
    expect(text).toMatch(/^tessera_step_lanes_bucket\{le="\+Inf"\} [1-9]/m)
    expect(text).toMatch(/^tessera_running 0$/m)
  })

  it('counts what it knew of a prompt', async () => {
    const prompt = 'the rain fell on the plain while the dog sat on the log and the cat on the mat in Spain'
    await complete({ prompt })
    const { usage } = await complete({ prompt: `${prompt} and` })
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(15)
  })
})
