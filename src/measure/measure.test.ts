import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../core/index.ts'
import { createTokenizer, loadTokenizer, trainBpe, Vocab, type Tokenizer } from '../tokenizer/index.ts'
import { DocumentSums } from './bootstrap.ts'
import { compressedSize, compressors, openCompressor } from './compress.ts'
import { measure } from './measure.ts'
import { TokenMeter } from './meter.ts'
import { mismatchMatrix } from './mismatch.ts'
import { parityOf } from './parity.ts'
import { textSize } from './text-size.ts'
import { transformSizes } from './transform.ts'

const TEXT = 'naïve 🙂 tokens:\n\tif (x) return "ﬁ"; 中文\n'

let o200k: Tokenizer
beforeAll(async () => {
  o200k = await loadTokenizer('o200k_base')
})

/** Words of the list only; everything else is [UNK]. */
function wordLevel(): Tokenizer {
  return createTokenizer({
    ...o200k.spec,
    name: 'words',
    reference: 'huggingface',
    normalizer: { type: 'Lowercase' },
    preTokenizer: { type: 'Whitespace' },
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    model: {
      type: 'WordLevel',
      vocab: Vocab.fromStrings(['[UNK]', 'one', 'two'], 'text'),
      unkToken: '[UNK]',
    },
  })
}

describe('sizes', () => {
  it('are those of TextEncoder, of code points, and of a split at white space', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const { bytes, chars, words } = textSize(text)
        expect(bytes).toBe(new TextEncoder().encode(text).length)
        expect(chars).toBe([...text].length)
        expect(words).toBe(text.match(/\P{White_Space}+/gu)?.length ?? 0)
      }),
    )
    expect(textSize('\ud800x')).toEqual({ bytes: 4, chars: 2, words: 1 })
    expect(textSize(new Uint8Array(3))).toEqual({ bytes: 3, chars: null, words: null })
  })
})

describe('measure', () => {
  it('adds up documents', async () => {
    const documents = [TEXT, '', TEXT.repeat(3)]
    const found = await measure(o200k, documents)
    const tokens = documents.reduce((sum, text) => sum + o200k.count(text), 0)
    const bytes = Buffer.byteLength(TEXT) * 4
    expect(found.documents).toBe(3)
    expect(found.size).toEqual({ bytes, chars: [...TEXT].length * 4, words: 8 * 4 })
    expect(found.compression).toEqual({
      tokens,
      bytesPerToken: bytes / tokens,
      charsPerToken: ([...TEXT].length * 4) / tokens,
      tokensPerWord: tokens / 32,
      ratio: (8 * bytes) / (tokens * Math.log2(o200k.vocabSize)),
    })
    expect(found.vocabulary.used).toBe(new Set(documents.flatMap((text) => [...o200k.encode(text)])).size)
    expect(found.loss).toEqual({ unknownTokens: 0, documents: 0, example: null })
    expect(found.entropies).toHaveLength(5)
    expect(found.entropies[0]!.entropy * tokens).toBeLessThanOrEqual(found.huffmanBits + 1e-6)
  })

  it('of nothing is nothing, with no division by zero', async () => {
    for (const documents of [[], ['']]) {
      const found = await measure(o200k, documents)
      expect(found.compression).toEqual({
        tokens: 0,
        bytesPerToken: null,
        charsPerToken: null,
        tokensPerWord: null,
        ratio: null,
      })
      expect(found.channel.utilisation).toBe(0)
      expect(JSON.stringify(found)).not.toContain('NaN')
    }
  })

  it('reports what a tokenizer loses', async () => {
    const found = await measure(wordLevel(), ['one two', 'one three', 'One'])
    expect(found.loss).toMatchObject({ unknownTokens: 1, documents: 2 })
    expect(found.loss!.example).toMatchObject({ document: 1, expected: 'one three' })
    expect((await measure(o200k, ['lone \ud800 surrogate'])).loss!.documents).toBe(0)
  })

  it('is cancelled', async () => {
    await expect(measure(o200k, [TEXT], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

describe('intervals', () => {
  it('hold the ratio of sums, grow narrower with more documents, and are the same for the same seed', () => {
    const random = new Random(5)
    const widths = [20, 2000].map((count) => {
      const meter = new TokenMeter(o200k)
      for (let i = 0; i < count; i++)
        meter.add('word '.repeat(1 + random.int(5)) + 'xq'.repeat(random.int(9)))
      const interval = meter.intervals({ seed: 2 }).bytesPerToken!
      expect(meter.intervals({ seed: 2 }).bytesPerToken).toEqual(interval)
      const whole = meter.sums.interval((sums) => sums[0]! / sums[3]!, { seed: 9, level: 0.01 })!
      expect(interval.low).toBeLessThan(whole.low)
      expect(interval.high).toBeGreaterThan(whole.high)
      return interval.high - interval.low
    })
    expect(widths[1]!).toBeLessThan(widths[0]! / 4)
  })

  it('cover the truth about as often as they claim', () => {
    let held = 0
    for (let trial = 0; trial < 200; trial++) {
      const random = new Random(trial)
      const sums = new DocumentSums(1)
      const mean = new DocumentSums(2)
      for (let i = 0; i < 60; i++) mean.add([random.float() + random.float(), 1])
      expect(sums.interval((x) => x[0]!)).toBe(null)
      const { low, high } = mean.interval((x) => x[0]! / x[1]!, { seed: trial, resamples: 200, level: 0.9 })!
      if (low <= 1 && 1 <= high) held++
    }
    expect(held / 200).toBeGreaterThan(0.8)
    expect(held / 200).toBeLessThan(0.98)
  })

  it('join neighbours when there are many documents, and lose nothing of the sums', () => {
    const sums = new DocumentSums(2, 8)
    for (let i = 0; i < 1001; i++) sums.add([i, 1])
    expect(sums.count).toBe(1001)
    const { low, high } = sums.interval((x) => x[1]!, { seed: 1 })!
    expect(low).toBeGreaterThan(0)
    expect(high).toBeLessThanOrEqual(8 * 128)
    expect(() => sums.interval((x) => x[0]!, { level: 1 })).toThrow(/level/)
    expect(() => sums.interval((x) => x[0]!, { resamples: 0 })).toThrow(/resamples/)
  })
})

describe('parity and mismatch', () => {
  it('compare parallel texts with the reference', async () => {
    const texts = [
      { language: 'en', documents: 'All human beings are born free.' },
      { language: 'my', documents: ['လူတိုင်း သည်', ' တူညီ'] },
      { language: 'none', documents: '' },
    ]
    const parity = await parityOf(o200k, texts, 'en')
    const [en, my, none] = parity.languages
    expect(en).toMatchObject({ premium: 1, bytePremium: 1, tokens: 7 })
    expect(my!.premium).toBe(my!.tokens / 7)
    expect(none).toMatchObject({ premium: 0, tokens: 0 })
    expect(parity.spread).toBe(Math.max(my!.tokens, 7) / Math.min(my!.tokens, 7))
    await expect(parityOf(o200k, texts, 'de')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(parityOf(o200k, [...texts, texts[0]!], 'en')).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    expect((await parityOf(o200k, texts.slice(2), 'none')).languages[0]!.premium).toBe(null)
  })

  it('a tokenizer is best at home', async () => {
    const domains = {
      letters: ['abcabcabdabc '.repeat(200)],
      digits: ['0120120130120 '.repeat(200)],
    }
    const trained = await Promise.all(
      Object.entries(domains).map(async ([domain, documents]) => ({
        domain,
        tokenizer: await trainBpe(documents, { vocabSize: 270 }),
      })),
    )
    const rows = await mismatchMatrix(
      [...trained, { domain: 'the web', tokenizer: o200k }],
      Object.entries(domains).map(([domain, documents]) => ({ domain, documents })),
    )
    expect(rows.map((row) => row.map(({ trainedOn }) => trainedOn))).toEqual(
      [0, 1].map(() => ['letters', 'digits', 'the web']),
    )
    expect(rows[0]![0]!.excess).toBe(1)
    expect(rows[0]![1]!.excess).toBeGreaterThan(3)
    expect(rows[1]![1]!.excess).toBe(1)
    expect(rows[1]![0]!.tokensPerUnit).toBe(rows[1]![0]!.tokens / domains.digits[0]!.length)
    const empty = await mismatchMatrix(trained, [{ domain: 'letters', documents: [] }])
    expect(empty[0]![0]).toMatchObject({ tokens: 0, tokensPerUnit: null, excess: null })
  })
})

describe('transform', () => {
  it('compresses text and ids, in parts as at once', async () => {
    const documents = [TEXT.repeat(40), 'the same words again and again. '.repeat(50)]
    const found = await transformSizes(o200k, () => documents)
    const raw = gzipSync(documents.join(''), { level: 9 }).length
    expect(Math.abs(found.raw.compressed - raw)).toBeLessThan(20)
    expect(found.sizes.map(({ form }) => form)).toEqual(['fixed', 'utf8', 'rank'])
    for (const { compressed, gain, bitsPerByte } of found.sizes) {
      expect(gain).toBe(1 - compressed / found.raw.compressed)
      expect(bitsPerByte).toBe((8 * compressed) / found.raw.bytes)
    }
    const empty = await transformSizes(o200k, () => [])
    expect(empty.sizes[0]).toMatchObject({ bytes: 0, gain: null, bitsPerByte: null })
  })

  it('every compressor of this machine writes and counts', async () => {
    const known = await compressors()
    expect([...known.keys()]).toEqual(expect.arrayContaining(['gzip', 'brotli']))
    for (const name of known.keys()) {
      const size = await compressedSize(Buffer.from(TEXT.repeat(500)), name)
      expect(size).toBeGreaterThan(20)
      expect(size).toBeLessThan(1000)
    }
    await expect(openCompressor('lzma' as 'gzip')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})
