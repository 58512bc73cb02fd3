import { describe, expect, it } from 'vitest'
import { Random, utf8Decode } from '../../core/index.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import { hostileText } from '../models/testing/hostile.ts'
import { nativeTokenizer } from '../models/testing/native.ts'
import { addedToken, bpeTwin, BYTE_TOKENS, wordLevelTwin } from '../models/testing/specs.ts'
import type { AddedToken, DecoderSpec } from '../spec.ts'
import { compileDecoder } from './compile.ts'
import { compileTokenBytes, decodeTokenBytes, decodeTokenText } from './token-bytes.ts'
import { compileTokenStrings } from './token-strings.ts'

const byteLevel = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true } as const
const replaceMeta = { type: 'Replace', pattern: { String: '▁' }, content: ' ' } as const
const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true } as const
const byteFallback = { type: 'ByteFallback' } as const
const fuse = { type: 'Fuse' } as const
const stripLeft = { type: 'Strip', content: ' ', start: 1, stop: 0 } as const

/** Chains whose tokens' bytes do not depend on their neighbours. */
const VIEWED: DecoderSpec[] = [
  byteLevel,
  { type: 'Sequence', decoders: [replaceMeta, byteFallback, fuse, stripLeft] },
  { type: 'Sequence', decoders: [replaceMeta, byteFallback, fuse] },
  { type: 'Sequence', decoders: [replaceMeta, byteFallback] },
  { type: 'Sequence', decoders: [metaspace, byteFallback, fuse] },
  {
    type: 'Sequence',
    decoders: [
      { ...metaspace, prepend_scheme: 'never' },
      { ...stripLeft, start: 3 },
    ],
  },
  metaspace,
  { ...metaspace, prepend_scheme: 'first' },
  { ...metaspace, prepend_scheme: 'never' },
  byteFallback,
  fuse,
  { type: 'WordPiece', prefix: '##', cleanup: true },
  { type: 'WordPiece', prefix: '##', cleanup: false },
  {
    type: 'Sequence',
    decoders: [{ type: 'Sequence', decoders: [byteLevel] }, fuse, { ...stripLeft, start: 2 }],
  },
  { type: 'Sequence', decoders: [replaceMeta, byteLevel] },
  { type: 'Replace', pattern: { String: 'a' }, content: '$&' },
  { type: 'Replace', pattern: { Regex: '[a-z]+' }, content: '' },
]

const OTHERS: DecoderSpec[] = [
  { type: 'BPEDecoder', suffix: '</w>' },
  { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: true },
  { type: 'CTC', pad_token: '<pad>', word_delimiter_token: '|', cleanup: false },
  { type: 'Sequence', decoders: [byteFallback, replaceMeta, fuse] },
  { type: 'Sequence', decoders: [fuse, replaceMeta] },
  { type: 'Sequence', decoders: [byteLevel, { type: 'Strip', content: 'a', start: 0, stop: 2 }] },
  { type: 'Sequence', decoders: [byteFallback, metaspace] },
]

// prettier-ignore
const SOME = [
  'a', 'Hello', '▁', '▁the', 'the▁', '▁▁', '▁▁a▁', ' ', '  x', 'Ġworld', 'Ġ', 'Ċ', '##ing', '##', 'é', '🙂', '漢字', '<pad>', '|', 'ab</w>',
  '</w>', '.', '?', '!', ',', " ' ", "'", "n't", "'m", 'do not', "'s", "'ve", "'re", 'ð', 'Ł', 'Ļ', 'Ĥ', 'â', '<0x>', '<0x+A>', '<0xZZ>', '<0x4>',
  '<0xe2>', '\ufffd', '\u0085', '__proto__', 'ß', '<0xé>', 'a.b', ' do not ',
]
const TOKENS = [...new Set([...SOME, ...BYTE_TOKENS])]

function samples(count: number, seed: number, most = 14): string[][] {
  const random = new Random(seed)
  const pick = () => {
    const kind = random.int(5)
    if (kind < 2) return random.pick(BYTE_TOKENS)
    return kind === 2
      ? random.pick(['<0xE2>', '<0x96>', '<0x81>', '<0x20>', '<0xC3>', '<0xA9>', '▁', '▁the'])
      : random.pick(SOME)
  }
  return [[], ...Array.from({ length: count }, () => Array.from({ length: 1 + random.int(most) }, pick))]
}

describe('decoders equal the native library', () => {
  it.each([...VIEWED, ...OTHERS].map((spec) => [JSON.stringify(spec), spec] as const))('%s', (name, spec) => {
    const native = nativeTokenizer({ model: wordLevelTwin(['<unk>']).json, decoder: spec }).getDecoder()!
    const decode = compileDecoder(spec)
    for (const tokens of samples(1500, 5)) {
      // Stripping two characters from the end of a shorter text aborts the native library.
      if (name.includes('"stop":2') && tokens.join('').length < 9) continue
      expect(decode(tokens), JSON.stringify(tokens)).toBe(native.decode(tokens))
    }
  })

  it('strips at both ends', () => {
    const spec = { type: 'Strip', content: 'é', start: 2, stop: 1 } as const
    const native = nativeTokenizer({ model: wordLevelTwin(['<unk>']).json, decoder: spec }).getDecoder()!
    for (const token of ['a', 'éa', 'ééaéé', 'éééa', 'aé']) {
      expect(compileDecoder(spec)([token])).toBe(native.decode([token]))
    }
    // Here the reference would abort.
    expect(compileDecoder(spec)(['é'])).toBe('')
    expect(compileDecoder(spec)([''])).toBe('')
  })

  it('without a decoder joins by spaces', async () => {
    const twin = wordLevelTwin(['<unk>', 'a', 'b'])
    expect(compileDecoder(null)(['a', 'b'])).toBe(
      await nativeTokenizer({ model: twin.json }).decode([1, 2], false),
    )
  })

  it('reads an empty suffix, pad token and pattern as the reference does', () => {
    for (const spec of [
      { type: 'BPEDecoder', suffix: '' },
      { type: 'CTC', pad_token: '', word_delimiter_token: '|', cleanup: true },
    ] satisfies DecoderSpec[]) {
      const native = nativeTokenizer({ model: wordLevelTwin(['<unk>']).json, decoder: spec }).getDecoder()!
      for (const tokens of [['a'], ['🙂b', 'c'], ['', 'x']])
        expect(compileDecoder(spec)(tokens)).toBe(native.decode(tokens))
    }
  })

  it('refuses a Strip of more than one character', () => {
    expect(() => compileDecoder({ ...stripLeft, content: 'ab' })).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    )
  })
})

const added: AddedToken[] = [
  addedToken(TOKENS.length + 1, '<|end of text|>', { special: true }),
  addedToken(TOKENS.length + 2, ' space'),
  addedToken(TOKENS.length + 3, 'é'),
  addedToken(3, '▁the', { special: true }),
]

describe('token bytes', () => {
  it.each(VIEWED.map((spec) => [JSON.stringify(spec), spec] as const))('%s', (_name, decoder) => {
    const twin = wordLevelTwin(TOKENS)
    const spec = { model: twin.spec, addedTokens: added, decoder, reference: 'huggingface' } as const
    const view = compileTokenBytes(spec, null)!
    const strings = compileTokenStrings(spec, null)
    const decode = compileDecoder(decoder)
    const random = new Random(9)
    for (const tokens of samples(1500, 6)) {
      const ids = tokens.map((token) => TOKENS.indexOf(token)).filter((id) => id >= 0)
      for (let n = random.int(3); n > 0; n--)
        ids.splice(random.int(ids.length + 1), 0, TOKENS.length + random.int(5))
      const text = decode(ids.flatMap((id) => strings.of(id) ?? []))
      expect(decodeTokenText(view, ids), JSON.stringify(ids.map(strings.of))).toBe(text)
      const bytes = decodeTokenBytes(view, ids)
      if (!view.isByte) expect(utf8Decode(bytes)).toBe(text)
    }
  })

  it.each(OTHERS.map((spec) => [JSON.stringify(spec), spec] as const))('not for %s', (_name, decoder) => {
    const spec = {
      model: wordLevelTwin(TOKENS).spec,
      addedTokens: [] as AddedToken[],
      decoder,
      reference: 'huggingface',
    } as const
    expect(compileTokenBytes(spec, null)).toBeNull()
  })

  it('not without a decoder', () => {
    const spec = {
      model: wordLevelTwin(TOKENS).spec,
      addedTokens: [] as AddedToken[],
      decoder: null,
      reference: 'huggingface',
    } as const
    expect(compileTokenBytes(spec, null)).toBeNull()
  })

  it('gives raw bytes where text cannot', () => {
    const decoder = VIEWED[1]!
    const spec = {
      model: wordLevelTwin(TOKENS).spec,
      addedTokens: [] as AddedToken[],
      decoder,
      reference: 'huggingface',
    } as const
    const view = compileTokenBytes(spec, null)!
    const ids = ['<0x20>', '<0xE2>', '<0x82>', 'a'].map((token) => TOKENS.indexOf(token))
    expect([...decodeTokenBytes(view, ids)]).toEqual([0xe2, 0x82, 0x61])
    expect(decodeTokenText(view, ids)).toBe('\ufffd\ufffd\ufffda')
    expect(view.isByte![TOKENS.indexOf('<0xE2>')]).toBe(1)
    expect(view.isByte![TOKENS.indexOf('<0x4>')]).toBe(0)
  })

  it('of a byte-level vocabulary are its own, but for added tokens', () => {
    const random = new Random(4)
    const pieces = new Set<string>()
    for (let b = 0; b < 256; b++) pieces.add(bytesToAlphabet(Uint8Array.of(b)))
    while (pieces.size < 400)
      pieces.add(bytesToAlphabet(Uint8Array.from({ length: 2 + random.int(5) }, () => random.int(256))))
    const tokens = [...pieces, '<｜tool｜>', 'x y']
    const twin = bpeTwin(tokens, [], {}, 'bytes')
    const ours: AddedToken[] = [
      addedToken(5, tokens[5]!, { special: true }),
      addedToken(tokens.length - 2, '<｜tool｜>', { special: true }),
      addedToken(tokens.length + 4, 'é', { normalized: true }),
    ]
    const spec = {
      model: twin.spec,
      addedTokens: ours,
      decoder: byteLevel,
      reference: 'huggingface',
    } as const
    const view = compileTokenBytes(spec, (text) => text + '!')!
    const decode = compileDecoder(byteLevel)
    expect(view.size).toBe(tokens.length + 5)
    for (let id = 0; id < view.size; id++) {
      const token = view.strings.of(id)
      expect(decodeTokenText(view, [id])).toBe(token === undefined ? '' : decode([token]))
    }
    expect(view.strings.of(tokens.length + 4)).toBe('é!')
    for (let n = 0; n < 500; n++) {
      const ids = Array.from({ length: random.int(10) }, () => random.int(view.size))
      expect(decodeTokenText(view, ids)).toBe(decode(ids.flatMap((id) => view.strings.of(id) ?? [])))
    }
  })
})

describe('token strings', () => {
  it('decode as the native library does, special tokens kept or skipped', async () => {
    const tokens = [
      '<unk>',
      ...new Set(Array.from({ length: 60 }, () => hostileText(new Random(7), 2)).filter(Boolean)),
      'a',
      '▁b',
    ]
    const twin = wordLevelTwin(tokens)
    const own: AddedToken[] = [
      addedToken(0, '<unk>', { special: true }),
      addedToken(tokens.length, '<s>', { special: true }),
      addedToken(tokens.length + 1, 'new', { normalized: true }),
    ]
    const native = nativeTokenizer({ model: twin.json, decoder: metaspace, addedTokens: own })
    const strings = compileTokenStrings({ model: twin.spec, addedTokens: own }, null)
    const decode = compileDecoder(metaspace)
    const random = new Random(2)
    for (let n = 0; n < 200; n++) {
      const ids = Array.from({ length: 1 + random.int(8) }, () => random.int(tokens.length + 6))
      for (const skip of [false, true]) {
        const kept = ids.filter((id) => !skip || !strings.isSpecial(id)).flatMap((id) => strings.of(id) ?? [])
        expect(decode(kept)).toBe(await native.decode(ids, skip))
      }
    }
  })
})
