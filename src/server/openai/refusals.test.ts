// Requests that mean no good: each is refused with a reason, and with the field that is wrong.
import { connect } from 'node:net'
import fc from 'fast-check'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Model } from '../../model/index.ts'
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
const CHAT = '/v1/chat/completions'

async function refusal(response: Promise<Response>): Promise<string> {
  const answer = await response
  const { error } = (await answer.json()) as { error: Record<string, unknown> }
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(typeof error.message).toBe('string')
  return `${answer.status} ${String(error.code)} ${String(error.param)}`
}

describe('bodies', () => {
  it('refuses what is no JSON, no UTF-8, too large, or nested too deep', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000 - 10)
    expect(await refusal(server.post(COMPLETIONS, '{"model": "tiny", '))).toBe('400 REQUEST_INVALID body')
    expect(await refusal(server.post(COMPLETIONS, ''))).toBe('400 REQUEST_INVALID body')
    expect(await refusal(server.post(COMPLETIONS, deep))).toBe('413 REQUEST_TOO_LARGE body')
    expect(await refusal(server.post(COMPLETIONS, '"'.padEnd(200_000)))).toBe('413 REQUEST_TOO_LARGE body')
    expect(await refusal(server.post(COMPLETIONS, Uint8Array.of(0x22, 0xff, 0x22)))).toBe(
      '400 TEXT_NOT_UTF8 body',
    )
    expect(await refusal(server.post(COMPLETIONS, body, { 'content-type': 'text/plain' }))).toBe(
      '400 REQUEST_INVALID content-type',
    )
    for (const wrong of ['[]', 'null', '1', '"text"']) {
      expect(await refusal(server.post(COMPLETIONS, wrong))).toBe('400 REQUEST_INVALID body')
    }
  })

  it('lets a body go that ends before its end', async () => {
    const request = [`POST ${COMPLETIONS} HTTP/1.1`, `host: 127.0.0.1:${server.port}`, 'content-length: 1000']
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`${request.join('\r\n')}\r\ncontent-type: application/json\r\n\r\n{"prompt":`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    expect((await server.post(COMPLETIONS, body)).status).toBe(200)
  })

  it('counts a body that does not say its size', async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(50_000).fill(0x20)),
    })
    const request = fetch(server.base + COMPLETIONS, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    } as RequestInit)
    const outcome = await request.then((response) => response.status).catch(() => 'cut off')
    expect([413, 'cut off']).toContain(outcome)
  })

  it.each([
    [{ ...body, prompt: undefined }, 'prompt'],
    [{ ...body, prompt: [] }, 'prompt'],
    [{ ...body, prompt: {} }, 'prompt'],
    [{ ...body, prompt: ['a', 1] }, 'prompt[1]'],
    [{ ...body, prompt: [[1, 'a']] }, 'prompt[0][1]'],
    [{ ...body, prompt: [1e9] }, 'prompt[0]'],
    [{ ...body, prompt: [-1] }, 'prompt[0]'],
    [{ ...body, prompt: [0.5] }, 'prompt[0]'],
    [{ ...body, prompt: Array.from({ length: 200 }, () => 'a') }, 'prompt'],
    [{ ...body, prompt: Array.from({ length: 100 }, () => 'a'), n: 8 }, 'n'],
    [{ ...body, max_tokens: -1 }, 'max_tokens'],
    [{ ...body, max_tokens: 0 }, 'max_tokens'],
    [{ ...body, max_tokens: 1.5 }, 'max_tokens'],
    [{ ...body, max_tokens: '4' }, 'max_tokens'],
    [{ ...body, n: 0 }, 'n'],
    [{ ...body, n: 1000 }, 'n'],
    [{ ...body, temperature: -0.1 }, 'temperature'],
    [{ ...body, temperature: 2.1 }, 'temperature'],
    [{ ...body, top_p: 1.1 }, 'top_p'],
    [{ ...body, top_k: -2 }, 'top_k'],
    [{ ...body, presence_penalty: 3 }, 'presence_penalty'],
    [{ ...body, repetition_penalty: 0 }, 'repetition_penalty'],
    [{ ...body, seed: 1.5 }, 'seed'],
    [{ ...body, stop: '' }, 'stop[0]'],
    [{ ...body, stop: [1] }, 'stop[0]'],
    [{ ...body, stop: Array.from({ length: 17 }, () => 'a') }, 'stop'],
    [{ ...body, logit_bias: [1] }, 'logit_bias'],
    [{ ...body, logit_bias: { a: 1 } }, 'logit_bias.a'],
    [{ ...body, logit_bias: { '5': 1000 } }, 'logit_bias.5'],
    [{ ...body, logit_bias: { '500': 1 } }, 'logit_bias.500'],
    [{ ...body, logprobs: 21 }, 'logprobs'],
    [{ ...body, logprobs: true }, 'logprobs'],
    [{ ...body, stream: 'yes' }, 'stream'],
    [{ ...body, stream_options: { include_usage: true } }, 'stream_options'],
    [{ ...body, stream: true, stream_options: { usage: true } }, 'stream_options.usage'],
    [{ ...body, best_of: 5 }, 'best_of'],
    [{ ...body, suffix: 'x' }, 'suffix'],
    [{ ...body, temprature: 1 }, 'temprature'],
    [{ ...body, constructor: 1 }, 'constructor'],
    [{ ...body, response_format: {} }, 'response_format.type'],
    [{ ...body, response_format: { type: 'xml' } }, 'response_format.type'],
    [{ ...body, response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    [{ ...body, response_format: { type: 'json_object' }, guided_regex: 'a' }, 'response_format'],
  ])('names the field that is wrong: %#', async (wrong, param) => {
    expect(await refusal(server.post(COMPLETIONS, wrong))).toBe(`400 REQUEST_INVALID ${param}`)
  })

  it.each([
    [{ messages: [] }, 'messages'],
    [{ messages: ['hi'] }, 'messages[0]'],
    [{ messages: [{ content: 'hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'wizard', content: 'hi' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].type'],
    [{ messages: [{ role: 'user', content: 'hi', tool_calls: [{}] }] }, 'messages[0].tool_calls'],
    [{ tools: [{ type: 'function' }] }, 'tools'],
    [{ top_logprobs: 2 }, 'top_logprobs'],
    [{ max_tokens: 3, max_completion_tokens: 4 }, 'max_tokens'],
    [{ modalities: ['audio'] }, 'modalities'],
    [{ store: true }, 'store'],
    [{ chat_template_kwargs: { messages: [] } }, 'chat_template_kwargs.messages'],
  ])('names the field of a chat that is wrong: %#', async (wrong, param) => {
    const chat = { model: 'tiny', messages: [{ role: 'user', content: 'hi' }], ...wrong }
    expect(await refusal(server.post(CHAT, chat))).toBe(`400 REQUEST_INVALID ${param}`)
  })

  it('says when prompt and answer do not fit', async () => {
    const prompt = Array.from({ length: 4090 }, () => 97)
    expect(await refusal(server.post(COMPLETIONS, { ...body, prompt, max_tokens: 100 }))).toBe(
      '400 CONTEXT_OVERFLOW max_tokens',
    )
    expect(await refusal(server.post(COMPLETIONS, { ...body, prompt: [...prompt, ...prompt] }))).toBe(
      '400 CONTEXT_OVERFLOW prompt',
    )
    const long = { ...body, prompt: 'the cat '.repeat(12_000) }
    expect(await refusal(server.post(COMPLETIONS, long))).toBe('400 CONTEXT_OVERFLOW prompt')
    const bad = { model: 'tiny', input: '' }
    expect(await refusal(server.post('/v1/embeddings', bad))).toBe('400 REQUEST_INVALID input[0]')
    expect(await refusal(server.post('/detokenize', { tokens: [300] }))).toBe('400 REQUEST_INVALID tokens[0]')
  })

  it('answers any JSON with an error or an answer, never with a failure of its own', async () => {
    const value = fc.letrec((tie) => ({
      json: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(null, true, 0, -1, 1e308, 0.5, '', 'the', '\ud800', [], {}),
        fc.array(tie('json'), { maxLength: 3 }),
      ),
    })).json
    const fields = [
      'prompt',
      'messages',
      'input',
      'tokens',
      'max_tokens',
      'stop',
      'n',
      'logit_bias',
      'stream',
    ]
    const bodies = fc.dictionary(fc.constantFrom(...fields, 'echo', 'logprobs', 'response_format'), value)
    const paths = fc.constantFrom(COMPLETIONS, CHAT, '/v1/embeddings', '/tokenize', '/detokenize')
    await fc.assert(
      fc.asyncProperty(paths, bodies, async (path, odd) => {
        const response = await server.post(path, { max_tokens: 2, ...odd })
        await response.text()
        expect([200, 400, 413]).toContain(response.status)
      }),
      { numRuns: 150 },
    )
  })

  it('has no other endpoints', async () => {
    expect(await refusal(server.post('/v1/files', {}))).toBe('404 NOT_FOUND null')
    expect(await refusal(fetch(`${server.base}${COMPLETIONS}`))).toBe('405 NOT_FOUND null')
    expect(await refusal(fetch(`${server.base}/../../etc/passwd`))).toBe('404 NOT_FOUND null')
  })
})

describe('who may ask', () => {
  it('asks for a key where there are keys, but not for its health', async () => {
    const guarded = await testServer(model, { apiKeys: ['first-key', 'second-key'] })
    const status = async (key?: string) => {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: key }
      return (await guarded.post(COMPLETIONS, body, headers)).status
    }
    expect(await status('Bearer first-key')).toBe(200)
    expect(await status('bearer second-key')).toBe(200)
    for (const wrong of [
      undefined,
      'Bearer',
      'Bearer first-ke',
      'Bearer first-key2',
      'first-key',
      'Basic first-key',
    ]) {
      expect(await status(wrong)).toBe(401)
    }
    expect((await fetch(`${guarded.base}/metrics`)).status).toBe(401)
    expect((await fetch(`${guarded.base}/health`)).status).toBe(200)
    const stranger = new OpenAI({ baseURL: `${guarded.base}/v1`, apiKey: 'wrong', maxRetries: 0 })
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    await guarded.close(0)
    await expect(testServer(model, { apiKeys: ['two words'] })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  it('answers no page of another site', async () => {
    const origin = 'https://elsewhere.example'
    const headers = { origin, 'access-control-request-method': 'POST' }
    const preflight = await fetch(server.base + COMPLETIONS, { method: 'OPTIONS', headers })
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    const open = await testServer(model, { corsOrigins: [origin] })
    const allowed = await fetch(open.base + COMPLETIONS, { method: 'OPTIONS', headers })
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin)
    const other = await open.post(COMPLETIONS, body, { origin: 'https://third.example' })
    expect(other.headers.get('access-control-allow-origin')).toBeNull()
    await open.close(0)
  })

  it('answers for no other host name (DNS rebinding)', async () => {
    const answer = await raw(['GET /v1/models HTTP/1.1', 'host: elsewhere.example', 'connection: close'])
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
    expect(answer).toContain('HOST_REFUSED')
    expect(
      await raw(['GET /health HTTP/1.1', `host: localhost:${server.port}`, 'connection: close']),
    ).toMatch(/^HTTP\/1\.1 200 /)
  })
})

/** A request exactly as written. */
function raw(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
