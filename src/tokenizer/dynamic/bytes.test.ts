import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { createTokenizer } from '../tokenizer.ts'
import { trainBpe } from '../train-tokenizer.ts'
import { DynamicTokenizer } from './dynamic-tokenizer.ts'
import { rangeOf } from './positions.ts'
import { bases, BOUNDARIES, unigram } from './testing/bases.ts'

describe('byte-level bases', () => {
  test.each(bases.slice(0, 4))(
    '%s: bytes that are no UTF-8 merge and lead back to themselves',
    async (_name, base) => {
      for (const boundary of BOUNDARIES) {
        const dynamic = new DynamicTokenizer(base, { boundary })
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
            fc.nat(10),
            async (batch, most) => {
              const done = await dynamic.merge(batch, { merges: most })
              const state = done.at(most)
              state.texts.forEach(({ starts, tokens }, t) => {
                expect(Array.from(done.base[t]!.ids)).toEqual(Array.from(base.encode(batch[t]!)))
                const out: number[] = []
                for (let i = 0; i < tokens.length; i++) {
                  const range = rangeOf(done.base[t]!, starts, i, 'bytes')!
                  const token = state.tokens[tokens[i]!]!
                  const source = Array.from(batch[t]!.subarray(range.start, range.end))
                  if (!token.special) expect(source).toEqual(Array.from(token.bytes))
                  out.push(...source)
                }
                expect(out).toEqual(Array.from(batch[t]!))
              })
            },
          ),
          { numRuns: 30 },
        )
      }
    },
  )

  test('malformed bytes under a normalizer, and under characters, are refused', async () => {
    const [, small] = bases[0]!
    const normalized = createTokenizer({ ...small.spec, normalizer: { type: 'NFC' } })
    for (const base of [normalized, unigram]) {
      await expect(new DynamicTokenizer(base).merge([Uint8Array.of(0xff)])).rejects.toMatchObject({
        code: 'TEXT_NOT_UTF8',
      })
    }
    const fine = await new DynamicTokenizer(normalized).merge([utf8Encode('e\u0301a')])
    expect(fine.base[0]!.offsets).not.toBeNull()
  })

  test('the example: the merges of a batch by hand', async () => {
    const { spec } = await trainBpe(['x'], { vocabSize: 256, pattern: 'cl100k' })
    const dynamic = new DynamicTokenizer(createTokenizer(spec))
    const done = await dynamic.merge(['low lower', 'low slow'])
    const made = Array.from({ length: done.merges }, (_, m) => utf8Decode(done.merge(m + 1).made.bytes))
    // "lo" and "ow" stand four times each; "lo" is seen first. Then "low"; of what stands once, the first.
    expect(made).toEqual(['lo', 'low', ' low', ' lowe', ' lower', ' s', ' slow'])
    expect(done.merge(1)).toMatchObject({ count: 4, places: 4 })
    expect(Array.from(done.lengths())).toEqual([17, 13, 9, 8, 7, 6, 5, 4])
    const runs = await dynamic.merge(['aaaaa'])
    expect(runs.merge(1)).toMatchObject({ count: 4, places: 2 })
  })

  test('a token of the vocabulary is that token, even if merges made it; a special token never is', async () => {
    const { spec } = await trainBpe(['ab ab ab <|end|>'], { vocabSize: 262, specials: ['<|end|>'] })
    const base = createTokenizer(spec)
    const dynamic = new DynamicTokenizer(base, { boundary: 'sentence', specials: 'text' })
    const done = await dynamic.merge(['<|end|>'])
    const [whole] = done.at(done.merges).tokens
    expect(whole).toMatchObject({ token: '<|end|>', id: null, special: false })
    const parsed = await new DynamicTokenizer(base, { boundary: 'sentence' }).merge(['a<|end|>b'])
    expect(parsed.merges).toBe(0)
  })
})
