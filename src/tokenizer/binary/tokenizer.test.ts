import * as fc from 'fast-check'
import { Tokenizer as NativeTokenizer } from 'tokenizers'
import { beforeAll, describe, expect, test } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import { writeCompact } from '../formats/index.ts'
import { tokensBySection } from './by-section.ts'
import { BINARY_SPECIALS, FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'
import { BinaryTokenizer } from './tokenizer.ts'
import { trainBinary } from './train.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)
let family: BinaryTokenizer
let sample: Uint8Array

beforeAll(async () => {
  const random = new Random(4)
  const words = [
    '__proto__',
    'constructor',
    ' \t\n',
    '\0\0\0\0',
    '\x7fELF',
    '.text',
    '"\\',
    '«»',
    '\u00ff\u0080',
    '7',
  ]
  const text = Array.from({ length: 9000 }, () => random.pick(words)).join('')
  sample = Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)
  family = (await trainBinary([sample], { size: 900, minFrequency: 2 })).tokenizer
})

describe('the id layout', () => {
  test('special tokens, bytes, merges', () => {
    expect(BINARY_SPECIALS).toHaveLength(7)
    expect([FIRST_BYTE_ID, FIRST_MERGE_ID]).toEqual([7, 263])
    for (let b = 0; b < 256; b++) expect([...family.bytesOf(7 + b)]).toEqual([b])
    const [left, right] = family.merges
    expect([...family.bytesOf(263)]).toEqual([...family.bytesOf(left!), ...family.bytesOf(right!)])
    expect(family.decode([0, 1, 2, 3, 4, 5, 6, 7 + 65])).toEqual(Uint8Array.of(65))
  })

  test('ids above 65,535 keep all their bits', () => {
    const merges: number[] = []
    for (let a = 0; a < 256; a++) for (let b = 0; b < 256; b++) merges.push(7 + a, 7 + b)
    const wide = new BinaryTokenizer(Uint32Array.from(merges))
    expect(wide.size).toBe(263 + 65536)
    expect([...wide.encode(Uint8Array.of(255, 255))]).toEqual([263 + 65535])
    expect(wide.decode([263 + 65535])).toEqual(Uint8Array.of(255, 255))
  })
})

describe('saved and loaded', () => {
  test.each(['latin1', 'byte-level'] as const)('%s tokenizer.json keeps every id', (form) => {
    const again = BinaryTokenizer.load(utf8(family.save(form)))
    expect([...again.merges]).toEqual([...family.merges])
    expect(again.encode(sample)).toEqual(family.encode(sample))
    expect(again.save(form)).toBe(family.save(form))
  })

  test('so does the compact form', () => {
    const again = BinaryTokenizer.load(writeCompact(family.spec()))
    expect([...again.merges]).toEqual([...family.merges])
    expect(again.name).toBe(family.name)
  })

  test('both JSON forms give the same ids in Hugging Face tokenizers', async () => {
    const latin1 = await NativeTokenizer.fromString(family.save('latin1'))
    const byteLevel = await NativeTokenizer.fromString(family.save('byte-level'))
    const random = new Random(2)
    const noise = Uint8Array.from({ length: 3000 }, () => random.int(256))
    const all = Uint8Array.from({ length: 256 }, (_, b) => b)
    for (const bytes of [all, sample.subarray(0, 20_000), noise]) {
      const ids = [...family.encode(bytes)]
      const asLatin1 = Buffer.from(bytes).toString('latin1')
      expect((await latin1.encode(asLatin1)).getIds()).toEqual(ids)
      expect(await latin1.decode(ids, true)).toBe(asLatin1)
    }
    // The byte-level form reads text as UTF-8 itself, so it is compared on text.
    for (const text of ['', 'plain', 'ünï\u0000\u0007 __proto__', '.text\0\0\0\0'.repeat(50)]) {
      const ids = [...family.encode(utf8(text))]
      expect((await byteLevel.encode(text)).getIds()).toEqual(ids)
      expect(await byteLevel.decode(ids, true)).toBe(text)
    }
    expect(latin1.tokenToId('<|mask|>')).toBe(6)
    expect(latin1.tokenToId('\u00ab')).toBe(7 + 0xab)
    expect(byteLevel.tokenToId(bytesToAlphabet(Uint8Array.of(0xab)))).toBe(7 + 0xab)
  })

  test('damaged files are refused with a code, never loaded wrong', () => {
    const good = utf8(family.save('latin1'))
    const small = utf8(family.member(280).save())
    expect(() => BinaryTokenizer.load(utf8('{}'))).toThrow(TesseraError)
    fc.assert(
      fc.property(fc.nat(good.length), (cut) => {
        try {
          BinaryTokenizer.load(good.slice(0, cut))
          expect(cut).toBeGreaterThanOrEqual(good.length - 1)
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
      { numRuns: 60 },
    )
    fc.assert(
      fc.property(fc.nat(small.length - 1), fc.nat(255), (at, value) => {
        const bytes = small.slice()
        bytes[at] = value
        try {
          const tokenizer = BinaryTokenizer.load(bytes)
          expect(tokenizer.decode(tokenizer.encode(sample.subarray(0, 500)))).toEqual(sample.slice(0, 500))
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('merges that contradict the layout are refused', () => {
    const refused = [
      [7, 263], // an id that is not there yet
      [0, 7], // a special token
      [7, 8, 7, 8], // bytes that have an id already
      [7], // half a pair
      [...'<|pad|>'].slice(1).flatMap((c, i) => [i === 0 ? 7 + 0x3c : 262 + i, 7 + c.charCodeAt(0)]),
    ]
    for (const merges of refused) {
      expect(() => new BinaryTokenizer(Uint32Array.from(merges))).toThrow(
        expect.objectContaining({ code: 'FORMAT_INVALID' }),
      )
    }
  })
})

describe('use', () => {
  test('wrong arguments are named', () => {
    const code = (code: string) => expect.objectContaining({ code })
    expect(() => family.encode('text' as never)).toThrow(code('ARGUMENT_INVALID'))
    expect(() => family.encode(sample, { size: 262 })).toThrow(code('ARGUMENT_INVALID'))
    expect(() => family.encode(sample, { size: family.size + 1 })).toThrow(code('ARGUMENT_INVALID'))
    expect(() => family.decode([family.size])).toThrow(code('ID_OUT_OF_RANGE'))
    expect(() => family.decode([1.5])).toThrow(code('ID_OUT_OF_RANGE'))
    expect(() => family.bytesOf(-1)).toThrow(code('ID_OUT_OF_RANGE'))
    const signal = AbortSignal.abort()
    expect(() => family.encode(new Uint8Array(1 << 20), { signal })).toThrow(code('CANCELLED'))
  })

  test('tokens fall on the sections in which they begin', () => {
    const ids = family.encode(sample)
    const cut = 5000
    const sections = [
      { name: 'a', start: 0, end: cut, kind: 'code' as const },
      { name: 'b', start: cut, end: cut, kind: 'data' as const },
      { name: 'c', start: cut, end: sample.length, kind: 'data' as const },
    ]
    const counts = tokensBySection(family, ids, sections)
    let at = 0
    let before = 0
    for (const id of ids) {
      if (at < cut) before++
      at += family.bytesOf(id).length
    }
    expect([...counts]).toEqual([before, 0, ids.length - before])
  })

  test('sizes to choose from are the doublings and the largest', () => {
    expect(family.sizes).toEqual([family.size])
    const wide = new BinaryTokenizer(
      Uint32Array.from(Array.from({ length: 5000 }, (_, m) => [7 + (m >> 8), 7 + (m & 255)]).flat()),
    )
    expect(wide.sizes).toEqual([1024, 2048, 4096, 5263])
  })
})
