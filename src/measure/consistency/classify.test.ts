// The judgement of one edit: the paper's own examples, each artefact on constructed words, and that every pair of
// spellings gets exactly the outcome that ids and surface say.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { utf8Encode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { everyEncoding, tinyText, tinyTokenizer, tinyVocabulary } from '../testing/tiny.ts'
import { ARTIFACTS, classifyEdit, type ArtifactType } from './classify.ts'

const HOW = { specials: 'text', template: false } as const

/** A vocabulary that has these pieces, and their ids. */
function spelling(...rows: readonly string[][]): { tokenizer: Tokenizer; ids: number[][] } {
  const tokenizer = tinyTokenizer([], { extra: rows.flat().map((piece) => utf8Encode(piece)) })
  const { vocab } = tokenizer.spec.model
  return { tokenizer, ids: rows.map((row) => row.map((piece) => vocab.idOf(utf8Encode(piece)))) }
}

function typeOf(before: string[], after: string[], sentenceInitial = false): ArtifactType | null {
  const { tokenizer, ids } = spelling(before, after)
  const judged = classifyEdit(ids[0]!, ids[1]!, tokenizer, { sentenceInitial })
  expect(judged.outcome).toBe('phantom')
  // The same ids are never an artefact.
  expect(classifyEdit(ids[0]!, ids[0]!, tokenizer).type).toBe(null)
  expect(classifyEdit(ids[1]!, ids[1]!, tokenizer).outcome).toBe('unchanged')
  return judged.type
}

test('the paper’s eight examples', () => {
  const examples: [string[], string[]][] = [
    [[' February'], ['February']],
    [[' Saturday'], [' ', ' Saturday']],
    [[' However'], ['\n', 'However']],
    [[' unbelievable'], ['un', 'bel', 'ievable']],
    [
      [' Dorm', 'er'],
      ['D', 'orm', 'er'],
    ],
    [[' repaid'], ['re', 'paid']],
    [[' HIV'], ['H', 'IV']],
    [[' rights'], ['right', 's']],
  ]
  expect(examples.map(([a, b]) => typeOf(a, b))).toEqual(ARTIFACTS.map(({ type }) => type))
})

describe('constructed words', () => {
  // Stems that are no affix and hold none at their ends.
  const stem = fc.string({ unit: fc.constantFrom(...'bkmqvz'), minLength: 3, maxLength: 7 })
  const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1)
  const check = (recipe: (word: string, cut: number) => [string[], string[], ArtifactType]) =>
    fc.assert(
      fc.property(stem, fc.nat(), (word, pick) => {
        // A cut that leaves something on both sides, and no lone letter behind.
        const [before, after, type] = recipe(word, 1 + (pick % (word.length - 2)))
        expect(typeOf(before, after)).toBe(type)
      }),
      { numRuns: 25 },
    )

  test('the space in front gone, or come', () => {
    check((word) => [[` ${word}`], [word], 'whitespace-shift'])
    check((word) => [[word], [` ${word}`], 'whitespace-shift'])
  })
  test('whitespace as a token by itself', () => {
    check((word) => [[` ${word}`], [' ', word], 'whitespace-detached'])
    check((word) => [[' ', word], [` ${word}`], 'whitespace-detached'])
    check((word) => [[` ${word}`], [' ', ` ${word}`], 'whitespace-detached'])
  })
  test('a line break in place of the space', () => {
    check((word) => [[` ${word}`], ['\n', word], 'newline-substitution'])
    check((word) => [[` ${word}`], [`\n${word}`], 'newline-substitution'])
  })
  test('capitals cut apart', () => {
    check((word, cut) => {
      const name = word.toUpperCase()
      return [[` ${name}`], [name.slice(0, cut), name.slice(cut)], 'acronym']
    })
  })
  test('a plural or possessive tail', () => {
    for (const tail of ['s', 'es', "'s", '’s'])
      check((word) => [[` ${word}${tail}`], [` ${word}`, tail], 'tail'])
  })
  test('a prefix or a suffix', () => {
    for (const prefix of ['re', 'un', 'pre', 'dis', 'over'])
      check((word) => [[` ${prefix}${word}`], [prefix, word], 'morphological'])
    for (const suffix of ['ing', 'ed', 'ly', 'ness'])
      check((word) => [[` ${word}${suffix}`], [` ${word}`, suffix], 'morphological'])
  })
  test('a name, unless it begins a sentence', () => {
    check((word, cut) => {
      const name = capital(word)
      expect(typeOf([` ${name}`], [name.slice(0, cut), name.slice(cut)], true)).toBe('resegmentation')
      return [[` ${name}`], [name.slice(0, cut), name.slice(cut)], 'proper-noun']
    })
  })
  test('any other cut', () => {
    check((word, cut) => [[` ${word}`], [word.slice(0, cut), word.slice(cut)], 'resegmentation'])
  })
})

test('two spellings of one text are a phantom with one type, unless the ids are the same', () => {
  fc.assert(
    fc.property(tinyVocabulary, tinyText(5), fc.nat(), fc.nat(), (tokenizer, text, a, b) => {
      const all = everyEncoding(tokenizer, utf8Encode(text))
      const before = all[a % all.length]!
      const after = all[b % all.length]!
      const judged = classifyEdit(before, after, tokenizer)
      const same = before.join() === after.join()
      expect(judged.outcome).toBe(same ? 'unchanged' : 'phantom')
      expect(judged.type === null).toBe(same)
      expect(judged.caseOnly || judged.nfcOnly).toBe(false)
    }),
    { numRuns: 150 },
  )
})

test('canonical ids are phantoms of each other only where whitespace is all that differs', () => {
  const squeezed = (text: string) => text.replaceAll(/ +/g, ' ').trim()
  fc.assert(
    fc.property(tinyVocabulary, tinyText(5), tinyText(5), (tokenizer, x, y) => {
      const judged = classifyEdit(tokenizer.encode(x, HOW), tokenizer.encode(y, HOW), tokenizer)
      const expected = x === y ? 'unchanged' : squeezed(x) === squeezed(y) ? 'phantom' : 'replaced'
      expect(judged.outcome).toBe(expected)
      expect(judged.type === null).toBe(expected !== 'phantom')
    }),
    { numRuns: 200 },
  )
})

test('letter case counts as replaced, normal form as phantom; both are said', () => {
  const { tokenizer, ids } = spelling(['Word'], ['word'], ['é'], ['e\u0301'])
  expect(classifyEdit(ids[0]!, ids[1]!, tokenizer)).toEqual({
    outcome: 'replaced',
    type: null,
    caseOnly: true,
    nfcOnly: false,
  })
  expect(classifyEdit(ids[2]!, ids[3]!, tokenizer)).toMatchObject({ outcome: 'phantom', nfcOnly: true })
  expect(() => classifyEdit([tokenizer.vocabSize], [97], tokenizer)).toThrow(
    expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }),
  )
})
