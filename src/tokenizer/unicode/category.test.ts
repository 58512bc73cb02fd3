import { describe, expect, it } from 'vitest'
import { Category, categoryTable, classTable, isWhiteSpace } from './category.ts'
import { setFromTable } from './code-point-set.ts'
import { matchedByOniguruma, matchedByTiktoken, textOf } from './testing/references.ts'
import { lookup } from './two-stage.ts'

const CODE_POINTS = 0x110000

describe.each([
  ['huggingface', matchedByOniguruma],
  ['tiktoken', matchedByTiktoken],
] as const)('%s', (reference, matched) => {
  // Categories cut the code points into disjoint sets: when every member of each of ours is in the
  // reference's of the same name, the tables are equal.
  it.each(Object.entries(Category).filter(([name]) => name !== 'Cs'))(
    'agrees on all of %s',
    (name, value) => {
      const members = textOf(setFromTable(categoryTable(reference), (v) => v === value))
      expect(members.length).toBeGreaterThan(0)
      expect(matched(`\\p{${name}}`, members) === members).toBe(true)
    },
  )

  it('agrees on white space', () => {
    const all = textOf([0, CODE_POINTS])
    const ours = [...all].filter((c) => isWhiteSpace(c.codePointAt(0)!)).join('')
    expect(matched('\\s', all)).toBe(ours)
  })
})

it('gives surrogates their category', () => {
  const table = categoryTable('huggingface')
  expect([0xd7ff, 0xd800, 0xdfff, 0xe000].map((cp) => lookup(table, cp))).toEqual([
    Category.Cn,
    Category.Cs,
    Category.Cs,
    Category.Co,
  ])
})

describe('classTable', () => {
  const classify = (category: number, cp: number) =>
    cp === 0x9fa5 || cp === 0x27 ? 200 : category <= Category.Lo ? 1 : category === Category.Nd ? 2 : 0

  it('asks about every code point', () => {
    const table = classTable('huggingface', classify)
    const categories = categoryTable('huggingface')
    let wrong = 0
    for (let cp = 0; cp < CODE_POINTS; cp++) {
      if (lookup(table, cp) !== classify(lookup(categories, cp), cp)) wrong++
    }
    expect(wrong).toBe(0)
  })

  it('goes by category alone from the given code point on', () => {
    const table = classTable('huggingface', classify, 0x3100)
    const categories = categoryTable('huggingface')
    let wrong = 0
    for (let cp = 0; cp < CODE_POINTS; cp++) {
      if (lookup(table, cp) !== classify(lookup(categories, cp), cp < 0x3100 ? cp : 0)) wrong++
    }
    expect(wrong).toBe(0)
    expect(lookup(table, 0x27)).toBe(200)
    expect(lookup(table, 0x9fa5)).toBe(1)
  })

  it('holds a class that changes with every code point', () => {
    const table = classTable('huggingface', (_, cp) => cp & 1)
    for (const cp of [0, 1, 0x61, 0x4e01, 0x1f600, 0x1f601]) expect(lookup(table, cp)).toBe(cp & 1)
  })
})
