import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import { learnMerges, learnMergesSync, type LearnedMerges, type WeightedWords } from './learn-merges.ts'
import { listingTrainer, recountingTrainer, type PlainMerge, type PlainWords } from './testing/reference.ts'

function packed(input: PlainWords): WeightedWords {
  const offsets = [0]
  for (const word of input.words) offsets.push(offsets[offsets.length - 1]! + word.length)
  return { symbols: Uint32Array.from(input.words.flat()), offsets, weights: input.weights }
}

function listed(learned: LearnedMerges): PlainMerge[] {
  return Array.from(learned.made, (made, i) => ({
    left: learned.merges[2 * i]!,
    right: learned.merges[2 * i + 1]!,
    made,
    count: learned.counts[i]!,
  }))
}

/** Few symbols and short words give many ties, repeated joined strings and overlapping pairs. */
const corpus = (longest: number) =>
  fc
    .record({
      alphabet: fc.integer({ min: 1, max: 5 }),
      specials: fc.subarray(['ab', 'aab', 'ba', '<s>']),
      words: fc.array(
        fc.record({
          letters: fc.array(fc.nat(99), { maxLength: longest }),
          weight: fc.integer({ min: 1, max: 9 }),
        }),
        { maxLength: 12 },
      ),
    })
    .map(({ alphabet, specials, words }): PlainWords => ({
      initial: [...specials, ...'abcde'.slice(0, alphabet)],
      words: words.map(({ letters }) => letters.map((n) => specials.length + (n % alphabet))),
      weights: words.map(({ weight }) => weight),
    }))

const settings = fc.record({
  extra: fc.nat(40),
  minFrequency: fc.nat(6),
  maxTokenLength: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: 6 })),
  indexRange: fc.constantFrom(undefined, 1.01, 2, 1000),
})

describe('learnMerges equals the plain trainers', () => {
  for (const [existing, plain] of [
    ['skip', recountingTrainer],
    ['reuse', listingTrainer],
  ] as const) {
    it(`rule ${existing}: same pairs, ids and counts in the same order`, () => {
      fc.assert(
        fc.property(corpus(14), settings, (input, { extra, ...rest }) => {
          const options = { ...rest, vocabSize: input.initial.length + extra }
          const initial = input.initial.map(utf8Encode)
          const learned = learnMergesSync(packed(input), { ...options, initial, existing })
          expect(listed(learned)).toEqual(plain(input, options))
        }),
        { numRuns: 3000 },
      )
    })

    it(`rule ${existing}: few long sequences`, () => {
      fc.assert(
        fc.property(corpus(400), settings, (input, { extra, ...rest }) => {
          const options = { ...rest, vocabSize: input.initial.length + extra }
          const initial = input.initial.map(utf8Encode)
          const learned = learnMergesSync(packed(input), { ...options, initial, existing })
          expect(listed(learned)).toEqual(plain(input, options))
        }),
        { numRuns: 60 },
      )
    })
  }
})

describe('learnMerges', () => {
  const initial = ['a', 'b', 'c'].map(utf8Encode)
  const words = packed({
    initial: [],
    words: [
      [0, 1, 2],
      [0, 1],
    ],
    weights: [2, 3],
  })

  it('gives the vocabulary', () => {
    const learned = learnMergesSync(words, { initial, vocabSize: 5 })
    const vocab = learned.vocab('text')
    expect(Array.from({ length: vocab.size }, (_, id) => vocab.stringOf(id))).toEqual([
      'a',
      'b',
      'c',
      'ab',
      'abc',
    ])
    expect([...learned.counts]).toEqual([5, 2])
  })

  it('maps symbols to ids and leaves out what has none', () => {
    const idOf = new Int32Array(256).fill(-1)
    idOf.set([0, 1], 97)
    const bytes = utf8Encode('axbaxb')
    const learned = learnMergesSync(
      { symbols: bytes, offsets: [0, bytes.length], weights: [1], idOf },
      { initial: initial.slice(0, 2), vocabSize: 3 },
    )
    expect(listed(learned)).toEqual([{ left: 0, right: 1, made: 2, count: 2 }])
  })

  it('counts beyond 2^31', () => {
    const learned = learnMergesSync({ ...words, weights: [2 ** 40, 2 ** 41] }, { initial, vocabSize: 4 })
    expect(learned.counts[0]).toBe(2 ** 40 + 2 ** 41)
  })

  it('refuses what cannot be', async () => {
    const code = (options: object, input = words) =>
      learnMerges(input, { initial, vocabSize: 9, ...options }).then(
        () => 'none',
        (error: { code?: string }) => error.code,
      )
    expect(await code({})).toBe('none')
    expect(await code({ vocabSize: 2 })).toBe('TRAINING_IMPOSSIBLE')
    expect(await code({ vocabSize: 2.5 })).toBe('ARGUMENT_INVALID')
    expect(await code({ minFrequency: -1 })).toBe('ARGUMENT_INVALID')
    expect(await code({ maxTokenLength: 0 })).toBe('ARGUMENT_INVALID')
    expect(await code({ indexRange: 1 })).toBe('ARGUMENT_INVALID')
    expect(await code({}, { ...words, weights: [1, 0] })).toBe('ARGUMENT_INVALID')
    expect(await code({}, { ...words, weights: [1] })).toBe('ARGUMENT_INVALID')
    expect(await code({ initial: initial.slice(0, 1) })).toBe('ARGUMENT_INVALID')
    expect(await code({ signal: AbortSignal.abort() })).toBe('CANCELLED')
  })

  it('can be cancelled on the way', async () => {
    const stop = new AbortController()
    const symbols = new Uint8Array(400_000)
    for (let i = 0; i < symbols.length; i++) symbols[i] = (i * i * 7 + (i >> 3)) % 251
    const run = learnMerges(
      { symbols, offsets: [0, symbols.length], weights: [1] },
      {
        initial: Array.from({ length: 256 }, (_, b) => Uint8Array.of(b)),
        vocabSize: 100_000,
        signal: stop.signal,
        onProgress: ({ done, total }) => {
          expect(done).toBeLessThanOrEqual(total!)
          stop.abort()
        },
      },
    )
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
