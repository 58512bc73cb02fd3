// The other endpoints: embeddings, models, tokens, health and numbers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Model } from '../../model/index.ts'
import { codeOf, complete, messages } from './testing/asking.ts'
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
    expect(await codeOf(server.client.models.retrieve('gpt-4'))).toBe('404 MODEL_NOT_FOUND')
    expect(await codeOf(complete(server, { model: 'gpt-4' }))).toBe('404 MODEL_NOT_FOUND')
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
    await complete(server)
    expect(await (await fetch(`${server.base}/health`)).json()).toMatchObject({ status: 'ok', model: 'tiny' })
    const text = await (await fetch(`${server.base}/metrics`)).text()
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) tessera_\w+ .+|tessera_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [-+.\deInf]+)$/,
      )
    }
    const generated = Number(/^tessera_generated_tokens_total (\d+)$/m.exec(text)![1])
    expect(generated).toBeGreaterThanOrEqual(8)
    expect(text).toMatch(/requests_total\{endpoint="\/v1\/completions",status="200"\} \d+/)
    expect(text).toMatch(/^tessera_step_lanes_bucket\{le="\+Inf"\} [1-9]/m)
    expect(text).toMatch(/^tessera_choices_finished_total\{reason="length"\} [1-9]/m)
    expect(text).toMatch(/^tessera_running 0$/m)
  })

  it('counts what it knew of a prompt', async () => {
    const prompt = 'the rain fell on the plain while the dog sat on the log and the cat on the mat in Spain'
    await complete(server, { prompt })
    const { usage } = await complete(server, { prompt: `${prompt} and` })
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(15)
  })
})
