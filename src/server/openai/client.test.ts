// The server as the official client meets it.
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

const complete = (more: Partial<OpenAI.CompletionCreateParamsNonStreaming> = {}) =>
  server.client.completions.create({
    model: 'tiny',
    prompt: 'the cat',
    max_tokens: 8,
    temperature: 0,
    ...more,
  })
const chat = (more: Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> = {}) =>
  server.client.chat.completions.create({
    model: 'tiny',
    messages: [{ role: 'user', content: 'the cat' }],
    max_tokens: 8,
    temperature: 0,
    ...more,
  })

describe('completions', () => {
  it('answers with text, reason and usage', async () => {
    const answer = await complete()
    expect(answer).toMatchObject({
      object: 'text_completion',
      model: 'tiny',
      choices: [{ index: 0, finish_reason: 'length', logprobs: null }],
      usage: { prompt_tokens: 2, completion_tokens: 8, total_tokens: 10 },
    })
    expect(answer.choices[0]!.text.length).toBeGreaterThan(0)
    expect((await complete()).choices[0]!.text).toBe(answer.choices[0]!.text)
  })
})

describe('chat', () => {
  it('answers', async () => {
    const answer = await chat()
    expect(answer.choices[0]!.message.role).toBe('assistant')
  })
})
