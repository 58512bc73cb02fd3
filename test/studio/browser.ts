// A real browser on the real Studio, from a fresh clone with nothing installed beside npm's packages:
// `npm start` as a process, and the Chromium that @sparticuz/chromium carries. Its archives are unpacked
// once into .cache; the shared libraries among them are for machines that lack them.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { expect } from 'vitest'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Folder with `chromium`, `al2023/lib` and `fonts`, unpacked by whichever test comes first. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/@sparticuz/chromium/package.json'), 'utf8'),
  ) as { version: string }
  const folder = join(root, '.cache', `chromium-${version}`)
  if (existsSync(folder)) return folder
  const incoming = `${folder}.${process.pid}`
  await mkdir(incoming, { recursive: true })
  // The package unpacks into the system's temporary folder, and its libraries only on Amazon's machines.
  const script = `import('@sparticuz/chromium').then((m) => m.default.executablePath())`
  await promisify(execFile)(process.execPath, ['-e', script], {
    cwd: root,
    env: { ...process.env, TMPDIR: incoming, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  })
  await writeFile(
    join(incoming, 'fonts.conf'),
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
<dir>${join(folder, 'fonts', 'fonts')}</dir><cachedir>${join(folder, 'fonts-cache')}</cachedir>
</fontconfig>`,
  )
  await rename(incoming, folder).catch(async (error: unknown) => {
    // Another test was faster.
    await rm(incoming, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  })
  return folder
}

/** A browser of its own, for pages that are no Studio's. */
export async function launch(): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none']
  // The package is for Linux on x64; elsewhere an installed Chrome does the same.
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return chromium.launch({ channel: 'chrome', args })
  const folder = await unpacked()
  const libraries = [process.env.LD_LIBRARY_PATH, join(folder, 'al2023', 'lib')].filter(Boolean).join(':')
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args,
    env: { ...process.env, LD_LIBRARY_PATH: libraries, FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  })
}

export interface Studio {
  url: string
  browser: Browser
  /** A page at a path of the Studio; what it logs as an error is in `errors`. */
  open(path: string, options?: BrowserContextOptions): Promise<{ page: Page; errors: string[] }>
  close(): Promise<void>
}

/** `npm start` on any free port; resolves with its address. */
export async function startServer(args: readonly string[] = ['--port', '0']): Promise<{
  url: string
  process: ChildProcess
}> {
  const server = spawn(process.execPath, ['scripts/start.mjs', '--no-open', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (data: Buffer) => {
      output += data.toString()
      const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0]
      if (url) resolve({ url, process: server })
    }
    server.stdout.on('data', read)
    server.stderr.on('data', read)
    server.on('exit', () => reject(new Error(`The Studio did not start:\n${output}`)))
  })
}

/** Ends a server as Ctrl-C does; resolves with its exit code. */
export function stopServer(server: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    server.on('exit', (code) => resolve(code))
    server.kill('SIGINT')
  })
}

/** `args`: for `npm start`, as `--model`. */
export async function startStudio(args: readonly string[] = []): Promise<Studio> {
  const server = await startServer(['--port', '0', ...args])
  const browser = await launch()
  return {
    url: server.url,
    browser,
    async open(path, options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
      const page = await context.newPage()
      // Other tests run beside this one.
      page.setDefaultTimeout(60_000)
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      await page.goto(new URL(path, server.url).href)
      return { page, errors }
    },
    async close() {
      await browser.close()
      await stopServer(server.process)
    },
  }
}

/** An expectation that a page comes to fulfil; how long it takes is not the question. */
export function eventually<T>(read: () => Promise<T>) {
  return expect.poll(read, { timeout: 100_000 })
}

/** Drops a file on the page, as a person does with the mouse. */
export async function drop(page: Page, name: string, content: Uint8Array | string): Promise<void> {
  const base64 = Buffer.from(content).toString('base64')
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0))
    const dataTransfer = new DataTransfer()
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}))
    for (const type of ['dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    }
  })()`)
}

const axe = readFileSync(join(root, 'node_modules/axe-core/axe.min.js'), 'utf8')

export interface Violation {
  id: string
  help: string
  nodes: string[]
}

/** axe is put in by the debugger, which the page's content security policy does not bind. */
export async function violations(page: Page): Promise<Violation[]> {
  await page.evaluate(axe)
  return page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary) })))`)
}
