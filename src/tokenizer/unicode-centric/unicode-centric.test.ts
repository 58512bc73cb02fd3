import * as fc from 'fast-check'
import { Tokenizer as Native } from 'tokenizers'
import { beforeAll, describe, expect, test } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { createTokenizer } from '../tokenizer.ts'
import { kindOfId, ngramId, ngramIndex, NGRAM_CAPACITY, VOCAB_SIZE } from './layout.ts'
import { learnNgrams } from './learn.ts'
import { readNgrams, writeNgrams } from './ngram-file.ts'
import { mergesOf } from './spec.ts'
import { UnicodeCentricTokenizer } from './tokenizer.ts'

const TEXTS = [
  "The tide there doesn't wait; then the others went their ways. ".repeat(4),
  'Чтобы это было хорошо, что это было бы? '.repeat(4),
  '人人生而自由,在尊严和权利上一律平等。人人生而自由。'.repeat(3),
  'सभी मनुष्यों को गौरव और अधिकारों के मामले में '.repeat(3),
  '모든 인간은 태어날 때부터 자유로우며 '.repeat(3),
]

let tokenizer: UnicodeCentricTokenizer
beforeAll(async () => {
  const languages = TEXTS.map((text, i) => ({ name: String(i), texts: [text] }))
  tokenizer = new UnicodeCentricTokenizer((await learnNgrams(languages)).ngrams)
})

/** Every kind of UTF-16: learned words, any plane, private use, lone surrogates, names of special tokens. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...TEXTS.flatMap((text) => text.split(/(?<= )/))),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.integer({ min: 0xd800, max: 0xf8ff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom('<pad>', '<unk>', '<0x80>', '\uffff', '\ufffe', '\u{10ffff}', '\u{f0000}', '\0', 'th'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

describe('ids', () => {
  test('a character of the plane is its code point', () => {
    for (let cp = 0; cp < 0xffff; cp++) {
      if (cp >= 0xd800 && cp < 0xf900) continue
      expect(tokenizer.encode(String.fromCharCode(cp))).toEqual(Uint32Array.of(cp))
    }
  })

  test('every id has one kind, and n-grams fill surrogates first, then private use', () => {
    expect([ngramId(0), ngramId(2047), ngramId(2048), ngramId(NGRAM_CAPACITY - 1)]).toEqual([
      0xd800, 0xdfff, 0xe100, 0xf8ff,
    ])
    for (let i = 0; i < NGRAM_CAPACITY; i++) expect(ngramIndex(ngramId(i))).toBe(i)
    const kinds = new Map<string, number>()
    for (let id = 0; id < VOCAB_SIZE; id++) {
      const kind = kindOfId(id, NGRAM_CAPACITY)
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
    expect(Object.fromEntries(kinds)).toEqual({
      character: 0xd800 + (0xffff - 0xf900),
      'n-gram': 8192,
      special: 13,
      byte: 72,
      unused: 256 - 13 - 72 + 1,
    })
  })

  test('names are all different', () => {
    const names = Array.from({ length: VOCAB_SIZE }, (_, id) => tokenizer.stringOf(id))
    expect(new Set(names).size).toBe(VOCAB_SIZE)
  })
})

describe('there and back', () => {
  test('any string gets itself back', () => {
    fc.assert(
      fc.property(anyText, (text) => tokenizer.decode(tokenizer.encode(text)) === text),
      { numRuns: 2000 },
    )
  })

  test('no text makes a special token unless asked', () => {
    fc.assert(
      fc.property(anyText, (text) =>
        tokenizer.encode(text).every((id) => tokenizer.kindOf(id) !== 'special'),
      ),
    )
    expect([...tokenizer.encode('<pad>', { specials: 'parse' })]).toEqual([0xe000])
  })

  test("with `unknown: 'unk'` what has no id is <unk>, one for each code point, as in the paper", () => {
    const unk = (text: string) => [...tokenizer.encode(text, { unknown: 'unk' })]
    expect(unk('a😀\ue000\uffffb')).toEqual([0x61, 0xe003, 0xe003, 0xe003, 0x62])
    expect(unk('\ud800')).toEqual([0xe003])
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text, { unknown: 'unk' })
        const lost = ids.filter((id) => id === 0xe003).length
        const outside = [...text].filter((c) => {
          const cp = c.codePointAt(0)!
          return cp >= 0xffff || (cp >= 0xd800 && cp < 0xf900)
        }).length
        expect(lost).toBe(outside)
      }),
    )
  })

  test('any ids decode as the general decoder says, and ids out of range are refused', () => {
    const general = tokenizer.tokenizer()
    const id = fc.oneof(
      fc.nat(0xffff),
      fc.integer({ min: 0xe080, max: 0xe0f5 }),
      fc.integer({ min: 0xd800, max: 0xd880 }),
    )
    fc.assert(
      fc.property(fc.array(id, { maxLength: 20 }), fc.boolean(), (list, skipSpecials) => {
        // The byte 0xED begins lone surrogates, which the general decoder does not write.
        const ids = list.filter((one) => one !== 0xe0ed)
        expect(tokenizer.decode(ids, { skipSpecials })).toBe(general.decode(ids, { skipSpecials }))
      }),
      { numRuns: 1000 },
    )
    expect(() => tokenizer.decode([65536])).toThrow(expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }))
    expect(() => tokenizer.decode([1.5])).toThrow(expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }))
  })
})

describe('as tokenizer.json', () => {
  for (const unknown of ['bytes', 'unk'] as const) {
    test(`Hugging Face gives the same ids, and the plain lane too (${unknown})`, async () => {
      const native = Native.fromString(tokenizer.save(unknown))
      const plain = createTokenizer(tokenizer.spec(unknown), { lane: 'plain' })
      const check = async (text: string) => {
        const ids = [...tokenizer.encode(text, { unknown, specials: 'parse' })]
        expect(ids).toEqual((await native.encode(text)).getIds())
        expect(ids).toEqual([...plain.encode(text)])
        expect(tokenizer.decode(ids)).toBe(await native.decode(ids, true))
      }
      await fc.assert(
        fc.asyncProperty(
          anyText.map((text) => text.toWellFormed()),
          check,
        ),
        { numRuns: 300 },
      )
      // Longer than a window of the fast lane.
      await check(TEXTS.join('\n').repeat(120))
    })
  }
})

describe('learning', () => {
  test('stays inside words, leaves digits out, orders by length and code point', async () => {
    const { ngrams } = await learnNgrams([{ name: 'x', texts: ["ab1cd ab2cd don't don't 中文 中文 '' ''"] }])
    expect(ngrams).toEqual(
      ['don', "n't", "on'", 'ab', 'cd', 'do', "n'", 'on', "'t", '中文'].sort(
        (a, b) => b.length - a.length || (a < b ? -1 : 1),
      ),
    )
  })

  test('counts the same however long the text, and equals the plain count', async () => {
    const words = ['ana', 'banana', 'ab', 'éß', 'x', 'ba']
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...words), { minLength: 4, maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        async (list, perLanguage) => {
          const counts = new Map<string, number>()
          for (const word of list) {
            for (const n of [2, 3]) {
              for (let i = 0; i + n <= word.length; i++) {
                const ngram = word.slice(i, i + n)
                counts.set(ngram, (counts.get(ngram) ?? 0) + 1)
              }
            }
          }
          const wanted = [3, 2].flatMap((n) =>
            [...counts]
              .filter(([ngram, count]) => ngram.length === n && count > 1)
              .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
              .slice(0, perLanguage)
              .map(([ngram]) => ngram)
              .sort((a, b) => (a < b ? -1 : 1)),
          )
          const learned = learnNgrams([{ name: 'x', texts: [list.join(' ')] }], { perLanguage })
          if (wanted.length === 0)
            await expect(learned).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
          else expect((await learned).ngrams).toEqual(wanted)
        },
      ),
    )
  })

  test('when the union has no room, the largest number per language that fits', async () => {
    const letters = Array.from({ length: 100 }, (_, i) => String.fromCharCode(0x4e00 + i))
    const texts = [letters.flatMap((a) => letters.map((b) => `${a}${b} ${a}${b} `)).join('')]
    const languages = [{ name: 'x', texts }]
    const learned = await learnNgrams(languages, { perLanguage: 10_000 })
    expect(learned.perLanguage).toBe(NGRAM_CAPACITY)
    expect(learned.ngrams).toHaveLength(NGRAM_CAPACITY)
    expect(new UnicodeCentricTokenizer(learned.ngrams).kindOf(0xf8ff)).toBe('n-gram')
  })

  test('every split whose halves are tokens is a merge, in the order of the list', () => {
    const id = (i: number) => ngramId(i)
    const a = 0x61
    const merges = [
      [a, id(3)], // aba = a + ba
      [id(2), a], // aba = ab + a
      [a + 1, id(2)], // bab = b + ab
      [id(3), a + 1], // bab = ba + b
      [a, a + 1],
      [a + 1, a],
    ]
    expect([...mergesOf(['aba', 'bab', 'ab', 'ba'])]).toEqual(merges.flat())
    expect([...mergesOf(['abc', 'ab'])]).toEqual([id(1), a + 2, a, a + 1])
  })

  test('nothing to learn, bad numbers and cancelling are errors', async () => {
    const some = [{ name: 'x', texts: ['abab'] }]
    await expect(learnNgrams([])).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
    await expect(learnNgrams(some, { perLanguage: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(learnNgrams(some, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
  })
})

describe('the file of n-grams', () => {
  test('comes back, and anything else is refused by a TesseraError', () => {
    const bytes = (text: string) => new TextEncoder().encode(text)
    expect(readNgrams(bytes(writeNgrams(tokenizer.ngrams, ['about'])))).toEqual(tokenizer.ngrams)
    for (const text of ['a', 'ab\nab', 'b\u{1f600}', 'ab\nabc', 'bc\nab', 'a\ue000']) {
      expect(() => readNgrams(bytes(text)), text).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }))
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        try {
          readNgrams(noise)
        } catch (error) {
          expect(error).toBeInstanceOf(TesseraError)
        }
      }),
    )
  })
})
