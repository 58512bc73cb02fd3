import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalise } from './canonical.ts'
import { type DrawingNode, drawingText, pathsOf, pathText } from './drawing.ts'
import { parsePathData } from './path-data.ts'
import { noCounts, quantise } from './quantise.ts'
import { segments, svgFiles, written } from './testing/drawings.ts'

const text = (svg: string, canvas = 100) => drawingText(canonicalise(svg, canvas).drawing)
/** What is inside of the root, for a viewBox of 100. */
const inside = (content: string, attributes = '') =>
  /^<svg [^>]*?viewBox="0 0 100 100"(.*)$/.exec(
    text(`<svg viewBox="0 0 100 100"${attributes}>${content}</svg>`),
  )![1]!

describe('canonical form', () => {
  test('applied twice is applied once', () => {
    fc.assert(
      fc.property(svgFiles, fc.constantFrom(64, 224), (svg, canvas) => {
        const once = text(svg, canvas)
        const again = canonicalise(once, canvas)
        expect(drawingText(again.drawing)).toBe(once)
        expect(again.report).toMatchObject({ clamped: 0, clipped: 0 })
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    [
      'transforms are baked in, nested ones too',
      '<g transform="translate(10 10)"><g transform="scale(2)"><path d="M1 1h5"/></g></g>',
      '><path d="M12 12h10"/></svg>',
    ],
    ['a turned h is a line', '<path transform="rotate(45)" d="M0 0H10"/>', '><path d="M0 0l7 7"/></svg>'],
    [
      'use is expanded before transforms',
      '<defs><path id="a" d="M0 0h4"/></defs><use href="#a" x="10" transform="scale(2)"/>',
      '><path d="M20 0h8"/></svg>',
    ],
    ['xlink:href', '<path id="a" d="M0 0h4" display="none"/><use xlink:href="#a"/>', '/>'],
    ['rect', '<rect x="1" y="2" width="30" height="40"/>', '><path d="M1 2h30v40h-30z"/></svg>'],
    [
      'rect with corners',
      '<rect width="30" height="40" rx="5"/>',
      '><path d="M5 0h20a5 5 0 0 1 5 5v30a5 5 0 0 1-5 5h-20a5 5 0 0 1-5-5v-30a5 5 0 0 1 5-5z"/></svg>',
    ],
    [
      'circle',
      '<circle cx="50" cy="50" r="20"/>',
      '><path d="M70 50a20 20 0 0 1-40 0 20 20 0 0 1 40 0z"/></svg>',
    ],
    [
      'percentages',
      '<line x1="10%" y1="0" x2="50%" y2="100%" stroke="red"/>',
      '><path stroke="red" d="M10 0l40 100"/></svg>',
    ],
    ['units', '<rect width="1in" height="10px"/>', '><path d="M0 0h96v10h-96z"/></svg>'],
    [
      'polygon and polyline',
      '<polygon points="0,0 10-5,3 4"/><polyline points="1 2 3 4 5"/>',
      '><path d="M0 0l10-5-7 9z"/><path d="M1 2l2 2"/></svg>',
    ],
    [
      'nested svg',
      '<svg x="10" width="50" height="50" viewBox="0 0 10 10"><path d="M0 0h10"/></svg>',
      '><path d="M10 0h50"/></svg>',
    ],
    [
      'symbol',
      '<symbol id="s" viewBox="0 0 10 10"><path d="M0 0h10"/></symbol><use href="#s" width="20" height="20"/>',
      '><path d="M0 0h20"/></svg>',
    ],
    [
      'CSS by class, id and type; style attributes and !important win',
      '<style>/* x */ .a{fill:#FF0000} #b, path.c {fill:rgb(0 0 255)} path{stroke:none!important}</style>' +
        '<path class="a" stroke="red" d="M0 0h9"/><path id="b" fill="#123" d="M0 0h9"/><path class="a" style="fill:lime" d="M0 0h9"/>',
      '><path fill="#f00" d="M0 0h9"/><path fill="#00f" d="M0 0h9"/><path fill="lime" d="M0 0h9"/></svg>',
    ],
    [
      'strokes scale with their transform',
      '<g stroke="red" stroke-width="3"><path transform="scale(2)" d="M0 0h9"/></g>',
      '><path stroke="red" stroke-width="6" d="M0 0h18"/></svg>',
    ],
    [
      'what children share stands on their parent',
      '<path fill="red" d="M0 0h9"/><path fill="red" d="M0 1h9"/>',
      ' fill="red"><path d="M0 0h9"/><path d="M0 1h9"/></svg>',
    ],
    [
      'nothing painted is nothing',
      '<path fill="none" d="M0 0h9v9z"/><path visibility="hidden" d="M0 0h9"/>',
      '/>',
    ],
    [
      'currentColor',
      '<g color="#0F0"><path fill="currentColor" d="M0 0h9"/></g><path fill="currentColor" d="M0 0h9"/>',
      '><path fill="#0f0" d="M0 0h9"/><path fill="currentColor" d="M0 0h9"/></svg>',
    ],
    [
      'a gradient is brought to the canvas',
      '<linearGradient id="q" gradientUnits="userSpaceOnUse" x1="1" y1="0" x2="5" y2="0">' +
        '<stop offset="50%" stop-color="red"/></linearGradient><path transform="scale(10)" fill="url(#q)" d="M0 0h9v9z"/>',
      '><defs><linearGradient gradientUnits="userSpaceOnUse" id="a" x1="10" x2="50" y1="0" y2="0"><stop offset="0.5"' +
        ' stop-color="red"/></linearGradient></defs><path fill="url(#a)" d="M0 0h90v90z"/></svg>',
    ],
    [
      'a clip path takes the transform of what it clips',
      '<clipPath id="k"><rect width="5" height="5"/></clipPath><g transform="scale(10)" clip-path="url(#k)"><path d="M0 0h9v9z"/></g>',
      '><defs><clipPath id="a"><path d="M0 0h50v50h-50z"/></clipPath></defs><path clip-path="url(#a)" d="M0 0h90v90z"/></svg>',
    ],
    [
      'unknown elements keep their children',
      '<wonder><path d="M0 0h9"/></wonder>',
      '><path d="M0 0h9"/></svg>',
    ],
    [
      'entities and quotes in attributes',
      "<path d='M0 0h9' fill='&#x72;e&#100;'/>",
      '><path fill="red" d="M0 0h9"/></svg>',
    ],
  ])('%s', (_, content, wanted) => {
    expect(inside(content)).toBe(wanted)
  })

  test('a viewBox moves to the canvas; without one, width and height are it', () => {
    const path = '<path d="M15 25h10"/>'
    expect(text(`<svg viewBox="5 5 40 20">${path}</svg>`, 80)).toContain(
      'viewBox="0 0 80 40"><path d="M20 40h20"',
    )
    expect(text(`<svg width="50mm" height="50mm">${path}</svg>`, 100)).toContain('<path d="M8 13h5"')
    expect(canonicalise(`<svg width="100%">${path}</svg>`, 300).report.notes).toHaveLength(1)
    expect(text(`<svg width="100%">${path}</svg>`, 300)).toContain(
      'viewBox="0 0 300 150"><path d="M15 25h10"',
    )
  })

  test('a dot of a round stroke stays, other moves to nowhere go', () => {
    expect(inside('<path fill="none" stroke="red" stroke-linecap="round" d="M5 5h.01"/>')).toContain(
      'd="M5 5h0"',
    )
    expect(inside('<path fill="none" stroke="red" d="M5 5h.01"/>')).toBe('/>')
    expect(inside('<path d="M5 5l0 0h4v0c0 0 0 0 0 0a0 0 0 0 1 0 0z"/>')).toContain('d="M5 5h4z"')
  })

  test('what is out of the canvas is clipped or clamped, and counted', () => {
    const { drawing, report } = canonicalise(
      '<svg viewBox="0 0 100 100"><path d="M-200-200h50v50zM-5 5H300V50z"/></svg>',
      100,
    )
    expect(pathText(pathsOf(drawing)[0]!.commands!)).toBe('M0 5h110v45z')
    expect(report).toMatchObject({ clipped: 1, clamped: 2 })
  })
})

describe('rounding', () => {
  test('nothing is carried on along a path', () => {
    // Three hundred steps of 0.3 units: rounding each would go nowhere.
    const steps = parsePathData(`M0 0${'l.3.3'.repeat(300)}`).segments
    const end = parsePathData(
      pathText(quantise(steps, { canvas: 100, dots: false }, noCounts())),
    ).segments.at(-1)!
    expect(end.args).toEqual([90, 90])
  })

  test('end points of all commands are within half a unit, and rounding again changes nothing', () => {
    fc.assert(
      fc.property(segments, fc.boolean(), (list, relative) => {
        const given = parsePathData(written(list, relative)).segments
        const canvas = 150
        const counts = noCounts()
        const commands = quantise(given, { canvas, dots: true }, counts)
        const back = parsePathData(pathText(commands)).segments
        expect(quantise(back, { canvas, dots: true }, noCounts())).toEqual(commands)
        if (counts.clamped > 0 || counts.clipped > 0) return
        const ends = endsOf(back)
        for (const [x, y] of endsOf(given).filter((_, i) => given[i]!.type !== 'M')) {
          expect(ends.some(([a, b]) => Math.abs(a - x) <= 0.5 + 1e-9 && Math.abs(b - y) <= 0.5 + 1e-9)).toBe(
            true,
          )
        }
      }),
      { numRuns: 400 },
    )
  })

  test('half circles keep their bulge, whatever their radius', () => {
    for (let r = 3; r < 20; r += 0.1) {
      const commands = quantise(
        parsePathData(`M5 50a${r} ${r} 0 0 1 ${2 * r} 0`).segments,
        { canvas: 100, dots: false },
        noCounts(),
      )
      for (const { letter, args } of commands)
        if (letter === 'a') expect(2 * args[0]!).toBeLessThanOrEqual(args[5]! + 0.5)
    }
  })

  test('s and t after a command that was left out do not take over another control point', () => {
    const pathOf = (d: string) =>
      pathText(quantise(parsePathData(d).segments, { canvas: 100, dots: false }, noCounts()))
    expect(pathOf('M0 0c0 10 10 10 10 0l0 0s10 10 20 0')).toBe('M0 0c0 10 10 10 10 0 0 0 10 10 20 0')
    expect(pathOf('M0 0c0 10 10 10 10 0s10-10 20 0')).toBe('M0 0c0 10 10 10 10 0s10-10 20 0')
    expect(pathOf('M0 0s10 10 20 0t5 5')).toBe('M0 0s10 10 20 0t5 5')
  })
})

function endsOf(list: readonly { type: string; args: readonly number[] }[]): [number, number][] {
  let [x, y, startX, startY] = [0, 0, 0, 0]
  return list.map(({ type, args }) => {
    if (type === 'Z') [x, y] = [startX, startY]
    else if (type === 'H') x = args[0]!
    else if (type === 'V') y = args[0]!
    else [x, y] = [args.at(-2)!, args.at(-1)!]
    if (type === 'M') [startX, startY] = [x, y]
    return [x, y]
  })
}

test('the drawing names only what a canonical drawing has', () => {
  fc.assert(
    fc.property(svgFiles, (svg) => {
      const visit = (node: DrawingNode): void => {
        expect([
          'svg',
          'g',
          'path',
          'defs',
          'clipPath',
          'mask',
          'linearGradient',
          'radialGradient',
          'stop',
        ]).toContain(node.name)
        node.children.forEach(visit)
      }
      visit(canonicalise(svg, 224).drawing.root)
    }),
    { numRuns: 50 },
  )
})
