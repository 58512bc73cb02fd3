import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../core/index.ts'
import { entropyOf, runEntropies } from './entropy.ts'
import { GramTable } from './gram-table.ts'
import { huffmanBits } from './huffman.ts'
import { channelOf, renyiEntropy } from './renyi.ts'
import { RunCounter } from './run-counter.ts'
import { shuffled } from './shuffled.ts'
import { plainConditional, plainCounts, plainEntropy, values } from './testing/plain.ts'

const stream = fc
  .integer({ min: 1, max: 12 })
  .chain((vocabSize) => fc.array(fc.nat(vocabSize - 1), { minLength: 1, maxLength: 80 }))

function counted(ids: ArrayLike<number>, vocabSize = 12, most = 5): RunCounter {
  const counter = new RunCounter({ vocabSize, most })
  counter.add(ids)
  return counter
}

describe('entropies of runs', () => {
  it('are those of the definition', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (ids) => {
        const found = await runEntropies(counted(ids))
        found.forEach(({ k, entropy, types, tokens }) => {
          expect(entropy).toBeCloseTo(plainConditional(ids, k), 9)
          expect(types).toBe(plainCounts(ids, k).size)
          expect(tokens).toBe(ids.length)
        })
      }),
    )
  })

  it('fall with k, and H1 is at most log2 of the types, which is at most log2 of the vocabulary', async () => {
    await fc.assert(
      fc.asyncProperty(stream, async (ids) => {
        const found = await runEntropies(counted(ids))
        const bits = values(found)
        bits.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(0)
          if (i > 0) expect(value).toBeLessThanOrEqual(bits[i - 1]! + 1e-9)
        })
        expect(bits[0]!).toBeLessThanOrEqual(Math.log2(found[0]!.types) + 1e-9)
        expect(found[0]!.types).toBeLessThanOrEqual(12)
      }),
    )
  })

  it('do not depend on how the stream comes in parts', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(20), { maxLength: 10 }), (ids, cuts) => {
        const parts = new RunCounter({ vocabSize: 12 })
        let at = 0
        for (const length of [...cuts, ids.length]) parts.add(ids.slice(at, (at += length)))
        expect(parts.sums()).toEqual(counted(ids).sums())
      }),
    )
  })

  it('a shuffled control of a stream with memory shows what the stream had', async () => {
    // Each id is followed by one of two: H2 = 1 bit, where a shuffled copy has H1 = 6 bits.
    const random = new Random(7)
    let id = 0
    const ids = Uint32Array.from({ length: 60_000 }, () => (id = (id * 2 + random.int(2)) % 64))
    const found = await runEntropies(counted(ids, 64, 3))
    expect(found[0]!.entropy).toBeCloseTo(6, 2)
    expect(found[1]!.entropy).toBeCloseTo(1, 2)
    expect(found[1]!.shuffled).toBeGreaterThan(5.9)
    expect(found.map(({ readable }) => readable)).toEqual([true, true, false])
    // The third: 64^3 contexts and runs against 60,000 tokens. Nothing is known, and the control says so.
    expect(found[2]!.shuffled).toBeLessThan(0.7 * 6)
    expect(found[1]!.millerMadow).toBeGreaterThan(found[1]!.entropy)
  })

  it('of an empty stream, of one distinct token, of a stream shorter than a run', async () => {
    for (const one of await runEntropies(counted([]))) {
      expect(one).toMatchObject({ entropy: 0, shuffled: 0, types: 0, readable: false })
    }
    for (const one of await runEntropies(counted([3, 3, 3, 3, 3, 3, 3]))) {
      expect(one).toMatchObject({ entropy: 0, shuffled: 0, types: 1 })
    }
    expect(values(await runEntropies(counted([1, 2])))).toEqual([1, 0, 0, 0, 0])
    expect(channelOf([5], 1)).toEqual({
      capacity: 0,
      utilisation: null,
      utilisation2: null,
      renyiEfficiency: null,
    })
  })

  it('stop when they are told to, and refuse ids and lengths out of range', async () => {
    const signal = AbortSignal.abort()
    const long = counted(
      Uint32Array.from({ length: 400_000 }, (_, i) => (i * i) % 5003),
      5003,
      5,
    )
    await expect(runEntropies(long, { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(() => counted([12])).toThrow(expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }))
    expect(() => counted([], 2, 9)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

describe('bounded memory', () => {
  it('stops the lengths that have too many runs; what they say of the beginning is exact', async () => {
    const random = new Random(11)
    // At first few runs, then all kinds: the shorter ones stay within the limit.
    const ids = Uint32Array.from({ length: 120_000 }, (_, i) => random.int(i < 40_000 ? 4 : 40))
    const small = new RunCounter({ vocabSize: 40, most: 4, limit: 2000 })
    for (let at = 0; at < ids.length; at += 777) small.add(ids.subarray(at, at + 777))
    const found = await runEntropies(small, { limit: 2000 })
    expect(found.map(({ tokens }) => tokens === ids.length)).toEqual([true, true, false, false])
    expect(found[3]!.tokens).toBeLessThanOrEqual(found[2]!.tokens)
    for (const { k, entropy, tokens, types } of found.slice(2)) {
      // The same positions, with what follows them: no ring.
      const own = new Map<string, number>()
      const shorter = new Map<string, number>()
      for (let from = 0; from < tokens; from++) {
        const run = [...ids.subarray(from, from + k)].join(' ')
        const start = [...ids.subarray(from, from + k - 1)].join(' ')
        own.set(run, (own.get(run) ?? 0) + 1)
        shorter.set(start, (shorter.get(start) ?? 0) + 1)
      }
      expect(types).toBe(own.size)
      expect(entropy).toBeCloseTo(plainEntropy(own.values()) - plainEntropy(shorter.values()), 9)
    }
    expect(found[1]!.entropy).toBeLessThanOrEqual(found[0]!.entropy)
  })

  /** Draws from a steep distribution: few frequent types, a tail of some 60,000. Hashes change with `salt`. */
  function filled(limit: number, salt: number): GramTable {
    const random = new Random(3)
    const table = new GramTable(limit)
    for (let i = 0; i < 100_000; i++) {
      const type = Math.floor(2 ** (random.float() * 17))
      const hash = new Random(Math.imul(type, 2654435761) ^ salt)
      table.add(hash.uint32() | 0, hash.uint32() | 0)
    }
    return table
  }

  it('beyond its limit estimates types and entropy from a sample, without bias', () => {
    const exact = filled(1 << 20, 0).sums()
    expect(exact.exact).toBe(true)
    const estimates = [1, 2, 3, 4, 5, 6].map((salt) => filled(1 << 12, salt).sums())
    let types = 0
    let entropy = 0
    for (const one of estimates) {
      expect(one.exact).toBe(false)
      expect(one.total).toBe(exact.total)
      types += one.types / estimates.length
      entropy += entropyOf(one) / estimates.length
    }
    expect(Math.abs(types / exact.types - 1)).toBeLessThan(0.05)
    expect(Math.abs(entropy - entropyOf(exact))).toBeLessThan(0.05)
  })
})

describe('the shuffled stream', () => {
  it('has the same tokens, in an order that depends on the seed alone', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { minLength: 1, maxLength: 40 }), fc.nat(), (counts, seed) => {
        const draw = () => [...shuffled(counts, new Random(seed))].flatMap((block) => [...block])
        const drawn = draw()
        expect(counts.map((_, id) => drawn.filter((other) => other === id).length)).toEqual(counts)
        expect(draw()).toEqual(drawn)
      }),
    )
  })

  it('puts each token first as often as its share says', () => {
    const first = [0, 0, 0]
    for (let seed = 0; seed < 3000; seed++) {
      for (const block of shuffled([1, 2, 3], new Random(seed))) first[block[0]!]!++
    }
    ;[1 / 6, 2 / 6, 3 / 6].forEach((share, id) => expect(first[id]! / 3000).toBeCloseTo(share, 1))
  })
})

describe('channel and order-0 code', () => {
  const counts = fc.array(fc.nat(50), { minLength: 2, maxLength: 40 }).filter((all) => all.some((n) => n > 0))

  it('η₂ ≤ η ≤ 1, and Rényi entropy falls with its order', () => {
    fc.assert(
      fc.property(counts, (all) => {
        const { utilisation, utilisation2, renyiEfficiency } = channelOf(all, all.length)
        expect(utilisation2!).toBeLessThanOrEqual(utilisation! + 1e-9)
        expect(renyiEfficiency!).toBeLessThanOrEqual(utilisation2! + 1e-9)
        expect(utilisation!).toBeLessThanOrEqual(1 + 1e-9)
        expect(renyiEntropy(all, 1.0001)).toBeCloseTo(renyiEntropy(all, 1), 2)
      }),
    )
  })

  it('N · H1 ≤ Huffman ≤ N · (H1 + 1) bits', () => {
    fc.assert(
      fc.property(counts, (all) => {
        const total = all.reduce((sum, n) => sum + n, 0)
        const bits = total * renyiEntropy(all, 1)
        expect(huffmanBits(all)).toBeGreaterThanOrEqual(bits - 1e-6)
        expect(huffmanBits(all)).toBeLessThanOrEqual(bits + total)
      }),
    )
    expect(huffmanBits([5, 9, 12, 13, 16, 45])).toBe(224)
    expect(huffmanBits([7])).toBe(0)
  })
})
