// Identical ids to Hugging Face tokenizers for encoder models: a BERT WordPiece and a Unigram, built here.
import { describe, it } from 'vitest'
import { createTokenizer, readTokenizerJson } from '../../src/tokenizer/index.ts'
import { expectSame } from './compare.ts'
import { hostileStrings } from './hostile.ts'
import { nativeReference } from './huggingface.ts'
import { bertWordPiece, unigram } from './small-tokenizers.ts'
import { code, declarations, json, prose } from './texts.ts'

describe.each([
  ['BERT WordPiece', bertWordPiece],
  ['Unigram', unigram],
])('%s', (name, build) => {
  it('encodes text of all kinds to the same ids', async () => {
    const text = build()
    const tokenizer = createTokenizer(readTokenizerJson(new TextEncoder().encode(text), { name }))
    const native = nativeReference(text)
    const real = [prose().slice(0, 60_000), code().slice(0, 60_000), json().slice(0, 30_000)]
    await expectSame(tokenizer, native, real)
    await expectSame(
      tokenizer,
      native,
      declarations().map((one) => one.slice(0, 500)),
    )
    await expectSame(tokenizer, native, hostileStrings(5, 10_000))
  })
})
