import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { CodeReader, codeLength, MAX_CODE, writeCode } from './codes.ts'
import { deserialise, IdWriter, orderByCount, serialise, type Serialisation } from './serialise.ts'

const FORMS: Serialisation[] = ['fixed', 'utf8', 'rank']

describe('codes', () => {
  it('are the UTF-8 of the code points that are no surrogates', () => {
    const out = new Uint8Array(4)
    for (const [value, point] of [
      [0, 0],
      [0x7f, 0x7f],
      [0x80, 0x80],
      [0x7ff, 0x7ff],
      [0x800, 0x800],
      [0xd7ff, 0xd7ff],
      [0xd800, 0xe000],
      [0xf7ff, 0xffff],
      [0xf800, 0x10000],
      [MAX_CODE, 0x10ffff],
    ] as const) {
      const length = writeCode(out, 0, value)
      expect(length).toBe(codeLength(value))
      expect(utf8DecodeStrict(out.subarray(0, length))).toBe(String.fromCodePoint(point))
      expect(new CodeReader(out.subarray(0, length)).next()).toBe(value)
    }
    expect(() => writeCode(out, 0, MAX_CODE + 1)).toThrow(TesseraError)
  })

  it('are read strictly: what is read from any bytes is written back as the same bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const codes = new CodeReader(bytes)
        const out = new Uint8Array(bytes.length + 4)
        let at = 0
        try {
          while (!codes.ended) at = writeCode(out, at, codes.next())
        } catch (error) {
          expect(error).toMatchObject({ code: 'FORMAT_INVALID' })
        }
        expect(out.subarray(0, at)).toEqual(bytes.subarray(0, codes.at))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('serialise', () => {
  const stream = fc.integer({ min: 1, max: 300_000 }).chain((vocabSize) =>
    fc.record({
      vocabSize: fc.constant(vocabSize),
      ids: fc.array(fc.nat(vocabSize - 1), { maxLength: 60 }),
    }),
  )

  it.each(FORMS)('%s gives the ids back', (form) => {
    fc.assert(
      fc.property(stream, ({ vocabSize, ids }) => {
        const bytes = serialise(ids, { form, vocabSize })
        expect([...deserialise(bytes, { form, vocabSize })]).toEqual(ids)
      }),
    )
  })

  it('rank with a given order needs no table, also for ids that the order did not see', () => {
    fc.assert(
      fc.property(stream, ({ vocabSize, ids }) => {
        const counts = new Float64Array(Math.min(vocabSize, 5000))
        const within = ids.map((id) => id % counts.length)
        for (const id of within.slice(0, 20)) counts[id]!++
        const options = { form: 'rank' as const, vocabSize: counts.length, order: orderByCount(counts) }
        const bytes = serialise(within, options)
        expect([...deserialise(bytes, options)]).toEqual(within)
      }),
    )
  })

  it('in parts is the same as at once', () => {
    const ids = Array.from({ length: 5000 }, (_, i) => (i * i * 7919) % 70_000)
    for (const form of ['fixed', 'utf8'] as const) {
      const writer = new IdWriter({ form, vocabSize: 70_000 })
      const parts = [0, 1, 999, 2500].map((from, i, all) => writer.write(ids.slice(from, all[i + 1])).slice())
      expect(Buffer.concat(parts).equals(serialise(ids, { form, vocabSize: 70_000 }))).toBe(true)
    }
  })

  it('fixed takes 2 bytes up to 65,536 ids, 3 above', () => {
    expect(serialise([1, 2, 3], { form: 'fixed', vocabSize: 65_536 })).toHaveLength(6)
    expect(serialise([1, 2, 3], { form: 'fixed', vocabSize: 65_537 })).toHaveLength(9)
  })

  it('gives frequent ids the short codes', () => {
    const ids = [...Array<number>(50).fill(60_000), 1, 2, 3]
    const plain = serialise(ids, { form: 'utf8', vocabSize: 65_536 })
    const ranked = serialise(ids, { form: 'rank', vocabSize: 65_536 })
    expect(plain).toHaveLength(3 * 50 + 3)
    expect(ranked).toHaveLength(1 + 3 + 3 + ids.length)
  })

  it('refuses ids and vocabularies that do not fit', () => {
    for (const form of FORMS) {
      expect(() => serialise([7], { form, vocabSize: 7 })).toThrow(/ID_OUT|Id 7/)
    }
    expect(() => serialise([], { form: 'utf8', vocabSize: MAX_CODE + 2 })).toThrow(TesseraError)
    expect(() => new IdWriter({ form: 'rank', vocabSize: 3 })).toThrow(TesseraError)
  })

  it.each(FORMS)('%s: any bytes give ids or FORMAT_INVALID', (form) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          for (const id of deserialise(bytes, { form, vocabSize: 1000 })) expect(id).toBeLessThan(1000)
        } catch (error) {
          expect(error).toMatchObject({ code: 'FORMAT_INVALID' })
        }
      }),
    )
  })
})
