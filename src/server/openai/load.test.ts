// Many clients, and clients who vanish, lag or wait too long: what they leave is cleared away, and others do not
// notice.
import { connect } from 'node:net'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Model } from '../../model/index.ts'
import { until } from './testing/asking.ts'
import { testServer, type TestServer, tinyModel } from './testing/served.ts'

let model: Model
let server: TestServer

beforeAll(async () => {
  model = await tinyModel({ maxPositions: 4096 })
  server = await testServer(model, { maxBody: 100_000 })
})
afterAll(async () => {
  await server.close(1)
  await model.release()
})

const body = { model: 'tiny', prompt: 'the cat', max_tokens: 4, temperature: 0 }
const COMPLETIONS = '/v1/completions'

async function refusal(response: Promise<Response>): Promise<string> {
  const answer = await response
  const { error } = (await answer.json()) as { error: Record<string, unknown> }
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(typeof error.message).toBe('string')
  return `${answer.status} ${String(error.code)} ${String(error.param)}`
}

const state = (of = server) =>
  fetch(`${of.base}/health`).then(
    (r) => r.json() as Promise<{ running: number; waiting: number; reading: number }>,
  )

describe('clients that vanish or lag', () => {
  const long = { ...body, max_tokens: 4000 }

  it('frees the place of a client that goes away, streaming, reading or waiting', async () => {
    const small = await testServer(model, { maxBatch: 1 })
    for (const stream of [true, false]) {
      const controllers = [new AbortController(), new AbortController()]
      const requests = controllers.map(({ signal }) =>
        fetch(small.base + COMPLETIONS, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...long, stream }),
          signal,
        })
          .then((response) => response.text())
          .catch(() => 'gone'),
      )
      await until(async () => {
        const { running, waiting } = await state(small)
        return running === 1 && waiting === 1
      })
      // The one that waits, then the one that runs.
      controllers[1]!.abort()
      await until(async () => (await state(small)).waiting === 0)
      controllers[0]!.abort()
      await until(async () => (await state(small)).running === 0)
      expect(await Promise.all(requests)).toEqual(['gone', 'gone'])
    }
    expect((await small.post(COMPLETIONS, body)).status).toBe(200)
    await small.close(0)
  })

  it('does not wait for a reader who does not read', async () => {
    const text = JSON.stringify({ ...long, max_tokens: 1500, stream: true })
    const request = [
      `POST ${COMPLETIONS} HTTP/1.1`,
      `host: 127.0.0.1:${server.port}`,
      'content-type: application/json',
      `content-length: ${text.length}`,
    ]
    const socket = connect(server.port, '127.0.0.1')
    socket.pause()
    socket.write(`${request.join('\r\n')}\r\n\r\n${text}`)
    await until(async () => (await state()).running === 1)
    expect((await server.post(COMPLETIONS, body)).status).toBe(200)
    await until(async () => (await state()).running === 0)
    // All is there for whoever comes to read it at last.
    let received = ''
    socket.on('data', (data) => (received += data.toString()))
    socket.resume()
    await until(async () => received.includes('data: [DONE]'))
    expect(received.match(/^data: \{/gm)!.length).toBeGreaterThan(500)
    socket.destroy()
  })

  it('ends what takes too long, with an error or, in a stream, an event', async () => {
    const hasty = await testServer(model, { timeout: 1 })
    const endless = { ...long, max_tokens: 4000 }
    const [whole, streamed] = await Promise.all([
      refusal(hasty.post(COMPLETIONS, endless)),
      hasty.post(COMPLETIONS, { ...endless, stream: true }).then((response) => response.text()),
    ])
    expect(whole).toBe('504 TIMED_OUT null')
    expect(streamed).toMatch(/"code":"TIMED_OUT"/)
    expect(streamed.trimEnd().endsWith('data: [DONE]')).toBe(true)
    await hasty.close(0)
  })
})

describe('under load', () => {
  it('serves a hundred clients at once as if each were alone', async () => {
    const busy = await testServer(model, { maxBatch: 16, queue: 100 })
    const prompts = ['the cat', 'the dog sat on', 'in Spain the rain', '{"a": [1,']
    const ask = (i: number, of = busy) => {
      const request = {
        model: 'tiny',
        prompt: prompts[i % 4]!,
        max_tokens: 4 + (i % 13),
        ...(i % 2 === 0 ? { temperature: 0 } : { temperature: 1, seed: i % 8 }),
      }
      if (i % 3 > 0) return of.client.completions.create(request).then(({ choices }) => choices[0]!.text)
      return of.client.completions.create({ ...request, stream: true }).then(async (stream) => {
        let text = ''
        for await (const { choices } of stream) text += choices[0]!.text
        return text
      })
    }
    const texts = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(i)))
    const alone = await testServer(model, { maxBatch: 1, prefixBytes: 0 })
    for (let i = 0; i < 100; i += 7) expect(texts[i]).toBe(await ask(i, alone))
    const page = await (await fetch(`${busy.base}/metrics`)).text()
    const lanes = (bound: string) =>
      Number(new RegExp(`step_lanes_bucket\\{le="${bound.replace('+', '\\+')}"\\} (\\d+)`).exec(page)![1])
    expect(lanes('+Inf') - lanes('8')).toBeGreaterThan(10)
    await busy.close(0)
    await alone.close(0)
  })

  it('refuses what does not fit its queue with 429 and a time to come back', async () => {
    const small = await testServer(model, { maxBatch: 1, queue: 2 })
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => small.post(COMPLETIONS, { ...body, max_tokens: 100 })),
    )
    const refused = answers.filter(({ status }) => status === 429)
    expect(answers.filter(({ status }) => status === 200).length).toBe(12 - refused.length)
    expect(refused.length).toBeGreaterThanOrEqual(8)
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await refusal(Promise.resolve(refused[0]!))).toBe('429 QUEUE_FULL null')
    const patient = new OpenAI({ baseURL: `${small.base}/v1`, apiKey: 'none', maxRetries: 0 })
    const several = patient.completions.create({ ...body, prompt: ['a', 'b', 'c', 'd'] })
    await expect(several).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    await small.close(0)
  })
})

describe('shutting down', () => {
  it('lets answers end and takes nothing new', async () => {
    const ending = await testServer(model)
    const short = ending.post(COMPLETIONS, { ...body, max_tokens: 200, stream: true }).then((r) => r.text())
    await until(async () => (await state(ending)).running === 1)
    const closed = ending.close(60)
    await expect(ending.post(COMPLETIONS, body)).rejects.toThrow()
    expect((await short).trimEnd().endsWith('data: [DONE]')).toBe(true)
    await closed
  })

  it('cuts off what lasts too long', async () => {
    const ending = await testServer(model)
    const endless = ending
      .post(COMPLETIONS, { ...body, max_tokens: 4000, stream: true })
      .then((response) => response.text())
      .catch(() => 'cut off')
    await until(async () => (await state(ending)).running === 1)
    await ending.close(0.1)
    expect(await endless).toMatch(/cut off|CANCELLED/)
  })
})
