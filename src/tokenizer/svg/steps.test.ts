import * as fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { canonicalise } from './canonical.ts'
import { pathsOf, pathText } from './drawing.ts'
import { parsePathData } from './path-data.ts'
import type { SegmentVocabulary } from './segments.ts'
import { stepsOf } from './steps.ts'
import { svgFiles } from './testing/drawings.ts'
import { SvgTokenizer } from './tokenizer.ts'
import { trainSegments } from './train-segments.ts'

let segments: SegmentVocabulary
beforeAll(async () => {
  const files = fc.sample(svgFiles, { numRuns: 60, seed: 4 })
  const paths = files.flatMap((svg) => pathsOf(canonicalise(svg, 64).drawing).map((path) => path.commands!))
  // Each path twice, so that every pair of commands is frequent enough to become a segment.
  const trained = await trainSegments([...paths, ...paths], { canvas: 64, size: 2000, minFrequency: 1 })
  segments = trained.vocabulary
})

/** What path data draws: lines and curves from point to point, with all control points spelled out. */
function strokes(d: string): string[] {
  const drawn: string[] = []
  let [x, y, startX, startY] = [0, 0, 0, 0]
  interface Control {
    type: string
    x: number
    y: number
  }
  let control = null as Control | null
  for (const { type, args } of parsePathData(d).segments) {
    const n = args.length
    const from = `${x} ${y}`
    const reflected = (of: string) => (control?.type === of ? [2 * x - control.x, 2 * y - control.y] : [x, y])
    if (type === 'M') {
      ;[x, y] = [startX, startY] = [args[0]!, args[1]!]
      control = null
      continue
    }
    let shape: (string | number)[]
    let next: Control | null = null
    if (type === 'C' || type === 'S') {
      const all = type === 'S' ? [...reflected('C'), ...args] : args
      next = { type: 'C', x: all[2]!, y: all[3]! }
      shape = ['C', ...all]
    } else if (type === 'Q' || type === 'T') {
      const all = type === 'T' ? [...reflected('Q'), ...args] : args
      next = { type: 'Q', x: all[0]!, y: all[1]! }
      shape = ['Q', ...all]
    } else if (type === 'A') shape = ['A', ...args]
    else if (type === 'Z') shape = ['L', startX, startY]
    else shape = ['L', type === 'V' ? x : args[0]!, type === 'H' ? y : args[n - 1]!]
    ;[x, y] = [shape.at(-2) as number, shape.at(-1) as number]
    control = next
    drawn.push(`${from}: ${shape.join(' ')}`)
  }
  return drawn
}

test('the steps of a sequence cover it, and each draws its own part of the drawing', () => {
  let drawnBySegments = 0
  fc.assert(
    fc.property(svgFiles, (svg) => {
      for (const tokenizer of [new SvgTokenizer({ canvas: 64 }), new SvgTokenizer({ segments })]) {
        const { ids, drawing } = tokenizer.tokenise(svg)
        const steps = stepsOf(tokenizer, ids)
        expect(steps.map(({ from }) => from)).toEqual([0, ...steps.slice(0, -1).map(({ to }) => to)])
        expect(steps.at(-1)!.to).toBe(ids.length)
        const apart = steps.flatMap(({ trace }) => strokes(trace))
        const whole = pathsOf(drawing).flatMap((path) => strokes(pathText(path.commands!)))
        expect(apart).toEqual(whole)
        drawnBySegments += steps.filter(({ kind }) => kind === 'segment').length
      }
    }),
    { numRuns: 200 },
  )
  expect(drawnBySegments).toBeGreaterThan(100)
})

test('steps are named as they are written', () => {
  const tokenizer = new SvgTokenizer({ canvas: 784 })
  const ids = tokenizer.encode('<svg viewBox="0 0 784 784"><path fill="#f00" d="M100 200h5"/></svg>')
  const steps = stepsOf(tokenizer, ids)
  expect(steps.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'open <svg>',
    'open <path>',
    'attributes fill="#f00"',
    'command M 100 200',
    'command h 5',
    'close </path>',
    'close </svg>',
  ])
  expect(steps[4]!.trace).toBe('M100 200h5')
  // A command without its arguments.
  expect(() => stepsOf(tokenizer, ids.slice(0, -3))).toThrow(
    expect.objectContaining({ code: 'FORMAT_INVALID' }),
  )
  expect(() => stepsOf(tokenizer, [tokenizer.vocabSize])).toThrow(
    expect.objectContaining({ code: 'ID_OUT_OF_RANGE' }),
  )
})

test('end points are rounded by half a unit at most, and the report says by how much', () => {
  const { report } = canonicalise('<svg viewBox="0 0 64 64"><path d="M0 0h10.25l0 3.5z"/></svg>', 64)
  expect(report).toMatchObject({ points: 2, errorMost: 0.5, errorSum: 0.75 })
  fc.assert(
    fc.property(svgFiles, (svg) => {
      const { clamped, errorMost, errorSum, points } = canonicalise(svg, 64).report
      expect(errorSum).toBeLessThanOrEqual(errorMost * points + 1e-9)
      if (clamped === 0) expect(errorMost).toBeLessThanOrEqual(0.5 + 1e-9)
    }),
    { numRuns: 150 },
  )
})
