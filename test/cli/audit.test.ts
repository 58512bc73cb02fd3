// tessera audit, as a process: a vocabulary, texts, words, a model behind a URL.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { output, tessera } from './command.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-audit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const text = join(folder, 'text.txt')
writeFileSync(
  text,
  'The unbelievable cat. An Unbelievable <|endoftext|> cat, and unbelievable cats.\n'.repeat(20),
)
writeFileSync(join(folder, 'binary.bin'), Uint8Array.of(0, 255, 0, 1))

describe('tessera audit', () => {
  test('texts: findings with example, reach and remedy; what is no text is left out and said', async () => {
    const { stdout, stderr, code } = await tessera(['audit', '-t', 'gpt2', folder])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^gpt2: 50,257 ids; 1 document, /)
    expect(stdout).toMatch(
      /\[ACT\] special tokens in text:[^]*<\|endoftext\|>[^]*20 times in 1 documents?[^]*remedy/,
    )
    expect(stdout).toContain('[know] words with several encodings')
    expect(stderr).toMatch(/left out: .*binary\.bin \(binary\)/)
  })

  test('a vocabulary alone, as JSON', async () => {
    const report = JSON.parse(await output(['audit', '-t', 'gpt2', '--json'])) as {
      vocabSize: number
      corpus: unknown
      findings: { kind: string; reach: unknown; remedy: string }[]
    }
    expect(report).toMatchObject({ vocabSize: 50257, corpus: null })
    expect(report.findings.map(({ kind }) => kind)).toContain('near-duplicate tokens')
    for (const { reach, remedy } of report.findings) {
      expect(reach).toBeNull()
      expect(remedy).toMatch(/^[A-Z].*\.$/)
    }
  })

  test('the encodings of words', async () => {
    const [word] = JSON.parse(await output(['audit', '-t', 'gpt2', '--words', 'cat', '--json'])) as {
      count: string
      canonical: number[]
      alternatives: number[][]
    }[]
    // c-a-t, ca-t, c-at, cat
    expect(word).toMatchObject({ count: '4' })
    expect(word!.canonical).toHaveLength(1)
    expect(word!.alternatives).toHaveLength(3)
    expect(await output(['audit', '-t', 'gpt2', '-w', 'cat'])).toContain('4 encodings')
  })

  test('a model behind a URL', async () => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.end(JSON.stringify({ choices: [{ message: { content: 'nothing of the kind' } }] }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
      const words = ['audit', '--endpoint', url, '--model', 'm', '-t', 'gpt2', '--trials', '3', text]
      expect(await output(words)).toMatch(/broken +\d+ +100%/)
      const report = JSON.parse(await output([...words, '--json'])) as { trials: number; shares: object }
      expect(report.trials).toBeGreaterThanOrEqual(3)
    } finally {
      server.close()
    }
  })

  test.each([
    [['audit', '--most', '3'], 'ARGUMENT_INVALID'],
    [['audit', '--model', 'm'], 'ARGUMENT_INVALID'],
    [['audit', '--words', 'a', 'file'], 'ARGUMENT_INVALID'],
    [['audit', 'no-such-file'], 'FILE_NOT_FOUND'],
    [['audit', '-t', 'no-such-tokenizer'], 'TOKENIZER_NOT_FOUND'],
    [['audit', '--endpoint', 'nowhere', '--model', 'm', text], 'ARGUMENT_INVALID'],
    [['audit', '--endpoint', 'http://127.0.0.1:9/v1', '--model', 'm', text], 'ENDPOINT_FAILED'],
  ])('%j is refused: %s', async (words, code) => {
    const result = await tessera(words)
    expect(result.code).not.toBe(0)
    expect(result.stderr).toContain(code)
  })
})
