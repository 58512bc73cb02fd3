import { expect, it } from 'vitest'
import type { PaperSummary } from '../../papers/index.ts'
import { matching } from './filter.ts'

const paper = (slug: string, more: Partial<PaperSummary>): PaperSummary => ({
  slug,
  title: slug,
  year: 2024,
  published: null,
  authors: null,
  organisation: null,
  code: null,
  room: 'decode',
  alsoIn: [],
  summary: '',
  state: 'not yet',
  ...more,
})

const papers = [
  paper('a', { title: 'Suffix decoding', summary: 'Guesses from what was said before', year: 2024 }),
  paper('b', { title: 'Naïve tokens', room: 'model', alsoIn: ['tokenizer'], state: 'runs', year: 2025 }),
]
const slugs = (words: string, room = '', state = '') =>
  matching(papers, { words, room, state }).map((p) => p.slug)

it('needs every word, anywhere, without case and accents', () => {
  expect(slugs('')).toEqual(['a', 'b'])
  expect(slugs('SUFFIX before')).toEqual(['a'])
  expect(slugs('suffix naive')).toEqual([])
  expect(slugs('naive 2025')).toEqual(['b'])
})

it('finds a paper in each of its rooms and by its state', () => {
  expect(slugs('', 'model')).toEqual(['b'])
  expect(slugs('', 'tokenizer')).toEqual(['b'])
  expect(slugs('', '', 'runs')).toEqual(['b'])
  expect(slugs('', 'decode', 'runs')).toEqual([])
})
