import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { canonicalise } from './canonical.ts'
import { drawingText } from './drawing.ts'
import { Notes } from './notes.ts'
const text = (svg: string, canvas = 100) => drawingText(canonicalise(svg, canvas).drawing)
const notes = (content: string) =>
  canonicalise(`<svg viewBox="0 0 9 9">${content}</svg>`, 64).report.notes.map(
    ({ kind, what }) => `${kind}: ${what}`,
  )
const refusal = (svg: string): TesseraError => {
  try {
    canonicalise(svg, 64)
  } catch (error) {
    if (error instanceof TesseraError) return error
    throw error
  }
  throw new Error('It was read')
}

describe('untrusted files', () => {
  test.each([
    [
      '<script>alert(1)</script><path onclick="x()" d="M0 0h9"/>',
      ['refused: event handler', 'refused: script'],
    ],
    ['<image href="http://example.com/a.png"/>', ['dropped: <image>', 'refused: external reference']],
    ['<use href="other.svg#a"/>', ['damaged: <use> of nothing in this file', 'refused: external reference']],
    ['<style>@import url(x.css); path{fill:red}</style>', ['refused: external style sheet']],
    ['<a href="javascript:x()"><path d="M0 0h9"/></a>', ['refused: script']],
    [
      '<foreignObject><p>text</p></foreignObject><text>words</text>',
      ['dropped: <foreignObject>', 'dropped: <text>'],
    ],
    ['<path fill="url(http://example.com/#a)" d="M0 0h9"/>', ['refused: external reference']],
    ['<path d="M0 0h9e"/>', ['damaged: path data (drawn up to the mistake)']],
    ['<g id="a"><use href="#a"/></g>', ['damaged: <use> more than 16 deep, or of itself']],
    ['<path filter="url(#f)" fill="nonsense!" d="M0 0h9"/>', ['damaged: colour', 'dropped: <filter>']],
  ])('%s', (content, wanted) => {
    expect(notes(content).sort()).toEqual(wanted)
  })

  test('entities of the file are not expanded', () => {
    const lol =
      '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg viewBox="0 0 9 9"><path fill="&b;" d="M0 0h9"/></svg>'
    const { drawing, report } = canonicalise(lol, 64)
    expect(drawingText(drawing)).toContain('<path d="M0 0h64"/>')
    expect(report.notes.map(({ what }) => what)).toEqual([
      'declarations in the DOCTYPE',
      'entity of the file',
    ])
    expect(text('<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd"><svg viewBox="0 0 9 9"/>')).toContain(
      '<svg',
    )
  })

  test.each([
    ['', 'FORMAT_INVALID'],
    ['words', 'FORMAT_INVALID'],
    ['<svg', 'FORMAT_INVALID'],
    ['<svg><path d="M0 0</svg>', 'FORMAT_INVALID'],
    ['<svg></g></svg>', 'FORMAT_INVALID'],
    ['<svg><g></svg></g>', 'FORMAT_INVALID'],
    ['<svg a="1" a="2"/>', 'FORMAT_INVALID'],
    ['<svg a=1/>', 'FORMAT_INVALID'],
    ['<svg/><svg/>', 'FORMAT_INVALID'],
    ['<svg><!-- </svg>', 'FORMAT_INVALID'],
    ['<html/>', 'FORMAT_UNSUPPORTED'],
    ['<svg>' + '<g>'.repeat(300) + '</g>'.repeat(300) + '</svg>', 'FORMAT_INVALID'],
    ['<svg>' + '<g/>'.repeat(100_001) + '</svg>', 'FORMAT_INVALID'],
    ['<svg>' + ' '.repeat(16_000_001) + '</svg>', 'FILE_TOO_LARGE'],
  ])('%# is refused', (svg, code) => {
    expect(refusal(svg).code).toBe(code)
  })

  test('copies of copies of copies end early', () => {
    let svg = '<svg><g id="n0"><path d="M0 0h9"/></g>'
    for (let i = 1; i <= 12; i++) svg += `<g id="n${i}">${`<use href="#n${i - 1}"/>`.repeat(10)}</g>`
    expect(refusal(`${svg}</svg>`)).toMatchObject({ code: 'FILE_TOO_LARGE' })
  })

  test('damaged files are read, or refused with a TesseraError', () => {
    const whole =
      '<?xml version="1.0"?><svg viewBox="0 0 9 9"><style>.a{fill:red}</style><g transform="rotate(4)" class="a">' +
      '<path d="M0 0a1 1 0 01.5.5z"/><use href="#x"/>&amp;</g><![CDATA[x]]></svg>'
    fc.assert(
      fc.property(
        fc.nat(whole.length),
        fc.nat(12),
        fc.string({ maxLength: 8, unit: 'binary' }),
        (at, cut, put) => {
          try {
            canonicalise(whole.slice(0, at) + put + whole.slice(at + cut), 64)
          } catch (error) {
            expect(error).toBeInstanceOf(TesseraError)
          }
        },
      ),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => canonicalise(bytes, 64)).toThrow(TesseraError)
      }),
    )
  })

  test('notes are counted, and no file fills the memory with them', () => {
    const made = new Notes()
    for (let i = 0; i < 1000; i++) made.add('dropped', `element ${i}`)
    made.add('dropped', 'element 0', 4)
    expect(made.list()).toHaveLength(200)
    expect(made.list()[0]).toEqual({ kind: 'dropped', what: 'element 0', count: 5 })
  })
})
