// The tensor room in a real browser, on onnxruntime-web's WebAssembly: a graph, the same in a worker, and training
// steps, beside Node's native runtime.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launch, root } from '../studio/browser.ts'
import { work, type Work } from './work.ts'

let browser: Browser
let server: Server
let url: string

/** Modules for a page, by path; the runtime stays apart, since it looks for its .wasm beside itself. */
async function bundled(file: string, name: string): Promise<Record<string, string>> {
  const bundle = await rolldown({
    input: { [name]: join(root, file) },
    platform: 'browser',
    external: [/^node:/, 'onnxruntime-node', /^onnxruntime-web/],
    logLevel: 'silent',
  })
  const { output } = await bundle.generate({ format: 'esm' })
  const served = (code: string) =>
    code.replaceAll(/(["'])onnxruntime-web\/(wasm|webgpu)\1/g, '"/ort/ort.$2.min.mjs"')
  const chunks = output.flatMap((one) => (one.type === 'chunk' ? [one] : []))
  return Object.fromEntries(chunks.map(({ fileName, code }) => [`/${fileName}`, served(code)]))
}

beforeAll(async () => {
  const files: Record<string, string> = {
    '/': '<!doctype html><title>tensor</title><script type="module" src="/work.js"></script>',
    ...(await bundled('test/tensor/work.ts', 'work')),
    ...(await bundled('src/tensor/run/session-worker.ts', 'session-worker')),
  }
  server = createServer((request, response) => {
    const path = request.url ?? '/'
    const type = path.endsWith('.wasm') ? 'application/wasm' : path === '/' ? 'text/html' : 'text/javascript'
    const send = (body: string | Buffer) => response.writeHead(200, { 'content-type': type }).end(body)
    const name = /^\/ort\/([\w.-]+)$/.exec(path)?.[1]
    if (files[path] !== undefined) send(files[path])
    else if (name === undefined) response.writeHead(404).end()
    else {
      readFile(join(root, 'node_modules/onnxruntime-web/dist', name)).then(send, () =>
        response.writeHead(404).end(),
      )
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  browser = await launch()
})

afterAll(async () => {
  await browser.close()
  await new Promise((resolve) => server.close(resolve))
})

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length)
  const far = expected.filter(
    (value, i) => !(Math.abs(value - actual[i]!) <= 1e-4 * Math.max(1, Math.abs(value))),
  )
  expect(far).toEqual([])
}

test('a page computes and learns what Node does', async () => {
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(url)
  await page.waitForFunction('typeof work === "function"')
  const there = (await page.evaluate(`work({}, new URL('/session-worker.js', location.href).href)`)) as Work
  const here = await work()
  expect(errors).toEqual([])
  expectClose(there.logits, here.logits)
  expectClose(there.losses, here.losses)
  expect(there.losses.at(-1)).toBeLessThan(0.9 * there.losses[0]!)
  expectClose(there.parameters, here.parameters)
}, 120_000)
