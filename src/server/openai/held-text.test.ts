import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HeldText } from './held-text.ts'

it('gives out exactly what precedes the first stop string, however the text is cut, as early as it may', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ab'), maxLength: 12 })
  const stop = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
      const all = pieces.join('')
      // The plain version: after which piece is which stop string there?
      const held = new HeldText(stops)
      let said = ''
      let sofar = ''
      for (const piece of pieces) {
        sofar += piece
        const at = Math.min(...stops.map((one) => sofar.indexOf(one)).filter((i) => i >= 0))
        const { text, stopped } = held.push(piece)
        said += text
        expect(stopped).toBe(at < Infinity)
        if (stopped) {
          expect(said).toBe(sofar.slice(0, at))
          return
        }
        // What is held back could all become a stop string.
        const rest = sofar.slice(said.length)
        expect(rest === '' || stops.some((one) => one.startsWith(rest))).toBe(true)
      }
      expect(said + held.end()).toBe(all)
    }),
  )
})
