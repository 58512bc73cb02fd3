import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { cellsOf, glyphs, LINE_END } from './glyphs.ts'
import { layoutRows, rowOf, TOKEN_EXTRA } from './rows.ts'
import { Utf16Index } from './units.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const shown = (bytes: Uint8Array) => glyphs(bytes, 0, bytes.length)

describe('glyphs', () => {
  it('shows text as it is and everything invisible as something', () => {
    expect(shown(bytesOf('naïve 日本 🧩'))).toBe('naïve 日本 🧩')
    expect(shown(bytesOf('a\tb\r\n\0\x7f'))).toBe('a⇥b␍↵␀␡')
    expect(shown(bytesOf('\u200b\u202e\ufeff\u00ad'))).toBe('⟨u+200b⟩⟨u+202e⟩⟨u+feff⟩⟨u+00ad⟩')
  })

  it('shows parts of characters as their bytes', () => {
    const euro = bytesOf('€')
    expect(glyphs(euro, 0, 2)).toBe('⟨e2 82⟩')
    expect(glyphs(euro, 2, 3)).toBe('⟨ac⟩')
    expect(shown(Uint8Array.of(0x61, 0xff, 0xfe, 0x62))).toBe('a⟨ff fe⟩b')
  })

  it('never shows a control or direction character, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(shown(bytes)).not.toMatch(/[\p{Cc}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufffd]/u)
      }),
    )
  })

  it('counts the cells of what it shows', () => {
    for (const text of ['plain', 'a\tb', 'é', '日本', '🧩']) {
      const bytes = bytesOf(text)
      const wide = /日本|🧩/.test(text) ? 2 * [...text].length : shown(bytes).length
      expect(cellsOf(bytes, 0, bytes.length), text).toBe(wide)
    }
    const euro = bytesOf('€')
    expect(cellsOf(euro, 0, 2)).toBe('⟨e2 82⟩'.length)
    expect(cellsOf(bytesOf('a\n'), 0, 2)).toBe(2 | LINE_END)
    expect(cellsOf(bytesOf('x'.repeat(1000)), 0, 1000)).toBe(127)
    expect(cellsOf(bytesOf(''), 0, 0)).toBe(1)
  })
})

describe('layoutRows', () => {
  it('breaks where the width is used up and after line ends', () => {
    const cells = Uint8Array.of(5, 5, 5, 2 | LINE_END, 1, 1)
    const width = 2 * (5 * 10 + TOKEN_EXTRA)
    expect([...layoutRows(cells, width, 10)]).toEqual([0, 2, 4])
  })

  it('gives every token to one row, in order, and a wide one a row of its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 900 }), (raw, width) => {
        const cells = raw.map((n) => (n & 0x7f) | (n & 0x80) || 1)
        const rows = layoutRows(cells, width, 8)
        expect([...rows]).toEqual([...rows].sort((a, b) => a - b))
        expect(new Set(rows).size).toBe(rows.length)
        for (let r = 0; r < rows.length; r++) {
          const end = rows[r + 1] ?? cells.length
          let used = 0
          for (let i = rows[r]!; i < end; i++) {
            used += (cells[i]! & 0x7f) * 8 + TOKEN_EXTRA
            if (i + 1 < end) expect(cells[i]! & LINE_END).toBe(0)
            expect(rowOf(rows, i)).toBe(r)
          }
          if (end - rows[r]! > 1) expect(used).toBeLessThanOrEqual(width)
        }
      }),
    )
  })
})

describe('Utf16Index', () => {
  it('gives the offsets that slice uses', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const index = new Utf16Index(bytesOf(text))
        let bytes = 0
        let units = 0
        for (const character of text) {
          const length = bytesOf(character).length
          expect(index.unitsBefore(bytes)).toBe(units)
          if (length > 1) expect(index.unitsBefore(bytes + 1)).toBe(units)
          bytes += length
          units += character.length
        }
        expect(index.unitsBefore(bytes)).toBe(units)
      }),
    )
  })

  it('holds across its marks', () => {
    const text = 'aé€🧩'.repeat(40_000)
    const index = new Utf16Index(bytesOf(text))
    expect(index.unitsBefore(bytesOf(text).length)).toBe(text.length)
    expect(index.unitsBefore(10 * 30_000)).toBe(5 * 30_000)
    expect(index.unitsBefore(10 * 30_000 + 7)).toBe(5 * 30_000 + 3)
  })
})
