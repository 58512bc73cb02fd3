import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvText, fileName, jsonText } from './export.ts'

/** Reads RFC 4180, to check the writer against. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = 0; at < text.length;) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at++) {
        cell += text[at]
        if (text[at] === '"') at++
      }
      at++
    } else while (text[at] !== ',' && text[at] !== '\r') cell += text[at++]
    row.push(cell)
    if (text[at] === ',') at++
    else {
      rows.push(row)
      row = []
      at += 2
    }
  }
  return rows
}

describe('tables to take away', () => {
  test('CSV gives every cell back', () => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', ' ') }),
      fc.integer(),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 }), (rows) => {
        const columns = ['one', 'two, quoted', 'three']
        expect(parseCsv(csvText(columns, rows))).toEqual([columns, ...rows.map((row) => row.map(String))])
      }),
    )
  })

  test('JSON is one object a row; what is missing is null', () => {
    const rows = JSON.parse(
      jsonText(
        ['a', 'b'],
        [
          ['x', 1],
          ['y', null],
        ],
      ),
    ) as unknown
    expect(rows).toEqual([
      { a: 'x', b: 1 },
      { a: 'y', b: null },
    ])
  })

  test('file names hold letters, digits and hyphens', () => {
    expect(fileName('Bytes per token: é, 64k / all!', 'csv')).toBe('bytes-per-token-é-64k-all.csv')
    expect(fileName('…', 'svg')).toBe('figure.svg')
  })
})
