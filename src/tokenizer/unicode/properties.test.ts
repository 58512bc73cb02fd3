import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  complement,
  difference,
  intersection,
  setFromRanges,
  setHas,
  symmetricDifference,
  union,
} from './code-point-set.ts'
import { digitSet, hexDigitSet, posixSet, propertySet, wordSet } from './properties.ts'
import { disagreements, matchedByOniguruma, matchedByTiktoken } from './testing/references.ts'

const BINARY = [
  'Alphabetic',
  'Uppercase',
  'Lowercase',
  'White_Space',
  'Emoji',
  'Emoji_Presentation',
  'Emoji_Modifier',
  'Emoji_Modifier_Base',
  'Extended_Pictographic',
  'Ideographic',
  'Unified_Ideograph',
  'Dash',
  'Diacritic',
  'Quotation_Mark',
  'Default_Ignorable_Code_Point',
  'Variation_Selector',
  'Regional_Indicator',
  'Join_Control',
  'ASCII_Hex_Digit',
  'Any',
  'ASCII',
  'Assigned',
]
const SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Latin', 'Greek', 'Cyrl', 'Arab', 'Thai', 'Common']
const GROUPS = [
  'L',
  'LC',
  'M',
  'N',
  'P',
  'S',
  'Z',
  'C',
  'Letter',
  'Cased_Letter',
  'lower case-letter',
  'Punct',
]
const POSIX = 'alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit'.split(' ')

describe.each([
  ['huggingface', matchedByOniguruma],
  ['tiktoken', matchedByTiktoken],
] as const)('%s', (reference, matched) => {
  it.each([...BINARY, ...SCRIPTS, ...GROUPS])('agrees on \\p{%s}', (name) => {
    const set = propertySet(reference, name)
    expect(set).not.toBeNull()
    expect(disagreements(matched, `\\p{${name}}`, set!)).toEqual([])
  })

  it.each(POSIX)('agrees on [[:%s:]]', (name) => {
    expect(disagreements(matched, `[[:${name}:]]`, posixSet(reference, name)!)).toEqual([])
  })

  it('agrees on \\w inside and outside brackets, \\d and \\h', () => {
    expect(disagreements(matched, '\\w', wordSet(reference))).toEqual([])
    expect(disagreements(matched, '[\\w]', wordSet(reference, true))).toEqual([])
    expect(disagreements(matched, '\\d', digitSet())).toEqual([])
    expect(disagreements(matched, '\\h', hexDigitSet())).toEqual([])
  })

  it('does not know a name that is none', () => {
    expect(propertySet(reference, 'Klingon')).toBeNull()
    expect(propertySet(reference, 'constructor')).toBeNull()
    expect(posixSet(reference, 'toString')).toBeNull()
  })
})

it("has tiktoken's long forms", () => {
  for (const name of ['Script=Han', 'sc=Hani', 'gc=Lu', 'General_Category=Letter', 'IsHan']) {
    const set = propertySet('tiktoken', name)
    expect(disagreements(matchedByTiktoken, `\\p{${name}}`, set!)).toEqual([])
    expect(propertySet('huggingface', name)).toBeNull()
  }
})

it('has the Word property of Oniguruma outside brackets', () => {
  for (const [pattern, inside] of [
    ['\\p{Word}', false],
    ['[\\p{Word}]', true],
  ] as const) {
    expect(disagreements(matchedByOniguruma, pattern, propertySet('huggingface', 'Word', inside)!)).toEqual(
      [],
    )
  }
})

it('sets obey their definitions', () => {
  const ranges = fc.array(
    fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => [start, start + length] as const),
    { maxLength: 6 },
  )
  fc.assert(
    fc.property(ranges, ranges, (first, second) => {
      const a = setFromRanges(first)
      const b = setFromRanges(second)
      for (let cp = 0; cp < 90; cp++) {
        const inA = first.some(([s, e]) => cp >= s && cp < e)
        const inB = second.some(([s, e]) => cp >= s && cp < e)
        expect(setHas(a, cp)).toBe(inA)
        expect(setHas(union(a, b), cp)).toBe(inA || inB)
        expect(setHas(intersection(a, b), cp)).toBe(inA && inB)
        expect(setHas(difference(a, b), cp)).toBe(inA && !inB)
        expect(setHas(symmetricDifference(a, b), cp)).toBe(inA !== inB)
        expect(setHas(complement(a), cp)).toBe(!inA)
      }
    }),
    { numRuns: 200 },
  )
})
