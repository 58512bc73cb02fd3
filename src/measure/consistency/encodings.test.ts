// The exact promises of the paper's non-uniqueness: counts and lists of encodings, canonical ids and their
// repair, random re-encodings. Each against trying everything on vocabularies of a few merges.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random, utf8Encode } from '../../core/index.ts'
import { everyEncoding, tinyText, tinyVocabulary } from '../testing/tiny.ts'
import { canonicalize, canonicityRate, isCanonical } from './canonical.ts'
import { Dropout } from './dropout.ts'
import {
  canonicalSpelling,
  countEncodings,
  logEncodings,
  sameIds,
  shortestEncodings,
  wordEncodings,
} from './encodings.ts'

const HOW = { specials: 'text', template: false } as const
const names = (rows: readonly ArrayLike<number>[]) => rows.map((ids) => Array.from(ids).join()).sort()

describe('the encodings of a word', () => {
  test('are as many as there are, and the list has each of them once', () => {
    fc.assert(
      fc.property(tinyVocabulary, tinyText(6), (tokenizer, text) => {
        const bytes = utf8Encode(text)
        if (bytes.length > 8) return
        const all = everyEncoding(tokenizer, bytes)
        expect(countEncodings(tokenizer, text)).toBe(BigInt(all.length))
        expect(logEncodings(tokenizer, text)).toBeCloseTo(Math.log2(all.length), 9)
        const listed = shortestEncodings(tokenizer, text, 10_000)
        expect(names(listed)).toEqual(text === '' ? [] : names(all))
        for (const ids of listed) expect(tokenizer.decode(ids)).toBe(text)
        // The beginning of a list is the shorter list; fewest tokens first.
        const lengths = listed.map((ids) => ids.length)
        expect(lengths).toEqual([...lengths].sort((a, b) => a - b))
        expect(names(shortestEncodings(tokenizer, text, 3))).toEqual(names(listed.slice(0, 3)))
      }),
      { numRuns: 150 },
    )
  })

  test('number at least one, exactly beyond 2^53 too', () => {
    fc.assert(
      fc.property(tinyVocabulary, fc.integer({ min: 0, max: 120 }), (tokenizer, length) => {
        const text = 'ab '.repeat(length)
        // The plain recursion, in big integers, from the end.
        const bytes = utf8Encode(text)
        const { vocab } = tokenizer.spec.model
        const ways = Array.from({ length: bytes.length + 1 }, () => 0n)
        ways[bytes.length] = 1n
        for (let at = bytes.length - 1; at >= 0; at--) {
          for (let id = 0; id < vocab.size; id++) {
            const token = vocab.bytesOf(id)
            if (token.every((byte, i) => byte === bytes[at + i])) ways[at]! += ways[at + token.length] ?? 0n
          }
        }
        expect(countEncodings(tokenizer, text)).toBe(ways[0])
        expect(ways[0]! >= 1n).toBe(true)
      }),
      { numRuns: 12 },
    )
  })

  test('of an audited word are others than the tokenizer’s own', () => {
    fc.assert(
      fc.property(tinyVocabulary, tinyText(4), (tokenizer, word) => {
        const audit = wordEncodings(tokenizer, word, 4)
        for (const [text, canonical, others, count] of [
          [word, audit.canonical, audit.alternatives, audit.count],
          [` ${word}`, audit.spacedCanonical, audit.spacedAlternatives, audit.spacedCount],
        ] as const) {
          expect(tokenizer.decode(canonical)).toBe(text)
          expect(canonical).toEqual(canonicalSpelling(tokenizer, text))
          expect(others.length).toBe(Math.min(4, Math.max(0, Number(count) - 1)))
          for (const ids of others) {
            expect(sameIds(ids, canonical)).toBe(false)
            expect(tokenizer.decode(ids)).toBe(text)
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('canonical ids', () => {
  test('are those of the decoded text; a repair is idempotent and never changes a byte', () => {
    fc.assert(
      fc.property(tinyVocabulary, tinyText(6), fc.nat(), (tokenizer, text, pick) => {
        const all = everyEncoding(tokenizer, utf8Encode(text))
        const ids = all[pick % all.length]!
        const own = tokenizer.encode(text, HOW)
        const repaired = canonicalize(tokenizer, ids)
        expect(repaired.ids).toEqual(own)
        expect(repaired.unrepaired).toEqual([])
        expect(repaired.canonical).toBe(sameIds(ids, own))
        const again = canonicalize(tokenizer, repaired.ids)
        expect(again).toEqual({ ids: own, canonical: true, runs: [], unrepaired: [] })
        // Exactly one of all encodings is canonical.
        expect(all.filter((one) => isCanonical(tokenizer, one)).length).toBe(1)
      }),
      { numRuns: 120 },
    )
  })

  test('differ from the given ones in the reported runs and nowhere else', () => {
    fc.assert(
      fc.property(tinyVocabulary, tinyText(6), fc.nat(), (tokenizer, text, pick) => {
        const all = everyEncoding(tokenizer, utf8Encode(text))
        const given = all[pick % all.length]!
        const { ids, runs } = canonicalize(tokenizer, given)
        const rebuilt: number[] = []
        let at = 0
        let canonicalAt = 0
        for (const run of runs) {
          expect(given.slice(at, run.start)).toEqual(
            Array.from(ids.subarray(canonicalAt, run.canonicalStart)),
          )
          const before = given.slice(run.start, run.end)
          const after = ids.slice(run.canonicalStart, run.canonicalEnd)
          expect(sameIds(before, after)).toBe(false)
          expect(tokenizer.decodeBytes(before)).toEqual(run.bytes)
          expect(tokenizer.decodeBytes(after)).toEqual(run.bytes)
          rebuilt.push(...given.slice(at, run.start), ...after)
          at = run.end
          canonicalAt = run.canonicalEnd
        }
        expect([...rebuilt, ...given.slice(at)]).toEqual([...ids])
        const rate = canonicityRate(tokenizer, [given, ids])
        expect(rate).toEqual({
          sequences: 2,
          canonical: sameIds(given, ids) ? 2 : 1,
          tokens: given.length + ids.length,
          strayTokens: runs.reduce((sum, run) => sum + run.end - run.start, 0),
          unrepaired: 0,
        })
      }),
      { numRuns: 120 },
    )
  })

  test('of ids drawn by chance spell the same bytes, text or not', () => {
    fc.assert(
      fc.property(tinyVocabulary, fc.array(fc.nat(), { maxLength: 8 }), (tokenizer, picks) => {
        const ids = picks.map((pick) => pick % tokenizer.vocabSize)
        const repaired = canonicalize(tokenizer, ids)
        expect(tokenizer.decodeBytes(repaired.ids)).toEqual(tokenizer.decodeBytes(ids))
        const again = canonicalize(tokenizer, repaired.ids)
        expect(again.ids).toEqual(repaired.ids)
        expect(again.runs).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

test('a random re-encoding spells the same bytes, at rate 0 with the same ids', () => {
  fc.assert(
    fc.property(tinyVocabulary, tinyText(8), fc.nat(), (tokenizer, text, seed) => {
      const ids = tokenizer.encode(text, HOW)
      const dropout = new Dropout(tokenizer)
      expect(dropout.apply(ids, 0, new Random(seed))).toEqual(ids)
      for (const rate of [0.3, 1]) {
        const other = dropout.apply(ids, rate, new Random(seed))
        expect(tokenizer.decode(other)).toBe(text)
        expect(canonicalize(tokenizer, other).ids).toEqual(ids)
        // With every merge refused, bytes are left.
        if (rate === 1) expect([...other]).toEqual([...utf8Encode(text)])
      }
    }),
    { numRuns: 80 },
  )
})
