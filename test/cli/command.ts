// The built command as a process, as a user meets it.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll } from 'vitest'

const main = resolve('dist/cli/main.js')
if (!existsSync(main)) throw new Error('dist/cli/main.js is missing: run `npm run build` first')

export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
  bytes: Buffer
}

/** Runs `tessera …words`; stdin is `input`, or empty. */
export function tessera(words: string[], input: string | Uint8Array = ''): Promise<Outcome> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [main, ...words], { env: { ...process.env, NO_COLOR: '1' } })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.on('data', (part: Buffer) => err.push(part))
    child.on('error', fail)
    child.on('close', (code) => {
      const bytes = Buffer.concat(out)
      done({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() })
    })
    child.stdin.on('error', () => {}) // a command that does not read its stdin
    child.stdin.end(input)
  })
}

/** A folder for one test file, removed afterwards. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** stdout of a command that must succeed. */
export async function output(words: string[], input: string | Uint8Array = ''): Promise<string> {
  const { code, stdout, stderr } = await tessera(words, input)
  if (code !== 0) throw new Error(`tessera ${words.join(' ')} ended with ${code}: ${stderr}`)
  return stdout
}
