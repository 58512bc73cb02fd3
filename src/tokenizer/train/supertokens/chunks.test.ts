import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Decode, utf8Encode } from '../../../core/index.ts'
import { ChunkCutter, chunkLengths, PAPER_LENGTHS, type LengthRange } from './chunk-lengths.ts'
import { ChunkSample } from './chunk-sample.ts'

const anyText = fc.string({ unit: 'grapheme-composite', maxLength: 120 }).map((text) => text.toWellFormed())

function chunksOf(
  text: string,
  options: { ranges?: readonly LengthRange[]; seed?: number; dropRuns?: boolean } = {},
) {
  const { ranges = PAPER_LENGTHS, seed = 1, dropRuns = false } = options
  const bytes = utf8Encode(text)
  const chunks: string[] = []
  new ChunkCutter({ ranges, seed, dropRuns }).cut(bytes, (from, to) => {
    chunks.push(utf8Decode(bytes.subarray(from, to)))
  })
  return chunks
}

const characters = (text: string) => Array.from(text).length

describe('random chunks', () => {
  test('put together they are the text, each of a length that the distribution has', () => {
    fc.assert(
      fc.property(anyText, fc.integer(), fc.nat(8), fc.nat(8), (text, seed, least, more) => {
        const ranges = [
          { from: least + 1, to: least + 1 + more, weight: 2 },
          { from: 20, to: 20, weight: 1 },
        ]
        const chunks = chunksOf(text, { ranges, seed })
        expect(chunks.join('')).toBe(text)
        chunks.forEach((chunk, i) => {
          const length = characters(chunk)
          if (i < chunks.length - 1) {
            expect(length === 20 || (length >= ranges[0]!.from && length <= ranges[0]!.to)).toBe(true)
          } else expect(length).toBeLessThanOrEqual(Math.max(20, ranges[0]!.to))
          expect(length).toBeGreaterThan(0)
        })
      }),
    )
  })

  test('the same seed gives the same chunks, and the draws go on from text to text', () => {
    const text = 'The whale that wanders round the Pequod, with malice aforethought. '.repeat(20)
    expect(chunksOf(text, { seed: 7 })).toEqual(chunksOf(text, { seed: 7 }))
    expect(chunksOf(text, { seed: 7 })).not.toEqual(chunksOf(text, { seed: 8 }))
    const cutter = new ChunkCutter({ ranges: PAPER_LENGTHS, seed: 1, dropRuns: false })
    const cuts = () => {
      const ends: number[] = []
      cutter.cut(utf8Encode(text), (_, to) => ends.push(to))
      return ends
    }
    expect(cuts()).not.toEqual(cuts())
  })

  test("the paper's distribution comes out, range by range", () => {
    const counts = new Map<number, number>()
    const text = 'x'.repeat(2_000_000)
    new ChunkCutter({ ranges: PAPER_LENGTHS, seed: 3, dropRuns: false }).cut(utf8Encode(text), (from, to) => {
      counts.set(to - from, (counts.get(to - from) ?? 0) + 1)
    })
    const total = [...counts.values()].reduce((a, b) => a + b)
    const weights = PAPER_LENGTHS.reduce((sum, range) => sum + range.weight, 0)
    for (const { from, to, weight } of PAPER_LENGTHS) {
      for (let length = from; length <= to; length++) {
        const expected = weight / weights / (to - from + 1)
        // Five standard deviations of a binomial.
        const wide = 5 * Math.sqrt((expected * (1 - expected)) / total)
        expect(Math.abs(counts.get(length)! / total - expected)).toBeLessThan(wide)
      }
    }
  })

  test('seven equal characters in a row separate chunks, as the regular expression says', () => {
    const runny = fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'é', '😀', ' ', '\n', '\r'), fc.nat(24)), { maxLength: 6 })
      .map((runs) => runs.map(([character, times]) => character.repeat(times)).join(''))
    fc.assert(
      fc.property(runny, fc.integer(), (text, seed) => {
        const ranges = [{ from: 1, to: 30, weight: 1 }]
        const plain = chunksOf(text, { ranges, seed }).flatMap((chunk) =>
          chunk.replace(/([^\n])\1{6}/gu, '\u0000').split('\u0000'),
        )
        expect(chunksOf(text, { ranges, seed, dropRuns: true })).toEqual(plain.filter((part) => part !== ''))
      }),
    )
  })

  test('distributions are read from text, and refused with a reason', () => {
    expect(chunkLengths('4-23')).toEqual([{ from: 4, to: 23, weight: 1 }])
    expect(chunkLengths('4-5:0.25, 7:3')).toEqual([
      { from: 4, to: 5, weight: 0.25 },
      { from: 7, to: 7, weight: 3 },
    ])
    for (const bad of ['', '0-3', '5-4', '4-', 'a-b', '1:-1', '1-2:0', '1-99999', '1,'.repeat(400)]) {
      expect(() => chunkLengths(bad), bad).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    }
    expect(() => chunkLengths([{ from: 1, to: 2, weight: NaN }])).toThrow(/weight/)
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), (text) => {
        try {
          for (const range of chunkLengths(text)) expect(range.from).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' })
        }
      }),
    )
  })
})

describe('a sample of chunks', () => {
  const chunks = Array.from({ length: 5000 }, (_, i) => `chunk ${i % 1700} of many`)

  function sampled(order: readonly string[], budget: number) {
    const sample = new ChunkSample(budget)
    for (const chunk of order) {
      const bytes = utf8Encode(chunk)
      sample.add(bytes, 0, bytes.length)
    }
    const { bytes, offsets, counts } = sample.words()
    const words = new Map<string, number>()
    counts.forEach((count, i) => words.set(utf8Decode(bytes.subarray(offsets[i]!, offsets[i + 1]!)), count))
    return { sample, words }
  }

  test('is everything while there is room', () => {
    const { sample, words } = sampled(chunks, Infinity)
    expect(sample.share).toBe(1)
    expect(sample.dropped).toBe(0)
    expect(words.size).toBe(1700)
    for (const [chunk, count] of words) expect(count).toBe(chunks.filter((c) => c === chunk).length)
  })

  test('within less room it is part of everything, with the counts of everything, in any order', () => {
    const all = sampled(chunks, Infinity).words
    const { sample, words } = sampled(chunks, 30_000)
    expect(sample.share).toBeLessThan(1)
    expect(words.size).toBeGreaterThan(100)
    for (const [chunk, count] of words) expect(count).toBe(all.get(chunk))
    let kept = 0
    for (const count of words.values()) kept += count
    expect(kept + sample.dropped).toBe(5000)
    expect(sample.occurrences).toBe(5000)
    expect(sampled(chunks.toReversed(), 30_000).words).toEqual(
      new Map([...words].toSorted((a, b) => (a[0] < b[0] ? -1 : 1))),
    )
  })
})
