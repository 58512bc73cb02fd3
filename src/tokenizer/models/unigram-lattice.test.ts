import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { createTokenizer } from '../tokenizer.ts'
import type { TokenizerSpec } from '../spec.ts'
import { BYTE_TOKENS, bpeTwin, unigramTwin } from './testing/specs.ts'
import type { ModelSpec } from '../spec.ts'

function spec(model: ModelSpec, changes: Partial<TokenizerSpec> = {}): TokenizerSpec {
  return {
    name: 'test',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: null,
    model,
    postProcessor: null,
    decoder: null,
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
    ...changes,
  }
}

const PIECES: [string, number][] = [
  ['<unk>', 0],
  ['a', -2],
  ['b', -2.5],
  ['ab', -3.1],
  ['ba', -3.7],
  ['aba', -5.3],
  ['é', -4],
  ['bé', -5.2],
]
const scores = new Map(PIECES)
const plain = createTokenizer(spec(unigramTwin(PIECES, 0).spec))

/** All ways to write a text of known characters, best first. */
function allWays(text: string): { tokens: string[]; score: number }[] {
  if (text === '') return [{ tokens: [], score: 0 }]
  return PIECES.slice(1)
    .filter(([piece]) => text.startsWith(piece))
    .flatMap(([piece, score]) =>
      allWays(text.slice(piece.length)).map((rest) => ({
        tokens: [piece, ...rest.tokens],
        score: score + rest.score,
      })),
    )
    .sort((a, b) => b.score - a.score)
}

const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 8 })
const tokensOf = (ids: Uint32Array) => Array.from(ids, (id) => plain.info(id).token)

describe('n best', () => {
  it('are the best of all ways, best first, and the first is what encode gives', () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 30 }), (text, n) => {
        const expected = allWays(text)
        const found = plain.nBest(text, n)
        expect(found).toHaveLength(Math.min(n, expected.length))
        expect(new Set(found.map(({ ids }) => ids.join())).size).toBe(found.length)
        found.forEach(({ ids, score }, i) => {
          expect(score).toBeCloseTo(expected[i]!.score, 9)
          const tokens = tokensOf(ids)
          expect(tokens.join('')).toBe(text)
          expect(tokens.reduce((sum, token) => sum + scores.get(token)!, 0)).toBeCloseTo(score, 9)
        })
        expect(found[0]!.ids).toEqual(plain.encode(text))
      }),
    )
  })

  it('over several pieces of a pre-tokenizer, with special tokens and a template', () => {
    const cut = createTokenizer(
      spec(unigramTwin(PIECES, 0).spec, {
        preTokenizer: { type: 'WhitespaceSplit' },
        addedTokens: [
          {
            id: 8,
            content: '<s>',
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
          },
        ],
        postProcessor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 0 } }],
          special_tokens: { '<s>': { id: '<s>', ids: [8], tokens: ['<s>'] } },
        },
      }),
    )
    const all = cut.nBest('aba<s>ab aba', 1000)
    // 4 ways for aba, 2 for ab.
    expect(all).toHaveLength(32)
    expect(all.every(({ ids }) => ids[0] === 8 && ids.filter((id) => id === 8).length === 2)).toBe(true)
    expect(all.map(({ score }) => score)).toEqual(all.map(({ score }) => score).toSorted((a, b) => b - a))
    expect(cut.nBest('aba<s>ab aba', 7)).toEqual(all.slice(0, 7))
    expect(cut.nBest('aba<s>ab aba', 1)[0]!.ids).toEqual(cut.encode('aba<s>ab aba'))
    expect(cut.nBest('ab', 1, { template: false })[0]!.ids).toEqual(cut.encode('ab', { template: false }))
  })

  it('unknown characters: one token, or their bytes, as encode does it', () => {
    const fallback = createTokenizer(
      spec(
        unigramTwin([...PIECES, ...BYTE_TOKENS.map((token): [string, number] => [token, -50])], 0, true).spec,
      ),
    )
    for (const tokenizer of [plain, fallback]) {
      for (const text of ['鯨', 'a鯨鯨b', '🙂ab鯨', 'x', 'ab<unk>'])
        expect(tokenizer.nBest(text, 5)[0]!.ids).toEqual(tokenizer.encode(text))
    }
    const none = createTokenizer(spec(unigramTwin(PIECES.slice(1), null).spec))
    expect(() => none.nBest('x', 2)).toThrowError(expect.objectContaining({ code: 'TEXT_NOT_REPRESENTABLE' }))
  })

  it('refuses what it cannot do', () => {
    for (const n of [0, 1.5, NaN, 5000])
      expect(() => plain.nBest('ab', n)).toThrowError(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(() => plain.nBest('ab'.repeat(50_000), 4096)).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    const bpe = createTokenizer(spec(bpeTwin(['a', 'b', 'ab'], [['a', 'b']]).spec))
    expect(() => bpe.nBest('ab', 2)).toThrowError(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }))
    expect(() => bpe.sample('ab')).toThrowError(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }))
  })
})

describe('sampling', () => {
  it.each([0, 0.3, 1, 2])('draws each way as often as its probability to the power of %d says', (alpha) => {
    const text = 'abaab'
    const ways = allWays(text)
    const weights = ways.map(({ score }) => Math.exp(alpha * score))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const random = new Random(5)
    const draws = 4000
    const seen = new Map<string, number>()
    for (let n = 0; n < draws; n++) {
      const key = tokensOf(plain.sample(text, { alpha, random })).join(' ')
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
    let chiSquare = 0
    ways.forEach(({ tokens }, i) => {
      const expected = (draws * weights[i]!) / total
      chiSquare += ((seen.get(tokens.join(' ')) ?? 0) - expected) ** 2 / expected
    })
    expect([...seen.values()].reduce((sum, n) => sum + n, 0)).toBe(draws)
    // Degrees of freedom: ways - 1; five standard deviations above the mean. The seed is fixed.
    expect(chiSquare).toBeLessThan(ways.length - 1 + 5 * Math.sqrt(2 * (ways.length - 1)))
  })

  it('among the n best only', () => {
    const two = plain.nBest('abaab', 2).map(({ ids }) => ids.join())
    const random = new Random(1)
    const seen = new Set(
      Array.from({ length: 200 }, () => plain.sample('abaab', { nBest: 2, alpha: 0.5, random }).join()),
    )
    expect([...seen].sort()).toEqual([...two].sort())
  })

  it('the same seed gives the same tokens; text comes back whole', () => {
    fc.assert(
      fc.property(texts, fc.integer(), (text, seed) => {
        const ids = plain.sample(text, { seed, alpha: 0.2 })
        expect(ids).toEqual(plain.sample(text, { seed, alpha: 0.2 }))
        expect(tokensOf(ids).join('')).toBe(text)
      }),
    )
    expect(() => plain.sample('a', { alpha: -1 })).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
    expect(() => plain.sample('a', { nBest: 0 })).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})
