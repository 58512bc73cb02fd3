import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../core/index.ts'
import type { BpeModelSpec, UnigramModelSpec } from '../../spec.ts'
import { expectPrefixesRefused, expectSafe, refusal } from '../testing/damage.ts'
import { readTokenizerJson } from './index.ts'

type Json = Record<string, unknown>

const bpe: Json = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  vocab: { a: 0, b: 1, ab: 2, c: 5, abc: 7 },
  merges: ['a b', 'ab c'],
}
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }

const text = (value: unknown) => utf8Encode(typeof value === 'string' ? value : JSON.stringify(value))
const read = (value: unknown) => readTokenizerJson(text(value))
const readBpe = (model: Json, rest: Json = {}) =>
  read({ model: { ...bpe, ...model }, ...rest }).model as BpeModelSpec

function problem(value: unknown): { code: string; where?: string; message: string } {
  const error = refusal(() => read(value))
  expect(error).not.toBeNull()
  return { code: error!.code, where: error!.where, message: error!.message }
}

describe('models', () => {
  it('reads a BPE with holes, merges as text or as pairs', () => {
    const model = readBpe({})
    expect(model.vocab.size).toBe(8)
    expect([0, 1, 2, 3, 5, 7].map((id) => model.vocab.stringOf(id))).toEqual(['a', 'b', 'ab', '', 'c', 'abc'])
    expect([...model.merges!]).toEqual([0, 1, 2, 5])
    expect([
      ...readBpe({
        merges: [
          ['a', 'b'],
          ['ab', 'c'],
        ],
      }).merges!,
    ]).toEqual([0, 1, 2, 5])
  })

  it('takes tokens that contain spaces from pairs', () => {
    const model = readBpe({
      vocab: { ' ': 0, '  ': 1, 'a b': 2, ' a b': 3 },
      merges: [
        [' ', ' '],
        [' ', 'a b'],
      ],
    })
    expect([...model.merges!]).toEqual([0, 0, 0, 2])
  })

  it('does not confuse keys with properties of objects, nor put number-like keys first', () => {
    const vocab = '{"__proto__": 0, "constructor": 1, "10": 3, "2": 2, "hasOwnProperty": 4, "toString": 5}'
    const spec = read(`{"model": {"type": "BPE", "merges": [], "vocab": ${vocab}}}`)
    const tokens = ['__proto__', 'constructor', '2', '10', 'hasOwnProperty', 'toString']
    tokens.forEach((token, id) => {
      expect(spec.model.vocab.stringOf(id)).toBe(token)
      expect(spec.model.vocab.idOfString(token)).toBe(id)
    })
  })

  it('reads escapes, astral characters and long tokens', () => {
    const long = 'x'.repeat(5000)
    const tokens = ['\n\t\r\b\f"\\/', 'é', '中', '🙂', '\u0000', '\ud83d\ude42!', long]
    const vocab = Object.fromEntries(tokens.map((t, i) => [t, i]))
    const escaped = JSON.stringify({ model: { type: 'WordLevel', unk_token: 'é', vocab } })
      .replace('é', '\\u00e9')
      .replace('🙂!', '\\uD83d\\uDE42!')
      .replace('/', '\\/')
    const { vocab: out } = read(escaped).model
    tokens.forEach((t, id) => expect(out.stringOf(id)).toBe(t))
  })

  it('of a merge that is listed twice keeps the later rank, and skips version lines', () => {
    const merges = ['#version: 0.2', 'a b', 'ab c', 'a b']
    expect([...readBpe({ merges }).merges!]).toEqual([2, 5, 0, 1])
  })

  it('strips the subword prefix from the right part of a merge', () => {
    const model = readBpe({
      continuing_subword_prefix: '##',
      vocab: { a: 0, '##b': 1, ab: 2, '##c': 3, '##bc': 4 },
      merges: ['a ##b', '##b ##c'],
    })
    expect([...model.merges!]).toEqual([0, 1, 1, 3])
  })

  it('finds the model type of files that do not name it', () => {
    const typeOf = (model: Json) => read({ model }).model.type
    expect(typeOf({ vocab: { a: 0 }, merges: [] })).toBe('BPE')
    expect(typeOf({ vocab: [['a', -1]] })).toBe('Unigram')
    expect(typeOf({ vocab: { a: 0 }, unk_token: 'a', continuing_subword_prefix: '##' })).toBe('WordPiece')
    expect(typeOf({ vocab: { a: 0 }, unk_token: 'a' })).toBe('WordLevel')
  })

  it('reads Unigram scores in every notation', () => {
    const model = read(
      '{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1.5],["b",-2e-3],["c",-12]]}}',
    ).model as UnigramModelSpec
    expect([...model.scores]).toEqual([0, -1.5, -0.002, -12])
    expect(model.unkId).toBe(0)
  })

  it('reads a vocabulary in any order of keys, after a byte-order mark', () => {
    const json = `\ufeff{"pre_tokenizer":null,"model":{"merges":["a b"],"vocab":{"ab":2,"b":1,"a":0},"type":"BPE"}}`
    expect([...(read(json).model as BpeModelSpec).merges!]).toEqual([0, 1])
  })
})

describe('byte level', () => {
  const bytes = { vocab: { Ġ: 0, a: 1, Ġa: 2, '<｜x｜>': 3 }, merges: ['Ġ a'] }

  it('holds raw bytes where ByteLevel comes last, with tokens outside the alphabet kept as they are', () => {
    for (const pre_tokenizer of [
      byteLevel,
      { type: 'Sequence', pretokenizers: [{ type: 'Whitespace' }, byteLevel] },
    ]) {
      const model = readBpe(bytes, { pre_tokenizer })
      expect(model.byteLevel).toBe(true)
      expect(model.vocab.alphabet).toBe('bytes')
      expect([...model.vocab.bytesOf(2)]).toEqual([0x20, 0x61])
      expect([...model.vocab.literal]).toEqual([3])
      expect(model.vocab.stringOf(3)).toBe('<｜x｜>')
    }
    expect(readBpe(bytes, { normalizer: { type: 'ByteLevel' } }).byteLevel).toBe(true)
  })

  it('holds text where something follows ByteLevel, or where words have a suffix', () => {
    const pre_tokenizer = { type: 'Sequence', pretokenizers: [byteLevel, { type: 'Whitespace' }] }
    expect(readBpe(bytes, { pre_tokenizer }).byteLevel).toBe(false)
    expect(readBpe({ ...bytes, end_of_word_suffix: '</w>' }, { pre_tokenizer: byteLevel }).byteLevel).toBe(
      false,
    )
    expect(readBpe(bytes).vocab.alphabet).toBe('text')
  })
})

describe('components', () => {
  const pre = (pre_tokenizer: Json) => read({ model: bpe, pre_tokenizer }).preTokenizer

  it('brings old forms of Metaspace to the present one', () => {
    const now = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
    expect(pre({ type: 'Metaspace', replacement: '▁', add_prefix_space: true })).toEqual(now)
    expect(pre({ type: 'Metaspace', replacement: '▁', str_rep: '▁', add_prefix_space: true })).toEqual(now)
    expect(pre({ type: 'Metaspace', replacement: '▁', add_prefix_space: false })).toEqual({
      ...now,
      prepend_scheme: 'never',
    })
    expect(pre({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false })).toEqual({
      ...now,
      prepend_scheme: 'first',
      split: false,
    })
  })

  it('fills in what older files leave out', () => {
    expect(pre({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true })).toEqual(byteLevel)
    expect(pre({ type: 'Punctuation' })).toEqual({ type: 'Punctuation', behavior: 'Isolated' })
    expect(pre({ pretokenizers: [{ type: 'Whitespace' }] })).toEqual({
      type: 'Sequence',
      pretokenizers: [{ type: 'Whitespace' }],
    })
  })

  it('reads named tokens and the chat template from the files beside it', () => {
    const config = text({
      bos_token: '<s>',
      eos_token: { content: '</s>', lstrip: false },
      pad_token: null,
      chat_template: [
        { name: 'tool_use', template: 'T' },
        { name: 'default', template: 'D' },
      ],
    })
    const spec = readTokenizerJson(text({ model: bpe }), {
      config,
      specialTokensMap: text({ unk_token: '<unk>' }),
    })
    expect(spec.namedTokens).toEqual({ bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' })
    expect(spec.chatTemplate).toBe('D')
    expect(readTokenizerJson(text({ model: bpe }), { config, chatTemplate: 'J' }).chatTemplate).toBe('J')
  })

  it('gives an added token the id that the vocabulary has for it', () => {
    const added_tokens = [
      { id: 99, content: 'abc', special: true },
      { id: 8, content: '<x>', special: true },
    ]
    expect(read({ model: bpe, added_tokens }).addedTokens.map((t) => [t.content, t.id])).toEqual([
      ['abc', 7],
      ['<x>', 8],
    ])
  })
})

describe('refusals', () => {
  const where = (model: Json) => problem({ model: { ...bpe, ...model } })

  it('names the place and the reason', () => {
    expect(where({ merges: ['a b', 'a z'] })).toMatchObject({
      code: 'FORMAT_INVALID',
      where: 'model.merges[1]',
    })
    expect(where({ merges: ['b a'] }).message).toContain('makes is not in the vocabulary')
    expect(where({ merges: ['a b c'] })).toMatchObject({ where: 'model.merges[0]' })
    expect(where({ vocab: { a: 0, b: 0 } }).message).toContain('Two tokens have the id 0')
    expect(where({ vocab: { a: -1 } })).toMatchObject({ where: 'model.vocab["a"]' })
    expect(where({ vocab: { a: 1.5 } })).toMatchObject({ where: 'model.vocab["a"]' })
    expect(where({ vocab: { a: 2 ** 24 } })).toMatchObject({ where: 'model.vocab["a"]' })
    expect(where({ dropout: 0.1 })).toMatchObject({ code: 'FORMAT_UNSUPPORTED', where: 'model.dropout' })
    expect(where({ type: 'Neural' })).toMatchObject({ code: 'FORMAT_UNSUPPORTED', where: 'model.type' })
    expect(where({ unk_token: 5 })).toMatchObject({ where: 'model.unk_token' })
    expect(
      problem({ model: bpe, normalizer: { type: 'Sequence', normalizers: [{ type: 'X' }] } }),
    ).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      where: 'normalizer.normalizers[0].type',
    })
    expect(problem({ model: bpe, added_tokens: [{ id: 1, content: 5 }] })).toMatchObject({
      where: 'added_tokens[0].content',
    })
    expect(problem({ version: '2.0', model: bpe })).toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      where: 'version',
    })
    expect(problem({ hello: 1 }).message).toContain('no "model"')
    expect(problem('{"model": {"type":"BPE","merges":[],"vocab":{"a":0,"a":1}}}').message).toContain(
      'occurs twice',
    )
    expect(problem('{"model": {"type":"BPE","merges":[],"vocab":{"\\ud800":0}}}').message).toContain(
      'surrogate',
    )
  })

  it('accepts dropout that does nothing', () => {
    expect(readBpe({ dropout: 0 }).merges).toHaveLength(4)
  })

  it('bounds nesting', () => {
    const deep = (n: number) => '{"type":"Sequence","normalizers":['.repeat(n) + ']}'.repeat(n)
    const file = (n: number) => `{"model": ${JSON.stringify(bpe)}, "normalizer": ${deep(n)}}`
    expect(read(file(20)).normalizer).not.toBeNull()
    expect(problem(file(100_000)).message).toContain('nesting')
    expect(problem('['.repeat(1_000_000)).code).toBe('FORMAT_INVALID')
    expect(problem('{"model":'.repeat(100_000)).message).toContain('nesting')
  })
})

describe('damage', () => {
  const file = text({
    version: '1.0',
    truncation: { max_length: 5, stride: 0, strategy: 'LongestFirst', direction: 'Right' },
    padding: { strategy: { Fixed: 8 }, pad_id: 0, pad_token: 'a' },
    added_tokens: [{ id: 8, content: '<x>', special: true, normalized: false }],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Strip', strip_left: true, strip_right: true }],
    },
    pre_tokenizer: { type: 'Split', pattern: { Regex: '\\s+' }, behavior: 'Isolated', invert: false },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<x>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<x>': { id: '<x>', ids: [8], tokens: ['<x>'] } },
    },
    decoder: { type: 'CTC', pad_token: 'p', word_delimiter_token: '|', cleanup: true },
    model: bpe,
  })

  it('is refused or survived, never a crash', () => {
    expect(refusal(() => readTokenizerJson(file))).toBeNull()
    expectPrefixesRefused(file, readTokenizerJson)
    expectSafe(file, readTokenizerJson, { runs: 600 })
  })
})
