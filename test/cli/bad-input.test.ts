// Everything that can be wrong about a command line and its files: a code, a place, a hint, an exit code;
// nothing on stdout, never a stack trace, never a hang.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const missing = join(folder, 'missing')
const latin1 = file('latin1.txt', Buffer.from('caf\xe9 au lait', 'latin1'))

async function expectFailure(words: string[], code: string, exit: number, input = ''): Promise<string> {
  const outcome = await tessera(words, input)
  expect(outcome.stderr).toMatch(new RegExp(`^tessera: ${code}: `))
  expect(outcome.stderr).not.toMatch(/^\s+at /m)
  expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code: exit, stdout: '' })
  return outcome.stderr
}

describe('usage', () => {
  test('a mistake in the command line: code 2, nothing on stdout', async () => {
    expect(await expectFailure(['encode', '--nonsense', 'x'], 'ARGUMENT_INVALID', 2)).toContain('--nonsense')
  })

  test('no command at all shows the commands, as an error', async () => {
    const { code, stdout, stderr } = await tessera([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('tessera encode')
  })
})

describe('files', () => {
  test('a missing file', async () => {
    expect(await expectFailure(['encode', '--file', missing], 'FILE_NOT_FOUND', 1)).toContain(missing)
    await expectFailure(['count', missing], 'FILE_NOT_FOUND', 1)
    await expectFailure(['compare', missing], 'FILE_NOT_FOUND', 1)
    await expectFailure(['train', '--output', join(folder, 'x.json'), missing], 'FILE_NOT_FOUND', 1)
  })

  test('a folder in place of a file', async () => {
    await expectFailure(['encode', '--file', folder], 'FILE_UNREADABLE', 1)
    await expectFailure(['count', folder], 'FILE_UNREADABLE', 1)
  })

  test('text that is not UTF-8 names the byte and the way out', async () => {
    const message = await expectFailure(['encode', '--file', latin1], 'TEXT_NOT_UTF8', 1)
    expect(message).toContain('offset 3')
    expect(message).toContain('--bytes')
    await expectFailure(['count', latin1], 'TEXT_NOT_UTF8', 1)
    const ids = await output(['encode', '--bytes', '--file', latin1])
    expect((await tessera(['decode', '--bytes'], ids)).bytes.toString('latin1')).toBe('caf\xe9 au lait')
  })

  test('count goes on after a file that fails, and says so by its exit code', async () => {
    const good = file('good.txt', 'good')
    const { code, stdout, stderr } = await tessera(['count', missing, good])
    expect(code).toBe(1)
    expect(stdout).toContain(good)
    expect(stderr).toContain('FILE_NOT_FOUND')
  })

  test('a target that cannot be written', async () => {
    const inFile = join(file('plain.txt', ''), 'out.tess')
    await expectFailure(['convert', 'o200k_base', inFile], 'FILE_WRITE_FAILED', 1)
  })
})

test('the same as JSON', async () => {
  const { code, stdout, stderr } = await tessera(['encode', '--json', '--file', missing])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining(missing) as string,
      where: missing,
      hint: expect.any(String) as string,
    },
  })
})

describe('tokenizers', () => {
  test.each([
    ['nothing of that name', () => 'no-such-tokenizer', 'TOKENIZER_NOT_FOUND'],
    ['a path that does not exist', () => './no/such/tokenizer.json', 'FILE_NOT_FOUND'],
    ['an empty file', () => file('empty.json', ''), 'FORMAT_\\w+'],
    [
      'a truncated tokenizer.json',
      () => file('cut.json', '{"version":"1.0","model":{"type":"BPE","vocab":{"a":0'),
      'FORMAT_INVALID',
    ],
    ['a text file', () => file('letter.json', 'Dear reader,'), 'FORMAT_\\w+'],
    ['a truncated GGUF', () => file('cut.gguf', 'GGUF\x03\0\0\0'), 'FORMAT_INVALID'],
    [
      'random bytes',
      () =>
        file(
          'noise.tess',
          Uint8Array.from({ length: 999 }, (_, i) => (i * i * 31) & 255),
        ),
      'FORMAT_\\w+',
    ],
  ])('%s', async (_, path, code) => {
    const { stderr, code: exit, stdout } = await tessera(['encode', '-t', path(), 'x'])
    expect(stderr).toMatch(new RegExp(`^tessera: ${code}: `))
    expect({ exit, stdout }).toEqual({ exit: 1, stdout: '' })
  })

  test('ids that the vocabulary does not have', async () => {
    await expectFailure(['decode', '4000000000'], 'ID_OUT_OF_RANGE', 1)
    await expectFailure(['decode'], 'ID_OUT_OF_RANGE', 1, '[13225, 201087]')
  })

  test('a corpus without text', async () => {
    const empty = file('nothing.txt', '')
    await expectFailure(['train', '--output', join(folder, 'x.json'), empty], 'TRAINING_IMPOSSIBLE', 1)
  })
})

describe('papers', () => {
  test('an unknown slug', async () => {
    const { code, stdout, stderr } = await tessera(['papers', 'show', 'no-such-paper'])
    expect(stderr).toMatch(/^tessera: PAPER_NOT_FOUND: /)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect((await tessera(['papers', 'run', 'no-such-paper'])).stderr).toContain('PAPER_NOT_FOUND')
  })

  test('one that does not run yet', async () => {
    const { code, stderr } = await tessera(['papers', 'run', 'zett'])
    expect(stderr).toMatch(/^tessera: PAPER_NOT_RUNNABLE: /)
    expect(code).toBe(1)
  })
})

test('studio: a port in use; and Ctrl-C ends it with 130', async () => {
  const words = ['studio', '--no-open', '--json', '--port']
  const child = spawn(process.execPath, [resolve('dist/cli/main.js'), ...words, '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((done) => child.on('close', done))
  const line = await new Promise<string>((done) =>
    child.stdout.once('data', (part: Buffer) => done(part.toString())),
  )
  const { url, port } = JSON.parse(line) as { url: string; port: number }
  expect(await (await fetch(url)).text()).toContain('<html')

  const second = await tessera([...words, String(port)])
  expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: 'PORT_IN_USE' } })
  expect(second.code).toBe(1)

  child.kill('SIGINT')
  expect(await ended).toBe(130)
})

test('a reader that closes early is no error', async () => {
  const main = resolve('dist/cli/main.js')
  const child = spawn(process.execPath, [main, 'encode', '--tokens'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (part: Buffer) => (stderr += part.toString()))
  child.stdout.once('data', () => child.stdout.destroy())
  child.stdin.on('error', () => {})
  child.stdin.end('many words of text\n'.repeat(200_000))
  const code = await new Promise((done) => child.on('close', done))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
