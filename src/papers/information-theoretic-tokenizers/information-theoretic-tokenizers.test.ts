import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTokenizer, trainBpeSpec } from '../../tokenizer/index.ts'
import { papers } from '../index.ts'
import type { InformationResult } from './result.ts'
import { lzResults, transformResults } from './rows.ts'
import { nested } from './trained.ts'

const paper = papers.get('information-theoretic-tokenizers')
const text = (value: string) => new TextEncoder().encode(value)
const PROSE = 'It was the best of times, it was the worst of times, it was the age of wisdom. '.repeat(40)

describe("on a person's own text", () => {
  test('measures every tokenizer: what must hold of entropies, channel and codes holds', async () => {
    const { tables, data } = await paper.run([{ name: 'a.txt', bytes: text(PROSE) }], {
      tokenizers: ['gpt2', 'o200k_base'],
    })
    expect(tables.map(({ rows }) => rows.length)).toEqual([2, 2, 2])
    if (!('measured' in data)) throw new Error('Not a measurement')
    expect(data.files).toEqual(['a.txt'])
    for (const { measurement, transform } of data.measured) {
      const { entropies, channel, vocabulary, compression, huffmanBits } = measurement
      const h = entropies.map(({ entropy }) => entropy)
      expect(h).toHaveLength(5)
      h.slice(1).forEach((value, i) => expect(value).toBeLessThanOrEqual(h[i]! + 1e-9))
      expect(h[0]).toBeLessThanOrEqual(Math.log2(vocabulary.used) + 1e-9)
      expect(channel.utilisation2).toBeLessThanOrEqual(channel.utilisation!)
      expect(h[0]! * compression.tokens).toBeLessThanOrEqual(huffmanBits + 1e-6)
      expect(measurement.loss).toMatchObject({ documents: 0, unknownTokens: 0 })
      // Forty times the same sentence: the text says nothing new, and gzip sees that with or without ids.
      expect(h[1]).toBeLessThan(entropies[1]!.shuffled)
      expect(transform.raw.bytes).toBe(text(PROSE).length)
      expect(transform.sizes.map(({ form }) => form)).toEqual(['fixed', 'utf8', 'rank'])
    }
  })

  test('an empty file has nothing to divide by, and says so with null', async () => {
    const { data } = await paper.run([{ name: 'empty', bytes: text('') }], { tokenizers: ['gpt2'] })
    if (!('measured' in data)) throw new Error('Not a measurement')
    const { measurement, transform } = data.measured[0]!
    expect(measurement.compression).toMatchObject({ tokens: 0, bytesPerToken: null, ratio: null })
    expect(measurement.entropies.every(({ entropy, readable }) => entropy === 0 && !readable)).toBe(true)
    expect(transform.sizes.every(({ gain }) => gain === null)).toBe(true)
  })

  test('refuses no file, bytes that are no text, and a tokenizer that is not there; can be cancelled', async () => {
    const fails = (input: Parameters<typeof paper.run>[0], options: object, code: string) =>
      expect(paper.run(input, options)).rejects.toMatchObject({ code })
    await fails([], {}, 'ARGUMENT_INVALID')
    await fails([{ name: 'x.bin', bytes: Uint8Array.of(0xff, 0xfe) }], {}, 'TEXT_NOT_UTF8')
    await fails(text('a'), { tokenizers: ['no-such-tokenizer'] }, 'TOKENIZER_NOT_FOUND')
    await fails(text('a'), { signal: AbortSignal.abort() }, 'CANCELLED')
  })
})

describe('the experiment', () => {
  test('a vocabulary cut to a size is what training to that size gives', async () => {
    const words = fc.array(fc.stringMatching(/^[abc ]{1,12}$/), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 256, max: 275 }), async (documents, size) => {
        const options = { minFrequency: 1, threads: 1 }
        const { spec } = await trainBpeSpec(documents, { ...options, vocabSize: 280 })
        const direct = await trainBpeSpec(documents, { ...options, vocabSize: size })
        const [cut, trained] = [createTokenizer(nested(spec, size)), createTokenizer(direct.spec)]
        expect(cut.vocabSize).toBe(trained.vocabSize)
        for (const document of documents) expect(cut.encode(document)).toEqual(trained.encode(document))
      }),
      { numRuns: 30 },
    )
  })

  test('numbers over seeds have the mean, the deviation of a sample and the true range', () => {
    const gain = (value: number) => ({ size: 512, compressor: 'gzip' as const, form: 'rank', gain: value })
    const one = (value: number) => ({ domain: 'code', tokenizer: 'BPE', gains: [gain(value)] })
    expect(transformResults([one(0.1), one(0.2), one(0.6)])[0]!.gain).toEqual({
      mean: expect.closeTo(0.3) as number,
      deviation: expect.closeTo(Math.sqrt(0.07)) as number,
      min: 0.1,
      max: 0.6,
    })
    const seed = (plain: number, lz: number) => {
      const measures = [
        { size: 512, raw: 200, plain: { compressed: plain, tokens: 50 }, lz: { compressed: lz, tokens: 51 } },
      ]
      return { domain: 'code', found: { measures } }
    }
    const [found] = lzResults([seed(100, 90), seed(160, 152)])
    expect(found!.overText.lz.mean).toBeCloseTo(1 - (90 + 152) / 400)
    expect(found!.gain.mean).toBeCloseTo((0.1 + 0.05) / 2)
    expect(found!.moreTokens.max).toBeCloseTo(0.02)
  })

  test('the kept result keeps the identities, and marks what its control cannot carry', async () => {
    const result = (await paper.result()) as InformationResult
    expect(result.trained.length).toBeGreaterThan(30)
    for (const one of result.trained) {
      expect(one.reached).toBeLessThanOrEqual(one.size)
      expect(one.utilisation2.mean).toBeLessThanOrEqual(one.utilisation.mean)
      if (one.model !== 'WordPiece') expect(one.lost).toBe(0)
      for (const h of one.entropies ?? []) {
        expect(h.entropy).toBeLessThanOrEqual(one.entropies![0]!.entropy + 1e-9)
        expect(h.readable).toBe(h.k === 1 || h.shuffled > 0.7 * one.entropies![0]!.shuffled)
      }
    }
    const rows = (metric: RegExp) => result.rows.filter((row) => metric.test(row.metric))
    for (const row of rows(/^H[45]/)) expect(row.metric).toContain('not to be read')
    expect(rows(/LZ-aware merges$/).length).toBe(3 * result.lz.length)
    for (const language of result.parity.languages) {
      expect(language.premiums).toHaveLength(result.parity.tokenizers.length)
    }
    const english = result.parity.languages.find(({ code }) => code === result.parity.reference)!
    expect(english.premiums.every((premium) => premium === 1)).toBe(true)
  })
})
