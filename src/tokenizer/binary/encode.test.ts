import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { SequenceEncoder } from './encode.ts'
import { FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'
import { MergeTable } from './merge-table.ts'
import { BinaryTokenizer } from './tokenizer.ts'

/** The definition, word for word: lowest rank first, left to right, rescanning everything. */
function plainEncode(bytes: Uint8Array, merges: Uint32Array, limit: number): number[] {
  let ids = Array.from(bytes, (b) => b + FIRST_BYTE_ID)
  for (let m = 0; m < limit; m++) {
    const out: number[] = []
    for (let i = 0; i < ids.length; i++) {
      if (i + 1 < ids.length && ids[i] === merges[2 * m] && ids[i + 1] === merges[2 * m + 1]) {
        out.push(FIRST_MERGE_ID + m)
        i++
      } else out.push(ids[i]!)
    }
    ids = out
  }
  return ids
}

/** Random merges over a few letters, in an order that no training would give. */
function randomMerges(random: Random, letters: number, count: number): Uint32Array {
  const merges: number[] = []
  const pieces: string[] = Array.from({ length: letters }, (_, i) => String.fromCharCode(i))
  const ids = pieces.map((_, i) => FIRST_BYTE_ID + i)
  const known = new Set(pieces)
  for (let tries = 0; merges.length < 2 * count && tries < count * 40; tries++) {
    const a = random.int(pieces.length)
    const b = random.int(pieces.length)
    const joined = pieces[a]! + pieces[b]!
    if (known.has(joined) || joined.length > 16) continue
    known.add(joined)
    ids.push(FIRST_MERGE_ID + merges.length / 2)
    merges.push(ids[a]!, ids[b]!)
    pieces.push(joined)
  }
  return Uint32Array.from(merges)
}

describe('encoding by merge rank', () => {
  test('gives the ids of the definition, whatever the merges and wherever windows end', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 900 }),
        (seed, letters, count, length) => {
          const random = new Random(seed)
          const merges = randomMerges(random, letters, count)
          const bytes = Uint8Array.from({ length }, () => random.int(letters))
          const { vocab } = new BinaryTokenizer(merges)
          for (const limit of [merges.length / 2, merges.length / 4]) {
            const n = Math.floor(limit)
            const expected = plainEncode(bytes, merges, n)
            for (const window of [7, 40, 200, 4096]) {
              const encoder = new SequenceEncoder(new MergeTable(merges), vocab, window)
              expect(Array.from(encoder.encode(bytes, n))).toEqual(expected)
              expect(encoder.count(bytes, n)).toBe(expected.length)
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  test('runs of one byte pair up from the left end of the run', () => {
    const x = FIRST_BYTE_ID + 120
    const merges = Uint32Array.of(x, x, FIRST_MERGE_ID, FIRST_MERGE_ID, FIRST_MERGE_ID, x)
    const tokenizer = new BinaryTokenizer(merges)
    for (let n = 0; n < 70; n++) {
      const run = new Uint8Array(n).fill(120)
      expect(Array.from(tokenizer.encode(run))).toEqual(plainEncode(run, merges, 3))
    }
  })

  test('a chain that reaches from the right end of the file to its left end is still one sequence', () => {
    // Rank k joins (k, k+1): whether the first pair merges depends on the parity of the whole chain.
    const n = 200
    const merges = new Uint32Array(2 * n)
    for (let m = 0; m < n; m++) {
      merges[2 * m] = FIRST_BYTE_ID + (n - 1 - m)
      merges[2 * m + 1] = FIRST_BYTE_ID + (n - m)
    }
    const { vocab } = new BinaryTokenizer(merges)
    const encoder = new SequenceEncoder(new MergeTable(merges), vocab, 32)
    for (const length of [n - 1, n, n + 1]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i)
      expect(Array.from(encoder.encode(bytes, n))).toEqual(plainEncode(bytes, merges, n))
    }
  })
})
