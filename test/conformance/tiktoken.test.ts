// Identical ids to OpenAI's tiktoken (npm `tiktoken`, the Rust core in WebAssembly).
import { get_encoding, type Tiktoken, type TiktokenEncoding } from 'tiktoken'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { loadTokenizer, type Tokenizer } from '../../src/tokenizer/index.ts'
import { expectLossless, expectSame, type ReferenceTokenizer } from './compare.ts'
import { hostileStrings } from './hostile.ts'
import { code, declarations, json, prose } from './texts.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

describe.each(['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base'])('%s', (name) => {
  let tokenizer: Tokenizer
  let native: Tiktoken
  let asText: ReferenceTokenizer
  beforeAll(async () => {
    tokenizer = await loadTokenizer(name)
    native = get_encoding(name as TiktokenEncoding)
    asText = {
      encode: (text) => native.encode(text, [], []),
      decode: (ids) => decoder.decode(native.decode(ids)),
    }
  })
  afterAll(() => native.free())

  it('encodes prose, code and JSON to the same ids', () =>
    expectSame(tokenizer, asText, [prose(), code(), json()]))
  it('encodes all languages to the same ids', () => expectSame(tokenizer, asText, declarations()))
  it('encodes 10,000 hostile strings to the same ids', () =>
    expectSame(tokenizer, asText, hostileStrings(1, 10_000)))
  it('parses special tokens to the same ids', () =>
    expectSame(
      tokenizer,
      { ...asText, encode: (text) => native.encode(text, 'all') },
      hostileStrings(2, 2000).map((text) => `${text}<|endoftext|>${text}`),
      { specials: 'parse' },
    ))
  it('gives every text back', () => expectLossless(tokenizer, [...hostileStrings(3, 3000), prose(), code()]))
})
