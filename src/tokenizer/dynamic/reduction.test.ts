import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { loadTokenizer } from '../load-tokenizer.ts'
import { dynamicTokenizer } from '../dynamic-tokens.ts'
import { RowCache, type EmbeddingsForTokens } from './embeddings.ts'
import { DynamicTokenizer } from './dynamic-tokenizer.ts'
import { mergesFor, reductionAt, sampleMerges } from './reduction.ts'
import type { DynamicToken } from './symbols.ts'

const base = await loadTokenizer('r50k_base')
const TEXTS = [
  'Alle Menschen sind frei und gleich an Würde und Rechten geboren.',
  'Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geiste der Brüderlichkeit begegnen.',
  'Jeder hat Anspruch auf die in dieser Erklärung verkündeten Rechte und Freiheiten.',
  '',
  'Jeder hat das Recht auf Leben, Freiheit und Sicherheit der Person.',
]

const falling = fc.array(fc.nat(50), { minLength: 1, maxLength: 30 }).map((steps) => {
  let length = 2000
  return [length, ...steps.map((step) => (length -= step))]
})

describe('the scale of reductions', () => {
  test('goes from 0 to 1, and the chosen merges are the fewest that go as far', () => {
    fc.assert(
      fc.property(falling, fc.float({ min: 0, max: 1, noNaN: true }), (lengths, target) => {
        const merges = mergesFor({ lengths }, target)
        expect(mergesFor({ lengths }, 0)).toBe(0)
        if (lengths.at(-1) === lengths[0]) {
          expect(merges).toBe(0)
          return
        }
        expect(reductionAt({ lengths }, merges)).toBeGreaterThanOrEqual(target - 1e-6)
        if (merges > 0) expect(reductionAt({ lengths }, merges - 1)).toBeLessThan(target)
        expect(reductionAt({ lengths }, lengths.length + 5)).toBe(1)
      }),
    )
    for (const target of [-0.1, 1.1, NaN]) {
      expect(() => mergesFor({ lengths: [2, 1] }, target)).toThrow(/reduction/)
    }
  })

  test('a table is the mean over batches, each at its end when it has no pair left', async () => {
    const dynamic = new DynamicTokenizer(base)
    const table = await dynamic.table(TEXTS, { batchSize: 2 })
    const curves = await Promise.all(
      [TEXTS.slice(0, 2), TEXTS.slice(2, 4), TEXTS.slice(4)].map(async (b) =>
        (await dynamic.merge(b)).lengths(),
      ),
    )
    expect(table).toMatchObject({ batchSize: 2, texts: 5 })
    table.lengths.forEach((length, m) => {
      const sum = curves.reduce((total, curve) => total + curve[Math.min(m, curve.length - 1)]!, 0)
      expect(length * 5).toBeCloseTo(sum, 9)
    })
    expect(table.lengths[0]! * 5).toBe(TEXTS.reduce((n, text) => n + base.count(text), 0))
  })

  test('a batch is encoded by merges, by its own reduction, or by a table', async () => {
    const dynamic = await dynamicTokenizer(base)
    const whole = await dynamic.encode(TEXTS, { reduction: 1 })
    expect(whole.dynamicTokens).toBe((await dynamic.merge(TEXTS)).lengths().at(-1))
    const none = await dynamic.encode(TEXTS, { reduction: 0 })
    expect(none.dynamicTokens).toBe(none.baseTokens)
    const half = await dynamic.encode(TEXTS, { reduction: 0.5 })
    const lengths = half.batch.lengths()
    expect(half.baseTokens - half.dynamicTokens).toBeGreaterThanOrEqual((lengths[0]! - lengths.at(-1)!) / 2)
    const table = await dynamic.table(TEXTS, { batchSize: 5 })
    expect((await dynamic.encode(TEXTS, { reduction: 0.5, table })).merges).toBe(half.merges)
    expect((await dynamic.encode(TEXTS, { merges: 3 })).merges).toBe(3)
    expect((await dynamic.encode(TEXTS, { merges: 1e6 })).dynamicTokens).toBe(whole.dynamicTokens)
    const bad = [
      {},
      { merges: 1, reduction: 0.5 },
      { merges: -1 },
      { merges: 0.5 },
      { reduction: 2 },
      { merges: 1, table },
    ]
    for (const options of bad) {
      await expect(dynamic.encode(TEXTS, options)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    }
    await expect(dynamic.table([])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(dynamic.table(TEXTS, { batchSize: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(dynamicTokenizer(base, { boundary: 'line' as 'word' })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  test('merging stops when cancelled, and tells how far it is', async () => {
    const controller = new AbortController()
    controller.abort()
    const dynamic = new DynamicTokenizer(base)
    await expect(dynamic.merge(TEXTS, { signal: controller.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    const long = Array.from(
      { length: 60 },
      (_, i) => `${TEXTS[i % 5]} ${i} ${'Grundfreiheiten'.slice(i % 9)}`,
    )
    const stages = new Set<string>()
    await dynamic.table(long, { batchSize: 60, onProgress: ({ stage }) => stages.add(stage) })
    await dynamic.merge(long, { onProgress: ({ stage }) => stages.add(stage) })
    expect([...stages]).toEqual(['measuring batches', 'base tokens', 'merging'])
  })

  test('granularities for training come from every bin, or from the middle', () => {
    const lengths = Array.from({ length: 3001 }, (_, m) => 6000 - m)
    const random = new Random(4)
    const bins = (shape: 'uniform' | 'gaussian') => {
      const seen = Array.from({ length: 30 }, () => 0)
      for (let i = 0; i < 6000; i++) {
        const merges = sampleMerges({ lengths }, random, shape)
        expect(merges).toBeLessThanOrEqual(3000)
        seen[Math.min(29, Math.floor(merges / 100.01))]!++
      }
      return seen
    }
    const uniform = bins('uniform')
    for (const times of uniform) expect(Math.abs(times - 200)).toBeLessThan(75)
    const bell = bins('gaussian')
    expect(bell[15]!).toBeGreaterThan(6 * bell[2]!)
    expect(sampleMerges({ lengths: [5] }, random)).toBe(0)
  })
})

/** Rows that say what they were made from: the sum over pieces, the number of pieces. */
function predictor(calls: number[][][] = []): EmbeddingsForTokens {
  return {
    width: 2,
    mostPieces: 3,
    predict(surfaces) {
      calls.push(surfaces.map((pieces) => Array.from(pieces)))
      return Float32Array.from(
        surfaces.flatMap((pieces) => [pieces.reduce((a, b) => a + b, 0), pieces.length]),
      )
    },
    own: (ids) => Promise.resolve(Float32Array.from(Array.from(ids).flatMap((id) => [-id, -1]))),
  }
}

describe('rows for merged tokens', () => {
  test('a row from the cache is the row that was predicted; special tokens keep their own', async () => {
    const calls: number[][][] = []
    const cache = new RowCache(predictor(calls))
    const dynamic = new DynamicTokenizer(base, { specials: 'parse' })
    const { tokens } = await dynamic.encode([...TEXTS, '<|endoftext|>'], { reduction: 1 })
    const first = await cache.rowsFor(tokens)
    const second = await cache.rowsFor(tokens)
    expect(second.rows).toEqual(first.rows)
    const specials = tokens.filter((token) => token.special).length
    expect(specials).toBe(1)
    expect(first).toMatchObject({ hits: 0, misses: tokens.length - specials })
    expect(second).toMatchObject({ hits: tokens.length - specials, misses: 0 })
    expect(calls.length).toBe(1)
    expect(first.truncated).toBe(tokens.filter((token) => token.pieces.length > 3).length)
    expect(first.truncated).toBeGreaterThan(0)
    tokens.forEach((token, i) => {
      const row = Array.from(first.rows.subarray(2 * i, 2 * i + 2))
      const seen = Array.from(token.pieces.subarray(0, 3))
      if (token.special) expect(row).toEqual([-token.id!, -1])
      else expect(row).toEqual([seen.reduce((a, b) => a + b, 0), seen.length])
    })
    // Another batch splits otherwise, yet the same string has the same pieces, and so the same row.
    const again = await dynamic.encode(TEXTS.slice(2), { merges: 40 })
    const rows = await cache.rowsFor(again.tokens)
    const fresh = await new RowCache(predictor()).rowsFor(again.tokens)
    expect(rows.rows).toEqual(fresh.rows)
  })

  test('the rows used last stay, those of the batch always', async () => {
    const token = (id: number): DynamicToken => ({
      token: String(id),
      bytes: Uint8Array.of(id),
      id,
      pieces: Uint32Array.of(id),
      special: false,
    })
    const cache = new RowCache(predictor(), 3)
    await cache.rowsFor([1, 2, 3].map(token))
    await cache.rowsFor([1, 4].map(token))
    expect(cache.size).toBe(3)
    // 2 was used longest ago.
    expect(await cache.rowsFor([1, 3, 4].map(token))).toMatchObject({ hits: 3, misses: 0 })
    expect(await cache.rowsFor([2].map(token))).toMatchObject({ misses: 1 })
    await cache.rowsFor([1, 2, 3, 4, 5].map(token))
    expect(cache.size).toBe(5)
    expect(await cache.rowsFor([1, 2, 3, 4, 5].map(token))).toMatchObject({ hits: 5 })
    await cache.rowsFor([9].map(token))
    expect(cache.size).toBe(3)
    expect(() => new RowCache(predictor(), -1)).toThrow(/rows/)
    const wrong = new RowCache({ ...predictor(), predict: () => new Float32Array(3) })
    await expect(wrong.rowsFor([token(1)])).rejects.toMatchObject({ code: 'FORMAT_INVALID' })
  })
})
