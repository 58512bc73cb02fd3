import { describe, expect, it } from 'vitest'
import { buildCharsmap } from '../../../scripts/unicode/charsmap.mjs'
import { Random, TesseraError } from '../../core/index.ts'
import { aligned, type AlignedText } from '../aligned.ts'
import { hostileTexts } from '../models/testing/hostile.ts'
import { NO_MODEL, nativeTokenizer } from '../models/testing/native.ts'
import type { NormalizerSpec } from '../spec.ts'
import { compileNormalizer } from './index.ts'

const bert = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
} as const

const fullwidth = Array.from({ length: 94 }, (_, i): [string, string] => [
  String.fromCharCode(0xff01 + i),
  String.fromCharCode(0x21 + i),
])
// Keys that overlap, that are deleted, that end within a grapheme cluster, and that are longer than one.
const CHARSMAP = buildCharsmap([
  ...fullwidth,
  ['a', 'A'], ['ab', 'never: a answers first'], ['\r', '<CR>'], ['e\u0301', 'é'], ['b', ''], ['日', '日本'],
  ['\u0301', ''], ['ﬃ', 'ffi'], ['©', '(c)'], ['क\u0301', 'K'], ['😀', ':)'], ['c\u0301\u0302', 'CC'],
  ['\u00a0', ' '], ['\u1161\u0301', 'jamo'], ['①', '1'], ['\u{e000}', 'private'],
]) // prettier-ignore

const SPECS: NormalizerSpec[] = [
  { type: 'NFC' },
  { type: 'NFD' },
  { type: 'NFKC' },
  { type: 'NFKD' },
  { type: 'Lowercase' },
  { type: 'StripAccents' },
  bert,
  { ...bert, lowercase: false },
  { ...bert, strip_accents: true, lowercase: false, handle_chinese_chars: false },
  { ...bert, clean_text: false, handle_chinese_chars: false, strip_accents: false },
  { type: 'Strip', strip_left: true, strip_right: true },
  { type: 'Strip', strip_left: false, strip_right: true },
  { type: 'Nmt' },
  { type: 'Precompiled', precompiled_charsmap: CHARSMAP },
  { type: 'ByteLevel' },
  { type: 'Prepend', prepend: '▁' },
  { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  { type: 'Replace', pattern: { String: 'aa' }, content: '$1\\0' },
  { type: 'Replace', pattern: { Regex: '\\s+|a*' }, content: '_' },
  { type: 'Replace', pattern: { Regex: '\\p{Lu}(?=\\p{Ll})' }, content: '' },
  { type: 'Replace', pattern: { String: '' }, content: '-' },
  { type: 'Replace', pattern: { String: '.' }, content: '' },
  {
    type: 'Sequence',
    normalizers: [
      { type: 'NFKD' },
      { type: 'StripAccents' },
      { type: 'Lowercase' },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
      { type: 'Prepend', prepend: '▁' },
    ],
  },
]

function native(spec: NormalizerSpec): (text: string) => string {
  const normalizer = nativeTokenizer({ model: NO_MODEL, normalizer: spec }).getNormalizer()!
  return (text) => normalizer.normalizeString(text)
}

// Sequences in which order, composition and the age of a character matter.
const PIECES = [
  'a', 'b', 'e\u0301', 'A', 'É', 'İ', 'ΑΣ', '\u1112\u1161\u11ab', '\u1161', '\u11ab', '가\u11a8', '\u0301', '\u0323', '\u0345',
  '\u0334', '\u0f71\u0f72', '\u0f73', '\u0344', '\u{1d15e}', '\u{11935}\u{11930}', '\u{105d2}\u0307', '\u{16d63}\u{16d67}',
  '\u{16d67}', '\u0897', '\u1df6', '\u1abf', 'क\u094d', 'क', '\u0600', 'ㄱ', 'ㅏ', 'ﾡ', 'ﾊ', 'ﾞ', '\ufdfa', '\u{2f800}', '\u{1f16c}',
  '\r', '\r\n', '\u200d', '©', '\u{1f1e6}', '\u0d4e', 'ᄀ', '\u{11132}', '\u09c7\u09be', '\u1e9b\u0323', '\u212b', '日', 'ａ',
] // prettier-ignore

function sequences(count: number, seed: number): string[] {
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    let text = ''
    for (let n = random.int(9); n >= 0; n--) {
      const cp = random.int(random.pick([0x600, 0x3000, 0x20000]))
      const stray = cp >= 0xd800 && cp < 0xe000 ? '\u0301' : String.fromCodePoint(cp)
      text += random.int(6) === 0 ? stray : random.pick(PIECES)
    }
    return text
  })
}

/** What is wrong with the way back to the source, if anything. */
function mapError(text: AlignedText, source: string): string | null {
  const { starts, ends } = text
  if (!starts || !ends) {
    return source.slice(text.at, text.at + text.text.length) === text.text
      ? null
      : 'no maps, but another text'
  }
  if (starts.length !== text.text.length || ends.length !== text.text.length) return 'maps of another length'
  for (let i = 0; i < starts.length; i++) {
    if (starts[i]! < 0 || starts[i]! > ends[i]! || ends[i]! > source.length) return `range of unit ${i}`
    if (i > 0 && (starts[i]! < starts[i - 1]! || ends[i]! < ends[i - 1]!)) return `order at unit ${i}`
  }
  return null
}

const visible = (text: string) => [...text].map((c) => c.codePointAt(0)!.toString(16)).join(' ')

describe.each(SPECS.map((spec) => [JSON.stringify(spec).slice(0, 100), spec] as const))('%s', (_, spec) => {
  const ours = compileNormalizer(spec, 'huggingface')
  const reference = native(spec)

  it('treats every code point as the reference does', () => {
    const wrong: string[] = []
    // Alone between separators, many to a call; a call that differs is looked at one by one.
    for (let base = 0; base < 0x110000; base += 2048) {
      if (base >= 0xd800 && base < 0xe000) continue
      const characters = Array.from({ length: 2048 }, (_, i) => String.fromCodePoint(base + i))
      const text = characters.join(' x ')
      if (ours(aligned(text, false)).text === reference(text)) continue
      wrong.push(...characters.filter((c) => ours(aligned(c, false)).text !== reference(c)).map(visible))
      if (wrong.length === 0) wrong.push(`between ${base.toString(16)} and the next 2048`)
    }
    expect(wrong).toEqual([])
  })

  it('treats hostile texts as the reference does, with and without offsets', () => {
    const wrong: string[] = []
    for (const text of [...sequences(700, 17), ...hostileTexts(300, 23)]) {
      const expected = reference(text)
      const plain = ours(aligned(text, false))
      const tracked = ours(aligned(text, true))
      const error = mapError(tracked, text)
      if (plain.text !== expected || tracked.text !== expected || error) {
        wrong.push(`${visible(text)} → ${visible(plain.text)} / ${visible(tracked.text)} ${error ?? ''}`)
      }
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })
})

it('a text that does not change is the same object', () => {
  const plain = 'the-quick-brown-fox,123;'
  for (const spec of SPECS.filter((candidate) => native(candidate)(plain) === plain)) {
    const input = aligned(plain, true, 7)
    expect(compileNormalizer(spec, 'huggingface')(input)).toBe(input)
  }
})

describe('source ranges', () => {
  const ranges = (spec: NormalizerSpec, source: string, at = 0) => {
    const out = compileNormalizer(spec, 'huggingface')(aligned(source, true, at))
    return [...out.text].map((c) => {
      const i = out.text.indexOf(c)
      return [c, out.starts?.[i] ?? at + i, out.ends?.[i] ?? at + i + 1]
    })
  }

  it('of a composed character are those of its parts', () => {
    expect(ranges({ type: 'NFC' }, 'xe\u0301y', 10)).toEqual([
      ['x', 10, 11],
      ['é', 11, 13],
      ['y', 13, 14],
    ])
  })

  it('of a replaced match are the whole match', () => {
    const spec: NormalizerSpec = { type: 'Replace', pattern: { Regex: ' +' }, content: '_' }
    expect(ranges(spec, 'a   b')).toEqual([
      ['a', 0, 1],
      ['_', 1, 4],
      ['b', 4, 5],
    ])
  })

  it('of inserted text are empty', () => {
    expect(ranges({ type: 'Prepend', prepend: '▁' }, 'a', 3)).toEqual([
      ['▁', 3, 3],
      ['a', 3, 4],
    ])
  })

  it('survive several steps', () => {
    const spec: NormalizerSpec = {
      type: 'Sequence',
      normalizers: [
        { type: 'Strip', strip_left: true, strip_right: true },
        { type: 'NFKC' },
        { type: 'Lowercase' },
      ],
    }
    expect(ranges(spec, '  ﬃÅ ')).toEqual([
      ['f', 2, 3],
      ['f', 2, 3],
      ['i', 2, 3],
      ['å', 3, 4],
    ])
  })
})

describe('long runs of combining marks', () => {
  it.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('%s orders them as a short run', (type) => {
    const ours = compileNormalizer({ type }, 'huggingface')
    const marks = [
      '\u0301',
      '\u0323',
      '\u0345',
      '\u0334',
      '\u0f73',
      '\u0344',
      '\u05b0',
      '\u302e',
      '\u0300',
      '\u094d',
    ]
    const reference = native({ type })
    const random = new Random(5)
    for (const length of [20, 24, 25, 26, 60, 400]) {
      const text = 'a' + Array.from({ length }, () => random.pick(marks)).join('') + 'b\u0301'
      expect(ours(aligned(text, false)).text).toBe(reference(text))
      expect(ours(aligned(text, true)).text).toBe(reference(text))
    }
  })

  it('knows the combining class of every mark', () => {
    const ours = compileNormalizer({ type: 'NFD' }, 'huggingface')
    const reference = native({ type: 'NFD' })
    const pad = '\u0334'.repeat(30)
    const wrong: string[] = []
    for (let cp = 0x300; cp < 0x1e9ff; cp++) {
      const mark = String.fromCodePoint(cp)
      if (!/\p{M}/u.test(mark)) continue
      const text = `a\u0345\u035d\u0315\u0301\u0323\u0316\u031b\u0321\u094d\u3099\u093c${mark}${pad}`
      if (ours(aligned(text, false)).text !== reference(text)) wrong.push(cp.toString(16))
    }
    expect(wrong).toEqual([])
  })

  it('does not take quadratic time over 100,000 of them', () => {
    // The engine alone takes tens of seconds; the test runner's limit is the assertion.
    const text = 'a' + '\u0301'.repeat(50_000) + '\u0323'.repeat(50_000)
    const out = compileNormalizer({ type: 'NFC' }, 'huggingface')(aligned(text, false)).text
    expect(out.startsWith('\u1ea1\u0323')).toBe(true)
    expect(out.length).toBe(100_000)
  })
})

describe('a broken charsmap', () => {
  const compile = (precompiled_charsmap: string) =>
    compileNormalizer({ type: 'Precompiled', precompiled_charsmap }, 'sentencepiece')

  it.each(['', 'AA==', '!!!!', 'AAAA', Buffer.from([255, 255, 255, 127, 1, 2, 3, 4]).toString('base64')])(
    'is refused: %j',
    (base64) => {
      expect(() => compile(base64)).toThrow(TesseraError)
    },
  )

  it('is refused when its replacements are not UTF-8', () => {
    const bytes = Buffer.from(CHARSMAP, 'base64')
    bytes[bytes.length - 3] = 0xff
    expect(() => compile(bytes.toString('base64'))).toThrow(/not UTF-8/)
  })

  it('with any trie at all neither throws nor hangs on a text', () => {
    const random = new Random(9)
    const text = hostileTexts(40, 3).join(' ')
    for (let n = 0; n < 300; n++) {
      const bytes = Buffer.from(CHARSMAP, 'base64')
      const size = bytes.readUInt32LE(0)
      for (let k = 0; k < 200; k++) bytes[4 + random.int(size)] = random.int(256)
      expect(typeof compile(bytes.toString('base64'))(aligned(text, n % 2 === 0)).text).toBe('string')
    }
  })
})

it('refuses sequences nested without end', () => {
  let spec: NormalizerSpec = { type: 'NFC' }
  for (let n = 0; n < 100; n++) spec = { type: 'Sequence', normalizers: [spec] }
  expect(() => compileNormalizer(spec, 'huggingface')).toThrow(/nested too deeply/)
})
