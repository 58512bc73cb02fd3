import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import { aligned, type AlignedText } from '../aligned.ts'
import { hostileText } from '../models/testing/hostile.ts'
import { inUnits, nativeTokenizer } from '../models/testing/native.ts'
import { plainTokenizer } from '../models/testing/plain.ts'
import { addedToken, wordLevelTwin } from '../models/testing/specs.ts'
import type { AddedToken, NormalizerSpec } from '../spec.ts'
import type { Specials } from '../types.ts'
import { compileAdded } from './added.ts'
import { PatternSet } from './patterns.ts'

function parts(tokens: AddedToken[], text: string, specials: Specials = 'parse'): [string, number][] {
  const out: [string, number][] = []
  compileAdded(tokens, null).splitRaw(text, specials, (start, end, id) =>
    out.push([text.slice(start, end), id]),
  )
  return out
}

describe('PatternSet', () => {
  it('finds the longest pattern at every position, as trying each does', () => {
    const random = new Random(3)
    for (let round = 0; round < 300; round++) {
      const word = (most: number) =>
        Array.from({ length: 1 + random.int(most) }, () => random.pick(['a', 'b', '🙂'])).join('')
      const patterns = [...new Set(Array.from({ length: 1 + random.int(12) }, () => word(5)))]
      const text = word(40)
      const expected: [number, string][] = []
      for (let i = text.length - 1; i >= 0; i--) {
        const fits = patterns.filter((p) => text.startsWith(p, i)).sort((a, b) => b.length - a.length)
        if (fits[0] !== undefined) expected.push([i, fits[0]])
      }
      const hits = new PatternSet(patterns).find(text)
      const got = Array.from({ length: hits.count }, (_, i) => [hits.starts[i], patterns[hits.patterns[i]!]])
      expect(got, `${patterns.join()} in ${text}`).toEqual(expected)
    }
  })

  it('takes a long text of false starts and thousands of patterns', () => {
    const long = new PatternSet(['a'.repeat(5000) + 'b', 'a'])
    expect(long.find('a'.repeat(1_000_000)).count).toBe(1_000_000)
    const many = new PatternSet(Array.from({ length: 6000 }, (_, i) => `<unused${i}>`))
    const text = '<unused59 '.repeat(200_000) + '<unused5999>'
    const hits = many.find(text)
    expect(hits.count).toBe(1)
    expect(hits.patterns[0]).toBe(5999)
  })
})

describe('compileAdded', () => {
  it('cuts tokens out, the longest that starts first', () => {
    expect(parts([addedToken(7, '<s>'), addedToken(8, '<s><s>')], 'x<s><s><s>y')).toEqual([
      ['x', -1],
      ['<s><s>', 8],
      ['<s>', 7],
      ['y', -1],
    ])
    expect(parts([addedToken(7, '<s>')], '')).toEqual([])
    expect(parts([], 'abc')).toEqual([['abc', -1]])
    expect(parts([addedToken(1, '')], 'abc')).toEqual([['abc', -1]])
  })

  it('takes special tokens as text, other added tokens always', () => {
    const tokens = [addedToken(1, '<s>', { special: true }), addedToken(2, '\n\n')]
    expect(parts(tokens, 'a<s>\n\nb', 'text')).toEqual([
      ['a<s>', -1],
      ['\n\n', 2],
      ['b', -1],
    ])
    // A special token that does not count still uses up its text.
    expect(parts([addedToken(1, '<ab>', { special: true }), addedToken(2, 'ab')], '<ab>ab', 'text')).toEqual([
      ['<ab>', -1],
      ['ab', 2],
    ])
  })

  it('refuses special tokens by name and place', () => {
    const tokens = [addedToken(1, '<s>', { special: true, single_word: true }), addedToken(2, '\n')]
    expect(() => parts(tokens, 'a\n <s>', 'refuse')).toThrow(
      expect.objectContaining({ code: 'SPECIAL_TOKEN_REFUSED', where: 'character 3 of the text' }),
    )
    expect(() => parts(tokens, 'a\n <s>', 'refuse')).toThrow(/"<s>"/)
    expect(parts(tokens, 'a\nb<s>', 'refuse')).toHaveLength(3)
  })

  it('knows which methods have work to do', () => {
    const both = compileAdded([addedToken(1, 'a'), addedToken(2, 'b', { normalized: true })], null)
    expect([both.rawEmpty, both.normalizedEmpty]).toEqual([false, false])
    const none = compileAdded([], null)
    expect([none.rawEmpty, none.normalizedEmpty]).toEqual([true, true])
  })
})

describe('added tokens equal the native library', () => {
  const contents = [
    '<s>',
    '</s>',
    '[MASK]',
    'the',
    'a',
    ' ',
    '  ',
    '\n',
    '\n\n',
    'é',
    '🙂',
    '漢字',
    '_',
    'Hello',
    'x y',
    '▁',
    '<s><s>',
    '\u3000',
    '\u0301',
    ' b',
  ]

  /** Lower-casing of ASCII only, so that the test does not depend on another component. */
  const lower: NormalizerSpec = {
    type: 'Sequence',
    normalizers: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((c) => ({
      type: 'Replace',
      pattern: { String: c },
      content: c.toLowerCase(),
    })),
  }
  const lowered = (text: AlignedText): AlignedText => ({
    ...text,
    text: text.text.replace(/[A-Z]/g, (c) => c.toLowerCase()),
  })

  for (let seed = 1; seed <= 12; seed++) {
    it(`random tokens and flags ${seed}`, async () => {
      const random = new Random(seed)
      const chosen = random.shuffle([...contents]).slice(0, 3 + random.int(8))
      const flag = () => random.int(3) === 0
      const normalizing = seed % 2 === 0
      const seen = new Set<string>()
      const tokens: AddedToken[] = []
      for (const content of chosen) {
        const normalized = random.int(2) === 0
        // Two tokens that normalize to one pattern are refused by the native library.
        const key = normalized && normalizing ? content.toLowerCase() : content
        if (seen.has(normalized + key)) continue
        seen.add(normalized + key)
        tokens.push(
          addedToken(1 + tokens.length, content, {
            single_word: flag(),
            // The native library aborts the process when a token of spaces strips spaces already stripped.
            lstrip: flag() && content.trim() !== '',
            rstrip: flag(),
            normalized,
            special: flag(),
          }),
        )
      }
      const twin = wordLevelTwin(['<unk>'])
      const native = nativeTokenizer({
        model: twin.json,
        normalizer: normalizing ? lower : null,
        preTokenizer: { type: 'FixedLength', length: 1 },
        addedTokens: tokens,
      })
      const plain = plainTokenizer({
        model: twin.spec,
        normalize: normalizing ? lowered : null,
        preTokenizer: { type: 'FixedLength', length: 1 },
        addedTokens: tokens,
      })
      for (let n = 0; n < 150; n++) {
        let text = ''
        for (let k = random.int(10); k > 0; k--) {
          text += random.int(3)
            ? random.pick(contents)
            : random.int(2)
              ? random.pick([' ', '\t', 'b', 'THE'])
              : hostileText(random, 2)
        }
        const expected = await native.encode(text)
        const got = plain.part(text)
        expect([...got.ids], JSON.stringify(text)).toEqual(expected.getIds())
        expect([...got.details!.offsets], JSON.stringify(text)).toEqual(inUnits(text, expected.getOffsets()))
      }
    })
  }

  it('reaches back into stripped whitespace, and does not fail where the native library does', () => {
    expect(parts([addedToken(1, '<a>', { rstrip: true }), addedToken(2, ' b')], '<a>  bc')).toEqual([
      ['<a>  ', 1],
      [' b', 2],
      ['c', -1],
    ])
    const spaces = [addedToken(1, '<a>', { rstrip: true }), addedToken(2, ' ', { lstrip: true })]
    expect(parts(spaces, '<a>  b').at(-1)![0].endsWith('b')).toBe(true)
  })

  it('matches normalized content in normalized text', () => {
    const added = compileAdded([addedToken(5, 'HELLO', { normalized: true })], (s) => s.toLowerCase())
    const out: [number, number, number][] = []
    added.splitNormalized(aligned('say hello', false).text, 'parse', (...part) => out.push(part))
    expect(out).toEqual([
      [0, 4, -1],
      [4, 9, 5],
    ])
  })
})
