import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeUtf8 } from './utf8-decode.ts'

const reference = new TextDecoder('utf-8', { ignoreBOM: true })

it('reads any bytes as TextDecoder does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => decodeUtf8(bytes) === reference.decode(bytes)),
    { numRuns: 3000 },
  )
})

it('reads long texts, damaged or not, as TextDecoder does, wherever the pieces end', () => {
  const characters = ['a', 'é', '中', '😀', '\ufeff', '\u07ff', '\uffff']
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...characters), { minLength: 3, maxLength: 9 }),
      fc.integer({ min: 7900, max: 8300 }),
      fc.array(fc.tuple(fc.nat(24_000), fc.nat(255)), { maxLength: 3 }),
      fc.nat(5),
      (pattern, padding, damage, tail) => {
        const text = 'x'.repeat(padding) + pattern.join('').repeat(1500)
        const bytes = new Uint8Array([...new TextEncoder().encode(text), ...new Uint8Array(tail).fill(0x80)])
        for (const [at, byte] of damage) if (at < bytes.length) bytes[at] = byte
        return decodeUtf8(bytes) === reference.decode(bytes)
      },
    ),
    { numRuns: 150 },
  )
  const stray = new Uint8Array(30_000).fill(0x80)
  expect(decodeUtf8(stray)).toBe(reference.decode(stray))
})
