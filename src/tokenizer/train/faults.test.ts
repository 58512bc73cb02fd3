import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTokenizer } from '../tokenizer.ts'
import type { TokenizerSpec } from '../spec.ts'
import { fileRanges } from './corpus-files.ts'
import type { Corpus } from './count-words.ts'
import type { CorpusReport, TrainOptions } from './options.ts'
import { notText } from './text-check.ts'
import { trainBpeSpec } from './train-bpe.ts'
import { trainUnigramSpec } from './train-unigram.ts'
import { trainWordPieceSpec } from './train-wordpiece.ts'

type Trained = { spec: TokenizerSpec; report: CorpusReport & { exhausted: boolean; vocabSize: number } }
const trainers: Record<string, (corpus: Corpus, options: TrainOptions) => Promise<Trained>> = {
  BPE: trainBpeSpec,
  Unigram: trainUnigramSpec,
  WordPiece: trainWordPieceSpec,
}

const folder = mkdtempSync(join(tmpdir(), 'tessera-faults-'))
const temporary = join(folder, 'temporary')
const corpus = join(folder, 'corpus')
const text = 'the law of the land and the people of the land\n'
beforeAll(() => {
  mkdirSync(temporary)
  mkdirSync(join(corpus, 'sub'), { recursive: true })
  writeFileSync(join(corpus, 'a.txt'), text.repeat(20))
  writeFileSync(join(corpus, 'sub', 'b.txt'), 'the peaceful people\n'.repeat(20))
  writeFileSync(join(corpus, 'empty.txt'), '')
  writeFileSync(join(corpus, 'image.png'), Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13))
  writeFileSync(join(corpus, 'zero.txt'), 'text with a \0 in it')
  writeFileSync(join(corpus, 'latin1.txt'), Buffer.from('d\xe9j\xe0 vu', 'latin1'))
  writeFileSync(join(corpus, 'wide.txt'), Buffer.from('\ufeffwide text', 'utf16le'))
  vi.stubEnv('TMPDIR', temporary)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(Object.entries(trainers))('%s', (_, train) => {
  const size = { vocabSize: 320 }

  it.each([
    ['no document', []],
    ['empty documents', ['', '']],
    ['an empty file', null],
  ])('refuses %s', async (_, documents) => {
    const given = documents ?? { files: join(corpus, 'empty.txt') }
    await expect(train(given, size)).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
  })

  it('trains on one character, and says that there is no more', async () => {
    const { spec, report } = await train(['a'], size)
    expect(report).toMatchObject({ exhausted: true, occurrences: 1, bytes: 1 })
    expect(report.vocabSize).toBeLessThan(size.vocabSize)
    const tokenizer = createTokenizer(spec)
    expect(tokenizer.decode(tokenizer.encode('a'))).toBe('a')
  })

  it('says when the vocabulary that was asked for cannot be reached', async () => {
    const { spec, report } = await train([text], { vocabSize: 100_000 })
    expect(report.exhausted).toBe(true)
    expect(report.vocabSize).toBeLessThan(1000)
    const size = Math.max(spec.model.vocab.size, ...spec.addedTokens.map(({ id }) => id + 1))
    expect(report.vocabSize).toBe(size)
  })

  it('leaves out of a folder what is not text, and lists it', async () => {
    const { report, spec } = await train({ files: corpus }, size)
    const skipped = report.skipped.map(({ path, reason }) => [path.slice(corpus.length + 1), reason])
    expect(skipped).toEqual([
      ['image.png', 'binary'],
      ['latin1.txt', 'not UTF-8'],
      ['wide.txt', 'UTF-16'],
      ['zero.txt', 'binary'],
    ])
    expect(report.files).toBe(3)
    const alone = await train(
      { files: ['a.txt', 'empty.txt', 'sub'].map((name) => join(corpus, name)) },
      size,
    )
    expect(spec).toEqual(alone.spec)
    await expect(train({ files: join(corpus, 'latin1.txt') }, size)).rejects.toMatchObject({
      code: 'TEXT_NOT_UTF8',
      message: expect.stringContaining('byte 1') as string,
    })
    const only = join(folder, 'only')
    mkdirSync(only, { recursive: true })
    writeFileSync(join(only, 'x.bin'), Uint8Array.of(0, 1, 2))
    await expect(train({ files: only }, size)).rejects.toMatchObject({
      code: 'TRAINING_IMPOSSIBLE',
      message: expect.stringContaining('x.bin (binary)') as string,
    })
  })

  it('reads a file once, however often it is named', async () => {
    const path = join(corpus, 'a.txt')
    const link = join(folder, 'link.txt')
    rmSync(link, { force: true })
    symlinkSync(path, link)
    const { report } = await train({ files: [path, path, link, `${corpus}/sub/../a.txt`] }, size)
    expect(report).toMatchObject({ files: 1, bytes: 20 * text.length })
    expect(report.skipped.map(({ reason }) => reason)).toEqual(['duplicate', 'duplicate', 'duplicate'])
  })

  it('cancelled at any step, leaves nothing behind', async () => {
    const stages = new Set<string>()
    await train({ files: corpus }, { ...size, onProgress: ({ stage }) => void stages.add(stage) })
    for (const wanted of stages) {
      const stop = new AbortController()
      const run = train(
        { files: corpus },
        { ...size, signal: stop.signal, onProgress: ({ stage }) => stage === wanted && stop.abort() },
      )
      // The last word of the last stage may come too late to stop anything.
      const outcome = await run.then(
        () => 'done',
        (error: { code: string }) => error.code,
      )
      expect(['CANCELLED', wanted === [...stages].at(-1) ? 'done' : 'CANCELLED']).toContain(outcome)
      expect(readdirSync(temporary)).toEqual([])
    }
    expect(stages).toContain('counting words')
  })
})

describe('reading', () => {
  // Root reads everything.
  it.skipIf(process.getuid?.() === 0)(
    'an unreadable file is skipped in a folder, an error by name',
    async () => {
      const path = join(folder, 'locked', 'x.txt')
      mkdirSync(join(folder, 'locked'))
      writeFileSync(path, 'x')
      chmodSync(path, 0)
      const { skipped } = await fileRanges([join(folder, 'locked')])
      expect(skipped).toEqual([{ path, reason: 'unreadable' }])
      await expect(trainBpeSpec({ files: path })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    },
  )

  it('characters across the parts of a file are whole', async () => {
    const path = join(folder, 'parts.txt')
    for (const unit of ['é', '鯨', '🐳']) {
      for (const shift of [0, 1, 2, 3]) {
        const times = Math.ceil((1 << 22) / Buffer.byteLength(unit)) + 9
        writeFileSync(path, 'x'.repeat(shift) + unit.repeat(times))
        expect(await notText(path, undefined)).toBeNull()
      }
    }
    writeFileSync(path, Buffer.concat([Buffer.from('x'.repeat(1 << 22)), Buffer.of(0xc3)]))
    expect(await notText(path, undefined)).toBe('not UTF-8')
  })
})
