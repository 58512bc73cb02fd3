import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TesseraError } from '../core/index.ts'
import { DEFAULT_PORT, serve, type Served } from './serve.ts'
import { ModelShelf } from './models/shelf.ts'
import { TrainingRuns } from './training/runs.ts'

const papers = {
  list: () => [{ slug: 'one' }],
  detail: async (slug: string) => {
    if (slug === 'one') return { slug: 'one', result: null }
    if (slug === 'broken') throw new Error('secret detail')
    throw new TesseraError('PAPER_NOT_FOUND', `No paper is called ${slug}`)
  },
}

const models = new ModelShelf('/nowhere', null, () => Promise.resolve([]))
const training = new TrainingRuns({ folder: '/nowhere', samples: [] })
let folder: string
let served: Served
const at = (path: string) => served.url.replace(/\/$/, '') + path
const start = (port?: number) =>
  serve({
    pages: join(folder, 'web'),
    vocabularies: join(folder, 'vocab'),
    runtime: null,
    papers,
    training,
    models,
    port,
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-server-'))
  await mkdir(join(folder, 'web', 'assets'), { recursive: true })
  await mkdir(join(folder, 'vocab'))
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(folder, 'web', 'index.html'), '<title>Studio</title>')
  await writeFile(join(folder, 'web', 'assets', 'a-1234.js'), 'export {}')
  await writeFile(join(folder, 'vocab', 'tiny.tess'), new Uint8Array([1, 2, 3]))
  served = await start(0)
})

afterAll(async () => {
  await served.close()
  await rm(folder, { recursive: true })
})

/** A request exactly as written, which fetch would tidy up. */
function raw(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(served.port, '127.0.0.1', () => socket.write(lines.join('\r\n') + '\r\n\r\n'))
    let answer = ''
    socket.on('data', (data) => (answer += data.toString()))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}

function statusFor(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port: served.port, host: '127.0.0.1', path: '/', headers: { host } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

describe('static files', () => {
  it('serves pages, assets and vocabularies with their types', async () => {
    const page = await fetch(at('/'))
    expect(await page.text()).toBe('<title>Studio</title>')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('cache-control')).toBe('no-cache')
    const script = await fetch(at('/assets/a-1234.js'))
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('cache-control')).toContain('immutable')
    const vocabulary = await fetch(at('/vocabularies/tiny.tess'))
    expect(new Uint8Array(await vocabulary.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]))
  })

  it('answers 304 to a browser that has the file', async () => {
    const etag = (await fetch(at('/vocabularies/tiny.tess'))).headers.get('etag')!
    const again = await fetch(at('/vocabularies/tiny.tess'), { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(304)
  })

  it('gives the page for deep links and 404 for files that are not there', async () => {
    expect(await (await fetch(at('/papers/binary-bpe'))).text()).toBe('<title>Studio</title>')
    expect((await fetch(at('/assets/gone.js'))).status).toBe(404)
    expect((await fetch(at('/vocabularies/none.tess'))).status).toBe(404)
  })

  it('finds what a build has put in place of the old files', async () => {
    await rm(join(folder, 'web', 'assets', 'a-1234.js'))
    await writeFile(join(folder, 'web', 'assets', 'b-5678.js'), 'export {}')
    await expect.poll(async () => (await fetch(at('/assets/b-5678.js'))).status, { timeout: 5000 }).toBe(200)
    expect((await fetch(at('/assets/a-1234.js'))).status).toBe(404)
  })

  it('never leaves its folders', async () => {
    const paths = [
      '/../secret.txt',
      '/..%2fsecret.txt',
      '/%2e%2e/secret.txt',
      '/assets/../../secret.txt',
      '/..\\secret.txt',
      '/vocabularies/../../secret.txt',
      '//secret.txt',
      '/%00secret.txt',
    ]
    for (const path of paths) {
      const answer = await raw([
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${served.port}`,
        'Connection: close',
      ])
      expect(answer, path).toMatch(/^HTTP\/1\.1 40\d/)
      expect(answer.split('\r\n\r\n')[1], path).not.toContain('secret')
    }
  })

  it('answers HEAD without a body and refuses to be written to', async () => {
    const head = await fetch(at('/assets/b-5678.js'), { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe('9')
    expect(await head.text()).toBe('')
    expect((await fetch(at('/'), { method: 'POST', body: 'x' })).status).toBe(405)
  })
})

describe('security', () => {
  it('refuses a Host that is not its own (DNS rebinding)', async () => {
    expect(await statusFor(`127.0.0.1:${served.port}`)).toBe(200)
    expect(await statusFor(`LOCALHOST:${served.port}`)).toBe(200)
    expect(await statusFor(`evil.example:${served.port}`)).toBe(403)
    expect(await statusFor('127.0.0.1')).toBe(403)
    expect(await statusFor('127.0.0.1:1')).toBe(403)
  })

  it('allows scripts only from itself and no framing', async () => {
    const { headers } = await fetch(at('/'))
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('papers', () => {
  it('lists them, shows one, and names what is not there', async () => {
    expect(await (await fetch(at('/api/papers'))).json()).toEqual([{ slug: 'one' }])
    expect(await (await fetch(at('/api/papers/one'))).json()).toEqual({ slug: 'one', result: null })
    const missing = await fetch(at('/api/papers/none'))
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ error: { code: 'PAPER_NOT_FOUND' } })
    const nothing = await fetch(at('/api/nothing'))
    expect(nothing.status).toBe(404)
    expect(await nothing.json()).toMatchObject({ error: { code: 'NOT_FOUND' } })
  })

  it('keeps what went wrong inside to the terminal', async () => {
    const log = console.error
    const logged: unknown[] = []
    console.error = (...values: unknown[]) => logged.push(...values)
    try {
      const answer = await fetch(at('/api/papers/broken'))
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toContain('secret detail')
    } finally {
      console.error = log
    }
    expect(String(logged[0])).toContain('secret detail')
  })
})

describe('ports', () => {
  it('names a taken port and what to do', async () => {
    await expect(start(served.port)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      hint: expect.stringContaining('--port'),
    })
  })

  it('takes the next free port when none was asked for', async () => {
    const first = await start()
    const second = await start()
    expect(first.port).toBeGreaterThanOrEqual(DEFAULT_PORT)
    expect(second.port).toBeGreaterThan(first.port)
    await Promise.all([first.close(), second.close()])
  })

  it('refuses what is not a port, and pages that are not built', async () => {
    await expect(start(70000)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(
      serve({
        pages: join(folder, 'vocab'),
        vocabularies: folder,
        runtime: null,
        papers,
        training,
        models,
        port: 0,
      }),
    ).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
  })
})
