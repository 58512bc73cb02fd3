// /v1/chat/completions as OpenAI's own client meets it: every option, and answers of a required form.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Model } from '../../model/index.ts'
import { type Chat, chat, codeOf, messages, textOf } from './testing/asking.ts'
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
describe('chat', () => {
  it('answers, in one piece and in a stream', async () => {
    const answer = await chat(server, { n: 2 })
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
    const answer = await chat(server, {
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
    const text = await textOf(server, { prompt: 'System: Be short.\nUser: the cat\nAssistant:' })
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
    expect(await ask()).toBe(await textOf(server, { prompt: '[user]the cat[/][assistant]' }))
    expect(await ask({ chat_template_kwargs: { extra: 'cat' } })).toBe(
      await textOf(server, { prompt: 'cat[user]the cat[/][assistant]' }),
    )
    // The tokenizer's own end token ends a turn, whatever config.json says.
    Object.assign(templated.tokenizer!.spec.namedTokens, { eos_token: 'a' })
    const ended = await other.client.chat.completions.create({
      model: 'tiny',
      messages,
      logit_bias: { [templated.tokenizer!.idOf('a')]: 100 },
    })
    expect(ended.choices[0]).toMatchObject({ message: { content: '' }, finish_reason: 'stop' })
    Object.assign(templated.tokenizer!.spec.namedTokens, { eos_token: undefined })
    const begun = [...messages, { role: 'assistant' as const, content: 'on the' }]
    expect(await ask({ messages: begun, add_generation_prompt: false })).toBe(
      await textOf(server, { prompt: '[user]the cat[/][assistant]on the' }),
    )
    await other.close(0)
    await templated.release()
  })

  it('gives log-probabilities with bytes, also in a stream', async () => {
    const answer = await chat(server, { logprobs: true, top_logprobs: 2 })
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
          return (await chat(server, { ...warm, seed, response_format: format })).choices[0]!.message.content!
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
      const again = await chat(server, { ...warm, seed, response_format: format })
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
    const object = await chat(server, {
      ...warm,
      seed: 2,
      response_format: { type: 'json_object' },
      ...close,
    })
    expect(typeof JSON.parse(object.choices[0]!.message.content!)).toBe('object')
    for (const seed of [1, 2, 3]) {
      const guided_choice = ['yes', 'no', 'maybe — 猫']
      expect(guided_choice).toContain(await textOf(server, { ...warm, seed, guided_choice }))
      expect(await textOf(server, { ...warm, seed, guided_regex: '[a-c]{3}-\\d+!' })).toMatch(
        /^[a-c]{3}-\d+!$/,
      )
    }
    const text = await chat(server, { response_format: { type: 'text' } })
    expect(text.choices[0]!.message.content).toBe((await chat(server)).choices[0]!.message.content)
  })

  it('names what it cannot obey', async () => {
    expect(await codeOf(chat(server, { guided_regex: '(' }))).toBe('400 PATTERN_INVALID')
    const odd = { type: 'json_schema' as const, json_schema: { name: 'a', schema: { type: 'wizard' } } }
    expect(await codeOf(chat(server, { response_format: odd }))).toMatch(/^400 /)
    const impossible = { type: 'json_schema' as const, json_schema: { name: 'a', schema: { enum: [] } } }
    expect(await codeOf(chat(server, { response_format: impossible }))).toMatch(/^400 /)
  })
})
