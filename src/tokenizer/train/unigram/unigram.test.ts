import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decode } from '../../../core/index.ts'
import {
  plainBest,
  plainExpectation,
  plainSeeds,
  plainUnigram,
  type PlainWord,
} from '../testing/plain-unigram.ts'
import { WordTable, type CountedWords } from '../word-table.ts'
import { characterWords, utf8OfSymbols, type CharacterWords } from './character-words.ts'
import { Lattice } from './lattice.ts'
import { learnPieces } from './learn-pieces.ts'
import { Passes } from './passes.ts'
import { seedPieces } from './seed-pieces.ts'

function counted(words: readonly PlainWord[]): CountedWords {
  const table = new WordTable()
  for (const { text, weight } of words) {
    const bytes = new TextEncoder().encode(text)
    table.add(bytes, 0, bytes.length, weight)
  }
  return table.words()
}

const whole = { coverage: 1, limit: Infinity, always: '' }

function pieceTexts(words: CharacterWords, lattice: Lattice): string[] {
  return Array.from({ length: lattice.size }, (_, id) =>
    utf8Decode(utf8OfSymbols(words, lattice.places[id]!, lattice.lengths[id]!)),
  )
}

const someWords = fc
  .uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'é', '鯨', '🙂'), minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 8,
  })
  .chain((texts) =>
    fc
      .array(fc.integer({ min: 1, max: 9 }), { minLength: texts.length, maxLength: texts.length })
      .map((weights) => texts.map((text, i): PlainWord => ({ text, weight: weights[i]! }))),
  )

describe('seed pieces', () => {
  it('are the substrings that branch, with their weighted counts', () => {
    fc.assert(
      fc.property(
        someWords,
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 2, max: 5 }),
        (plain, maxLength, minCount) => {
          const words = characterWords(counted(plain), whole)
          const seeds = seedPieces(words, { maxLength, minCount, limit: 1e6 })
          const found = Array.from(seeds.length, (length, i): [string, number] => [
            utf8Decode(utf8OfSymbols(words, seeds.order[seeds.from[i]!]!, length)),
            seeds.count[i]!,
          ])
          expect(new Map(found)).toEqual(plainSeeds(plain, maxLength, minCount))
          expect(found).toHaveLength(new Map(found).size)
          // Every place of a piece is one of its range.
          seeds.length.forEach((length, i) => {
            for (let n = seeds.from[i]!; n < seeds.to[i]!; n++)
              expect(utf8Decode(utf8OfSymbols(words, seeds.order[n]!, length))).toBe(found[i]![0])
          })
        },
      ),
      { numRuns: 60 },
    )
  })

  it('the best by count × length when there are too many', () => {
    const words = characterWords(
      counted([
        { text: 'abab', weight: 10 },
        { text: 'xyz', weight: 4 },
      ]),
      whole,
    )
    const seeds = seedPieces(words, { maxLength: 8, minCount: 2, limit: 2 })
    const texts = Array.from(seeds.length, (length, i) =>
      utf8Decode(utf8OfSymbols(words, seeds.order[seeds.from[i]!]!, length)),
    )
    expect(texts.sort()).toEqual(['ab', 'abab'])
  })
})

describe('passes over the lattice', () => {
  /** A lattice with scores drawn at random; `spread` beyond 100 leaves the range of plain numbers. */
  const scored = fc.tuple(someWords, fc.constantFrom(1, 10, 300), fc.integer())

  it('expected counts and likelihood are those of all ways enumerated', () => {
    fc.assert(
      fc.property(scored, ([plain, spread, seed]) => {
        const words = characterWords(counted(plain), whole)
        const lattice = new Lattice(words, seedPieces(words, { maxLength: 5, minCount: 1, limit: 1e6 }))
        const texts = pieceTexts(words, lattice)
        const scores = Float64Array.from(
          texts,
          (_, id) => -spread * (0.1 + (((id * 7919 + seed) >>> 3) % 97) / 97),
        )
        const expected = new Float64Array(lattice.size)
        const factors = scores.map((score, id) => Math.exp(score + 2 * lattice.lengths[id]!))
        const likelihood = new Passes(lattice).expect(0, words.weights.length, scores, factors, 2, expected)
        const oracle = plainExpectation(plain, new Map(texts.map((text, id) => [text, scores[id]!])))
        expect(likelihood).toBeCloseTo(oracle.likelihood, 6)
        texts.forEach((text, id) => expect(expected[id]).toBeCloseTo(oracle.expected.get(text) ?? 0, 6))
      }),
      { numRuns: 40 },
    )
  })

  it('best paths and the best way without a piece', () => {
    fc.assert(
      fc.property(scored, ([plain, , seed]) => {
        const words = characterWords(counted(plain), whole)
        const lattice = new Lattice(words, seedPieces(words, { maxLength: 5, minCount: 1, limit: 1e6 }))
        const texts = pieceTexts(words, lattice)
        const scores = Float64Array.from(texts, (_, id) => -1 - Math.abs(Math.sin(id * 12.9898 + seed)) * 7)
        const byText = new Map(texts.map((text, id) => [text, scores[id]!]))
        const passes = new Passes(lattice)
        const sum = (pieces: readonly string[]) =>
          pieces.reduce((total, piece) => total + byText.get(piece)!, 0)
        plain.forEach((word) => {
          const number = Array.from(words.weights.keys()).find(
            (w) =>
              utf8Decode(
                utf8OfSymbols(words, words.starts[w]!, words.starts[w + 1]! - 1 - words.starts[w]!),
              ) === word.text,
          )!
          const counts = new Float64Array(lattice.size)
          passes.bestPaths(number, number + 1, scores, counts)
          const found = texts.flatMap((text, id) =>
            Array.from({ length: counts[id]! / word.weight }, () => text),
          )
          expect(sum(found)).toBeCloseTo(sum(plainBest(word.text, byText)[0]!), 9)
        })
        const out: number[] = []
        texts.forEach((text, id) => {
          const best = plainBest(text, byText).find((way) => way.length > 1)
          const score = passes.without(id, scores, out)
          if (best) expect(score).toBeCloseTo(sum(best), 9)
          else expect(score).toBe(-Infinity)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('dropping pieces leaves the lattice of the others', () => {
    const words = characterWords(
      counted([
        { text: 'abcabc', weight: 3 },
        { text: 'bcb', weight: 2 },
      ]),
      whole,
    )
    const make = () => new Lattice(words, seedPieces(words, { maxLength: 6, minCount: 2, limit: 1e6 }))
    const lattice = make()
    const before = pieceTexts(words, lattice)
    const renamed = Int32Array.from(before, () => -1)
    let size = 0
    before.forEach((text, id) => {
      if (text !== 'bc') renamed[id] = size++
    })
    lattice.keep(renamed)
    expect(pieceTexts(words, lattice)).toEqual(before.filter((text) => text !== 'bc'))
    const edges = (l: Lattice, texts: string[]) =>
      Array.from({ length: words.symbols.length }, (_, p) =>
        Array.from(l.edges.subarray(l.first[p], l.first[p + 1]), (id) => texts[id]!),
      )
    const full = make()
    expect(edges(lattice, pieceTexts(words, lattice))).toEqual(
      edges(full, before).map((at) => at.filter((text) => text !== 'bc')),
    )
  })
})

describe('training', () => {
  it('finds the pieces and scores of the plain trainer', async () => {
    const text =
      'the tiny tiger thinks that the other tigers think there is nothing there at night the lighting is bright ' +
      'brighter nights are right for fighters and fright is lighter than writing nightly notes in the light'
    const weights = new Map<string, number>()
    for (const word of text.split(' ')) weights.set(`▁${word}`, (weights.get(`▁${word}`) ?? 0) + 1)
    const plain = [...weights].map(([word, weight]): PlainWord => ({ text: word, weight }))
    for (const size of [30, 40, 60]) {
      const words = characterWords(counted(plain), whole)
      const seeds = seedPieces(words, { maxLength: 8, minCount: 2, limit: 1e6 })
      const learned = await learnPieces(words, seeds, { size, shrinkingFactor: 0.75, subIterations: 2 })
      const expected = plainUnigram(plain, { size, maxLength: 8, minCount: 2 })
      const byText = new Map(learned.pieces.map((piece, i) => [utf8Decode(piece), learned.scores[i]!]))
      expect([...byText.keys()].sort()).toEqual(expected.map(([piece]) => piece).sort())
      for (const [piece, score] of expected) expect(byText.get(piece)).toBeCloseTo(score, 6)
      expect([...learned.scores]).toEqual([...learned.scores].sort((a, b) => b - a))
    }
  })

  it('characters beyond the coverage end a word', () => {
    const words = characterWords(
      counted([
        { text: 'aaxaa', weight: 50 },
        { text: 'aab', weight: 50 },
      ]),
      {
        coverage: 0.75,
        limit: Infinity,
        always: 'q',
      },
    )
    expect(words.characters.map((cp) => String.fromCodePoint(cp))).toEqual(['a', 'q'])
    expect(words.droppedCharacters).toBe(2)
    expect(words.droppedOccurrences).toBe(100)
    const texts = Array.from(words.weights, (_, w) =>
      utf8Decode(utf8OfSymbols(words, words.starts[w]!, words.starts[w + 1]! - 1 - words.starts[w]!)),
    )
    expect(texts).toEqual(['aa', 'aa', 'aa'])
  })
})
