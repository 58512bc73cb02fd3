import { describe, expect, it } from 'vitest'
import { aligned, sourceRange, type AlignedText } from '../aligned.ts'
import { hostileTexts } from '../models/testing/hostile.ts'
import { inUnits, NO_MODEL, nativeTokenizer } from '../models/testing/native.ts'
import type { PreTokenizerSpec, SplitBehavior } from '../spec.ts'
import { compilePreTokenizer, needsSource } from './compile.ts'

const BEHAVIORS: SplitBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
]

function split(pattern: { String: string } | { Regex: string }, behavior: SplitBehavior, invert = false) {
  return { type: 'Split', pattern, behavior, invert } satisfies PreTokenizerSpec
}

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true } as const
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true } as const

const SPECS: PreTokenizerSpec[] = [
  byteLevel,
  { ...byteLevel, add_prefix_space: true },
  { ...byteLevel, use_regex: false },
  { ...byteLevel, use_regex: false, add_prefix_space: true },
  { type: 'Whitespace' },
  { type: 'WhitespaceSplit' },
  { type: 'BertPreTokenizer' },
  metaspace,
  { ...metaspace, split: false },
  { ...metaspace, prepend_scheme: 'first' },
  { ...metaspace, prepend_scheme: 'never' },
  { ...metaspace, replacement: '𝒜' },
  { type: 'CharDelimiterSplit', delimiter: 'a' },
  { type: 'CharDelimiterSplit', delimiter: '🙂' },
  ...BEHAVIORS.map((behavior) => ({ type: 'Punctuation', behavior }) as const),
  { type: 'Digits', individual_digits: true },
  { type: 'Digits', individual_digits: false },
  { type: 'UnicodeScripts' },
  { type: 'FixedLength', length: 1 },
  { type: 'FixedLength', length: 3 },
  ...BEHAVIORS.flatMap((behavior) => [
    split({ String: ' ' }, behavior),
    split({ String: 'a' }, behavior, true),
    split({ Regex: '\\s+' }, behavior),
    split({ Regex: '(?=[a-z])' }, behavior),
    split({ Regex: '\\p{L}+|\\p{N}' }, behavior, true),
  ]),
  split({ String: '' }, 'Isolated'),
  split({ String: '$&' }, 'Removed'),
  {
    type: 'Sequence',
    pretokenizers: [
      split({ Regex: '\\p{N}{1,3}' }, 'Isolated'),
      split({ Regex: '[一-龥぀-ゟ゠-ヿ]+' }, 'Isolated'),
      { ...byteLevel, use_regex: false },
    ],
  },
  {
    type: 'Sequence',
    pretokenizers: [{ type: 'WhitespaceSplit' }, { ...metaspace, prepend_scheme: 'first' }],
  },
  {
    type: 'Sequence',
    pretokenizers: [{ type: 'UnicodeScripts' }, { type: 'Digits', individual_digits: true }],
  },
  { type: 'Sequence', pretokenizers: [{ ...metaspace, split: false }, byteLevel] },
  { type: 'Sequence', pretokenizers: [{ ...byteLevel, add_prefix_space: true }, metaspace] },
  { type: 'Sequence', pretokenizers: [] },
]

function ours(run: (pieces: AlignedText[]) => AlignedText[], text: string, tracked: boolean) {
  const pieces = run([aligned(text, tracked)])
  return {
    texts: pieces.map((piece) => piece.text),
    ranges: pieces.flatMap((piece) => sourceRange(piece, 0, piece.text.length)),
  }
}

describe('pre-tokenizers equal the native library', () => {
  const texts = ['', ' ', 'a', 'Hey friend!  How are you?!?', ' 🙂🙂 héllo', ...hostileTexts(300, 7)]
  it.each(SPECS.map((spec) => [JSON.stringify(spec), spec] as const))('%s', (_name, spec) => {
    const native = nativeTokenizer({ model: NO_MODEL, preTokenizer: spec }).getPreTokenizer()!
    const run = compilePreTokenizer(spec, 'huggingface')
    for (const text of texts) {
      // The native function does not leave out an empty text, as encoding does.
      const pieces = native.preTokenizeString(text).filter(([piece]) => piece !== '')
      const got = ours(run, text, true)
      expect(got.texts, JSON.stringify(text)).toEqual(pieces.map(([piece]) => piece))
      expect(got.ranges, JSON.stringify(text)).toEqual(
        inUnits(
          text,
          pieces.map(([, range]) => range),
        ),
      )
      expect(ours(run, text, false).texts).toEqual(got.texts)
    }
  })
})

describe('compilePreTokenizer', () => {
  it('without a spec gives the parts that are not empty', () => {
    const run = compilePreTokenizer(null, 'huggingface')
    expect(
      run([aligned('a b', true), aligned('', true, 3), aligned('c', true, 3)]).map((p) => p.text),
    ).toEqual(['a b', 'c'])
  })

  it('prepends with `first` only at position 0 of the source', () => {
    const run = compilePreTokenizer({ ...metaspace, prepend_scheme: 'first' }, 'huggingface')
    const pieces = run([aligned('a b', true, 0), aligned('c', true, 9)])
    expect(pieces.map((p) => p.text)).toEqual(['▁a', '▁b', 'c'])
    expect(pieces.map((p) => sourceRange(p, 0, p.text.length))).toEqual([
      [0, 1],
      [1, 3],
      [9, 10],
    ])
  })

  it('knows which specs need to know the source', () => {
    expect(needsSource(null)).toBe(false)
    expect(needsSource(metaspace)).toBe(false)
    expect(
      needsSource({ type: 'Sequence', pretokenizers: [{ ...metaspace, prepend_scheme: 'first' }] }),
    ).toBe(true)
  })

  it('refuses parameters that cannot work', () => {
    expect(() => compilePreTokenizer({ type: 'FixedLength', length: 0 }, 'huggingface')).toThrow(
      /FixedLength/,
    )
    expect(() => compilePreTokenizer({ type: 'CharDelimiterSplit', delimiter: 'ab' }, 'huggingface')).toThrow(
      /one character/,
    )
  })

  it('takes the replacement of a metaspace literally', () => {
    const run = compilePreTokenizer({ ...metaspace, replacement: '$' }, 'huggingface')
    expect(run([aligned('a b', false)]).map((p) => p.text)).toEqual(['$a', '$b'])
  })
})
