import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { generalCounter } from './general-pieces.ts'
import { preTokenizerFor } from './patterns.ts'
import { piecesCounter, type CountPieces, type WordsSpec } from './pieces.ts'
import type { PreTokenizerSpec } from '../spec.ts'
import { WordTable } from './word-table.ts'

function wordsOf(count: CountPieces, text: string): [string, number][] {
  const bytes = utf8Encode(text)
  const table = new WordTable()
  count(bytes, 0, bytes.length, true, table)
  const { bytes: all, offsets, counts } = table.words()
  return Array.from(counts, (n, i): [string, number] => [
    utf8Decode(all.subarray(offsets[i]!, offsets[i + 1]!)),
    n,
  ])
}

const hostile = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ' ',
          '  ',
          '\n',
          '\r\n',
          '\t',
          'a',
          'Bc',
          "'s",
          '1',
          '-',
          '▁',
          '_',
          '。',
          '…',
          '$',
          '+',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('\u0085', '\u00a0', '\ufeff', '\u3000', '\u200d', '\u0301', '鯨', '🐳'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }).filter((s) => s.isWellFormed()) },
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

const byteLevel = (add_prefix_space: boolean): PreTokenizerSpec => ({
  type: 'ByteLevel',
  add_prefix_space,
  trim_offsets: true,
  use_regex: true,
})

describe('the fast counters count what the general components cut', () => {
  const cases: Record<string, PreTokenizerSpec | null> = {
    gpt2: byteLevel(false),
    'gpt2 with a prefix space': byteLevel(true),
    cl100k: preTokenizerFor('cl100k', true),
    o200k: preTokenizerFor('o200k', true),
    'o200k over characters': preTokenizerFor('o200k', false),
    whitespace: preTokenizerFor('whitespace', false),
    'whitespace over bytes': preTokenizerFor('whitespace', true),
    'whitespace-split': preTokenizerFor('whitespace-split', false),
    bert: preTokenizerFor('bert', false),
    metaspace: preTokenizerFor('metaspace', false),
    'metaspace, first': { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: true },
    'metaspace, never': { type: 'Metaspace', replacement: '▁', prepend_scheme: 'never', split: true },
    none: null,
    'none over bytes': preTokenizerFor('none', true),
  }
  for (const [name, preTokenizer] of Object.entries(cases)) {
    it(name, async () => {
      const spec: WordsSpec = { normalizer: null, preTokenizer, reference: 'huggingface', documents: 'whole' }
      const general = generalCounter(spec)
      const fast = await piecesCounter(spec)
      fc.assert(
        fc.property(hostile, (text) => {
          expect(wordsOf(fast, text)).toEqual(wordsOf(general, text))
        }),
        { numRuns: 400 },
      )
    })
  }

  it('lines are documents of their own, with their ends', async () => {
    const spec: WordsSpec = {
      normalizer: null,
      preTokenizer: preTokenizerFor('none', true),
      reference: 'huggingface',
      documents: 'lines',
    }
    expect(wordsOf(await piecesCounter(spec), 'a\nb\r\n\na')).toEqual([
      ['a\n', 1],
      ['b\r\n', 1],
      ['\n', 1],
      ['a', 1],
    ])
  })
})
