// Random SVG files and path data for property tests.
import * as fc from 'fast-check'
import type { Segment, SegmentType } from '../path-data.ts'
import { ARITY } from '../path-data.ts'

const coordinate = fc.oneof(
  fc.integer({ min: -40, max: 140 }),
  fc.double({ min: -40, max: 140, noNaN: true }).map((x) => Number(x.toFixed(3))),
)

const segment: fc.Arbitrary<Segment> = fc
  .constantFrom<SegmentType>('M', 'L', 'H', 'V', 'C', 'C', 'S', 'S', 'Q', 'T', 'T', 'A', 'A', 'Z')
  .chain((type): fc.Arbitrary<Segment> => {
    const n = ARITY[type]
    if (type !== 'A')
      return fc.array(coordinate, { minLength: n, maxLength: n }).map((args) => ({ type, args }))
    return fc
      .tuple(
        fc.double({ min: 0, max: 120, noNaN: true }),
        fc.double({ min: 0, max: 120, noNaN: true }),
        fc.integer({ min: -200, max: 400 }),
        fc.nat(1),
        fc.nat(1),
        coordinate,
        coordinate,
      )
      .map((args) => ({ type, args }))
  })

/** Absolute segments that begin with M. */
export const segments = fc
  .tuple(coordinate, coordinate, fc.array(segment, { maxLength: 14 }))
  .map(([x, y, rest]): Segment[] => [{ type: 'M', args: [x, y] }, ...rest])

/** Path data of absolute segments, written absolute or relative. */
export function written(list: readonly Segment[], relative: boolean): string {
  let [x, y, startX, startY] = [0, 0, 0, 0]
  return list
    .map(({ type, args }) => {
      const n = args.length
      const own = [...args]
      if (relative && type === 'H') own[0]! -= x
      else if (relative && type === 'V') own[0]! -= y
      else if (relative)
        for (let i = type === 'A' ? 5 : 0; i < n; i++) own[i]! -= (i - (type === 'A' ? 5 : 0)) % 2 ? y : x
      if (type === 'Z') [x, y] = [startX, startY]
      else if (type === 'H') x = args[0]!
      else if (type === 'V') y = args[0]!
      else [x, y] = [args[n - 2]!, args[n - 1]!]
      if (type === 'M') [startX, startY] = [x, y]
      return `${relative ? type.toLowerCase() : type}${own.join(' ')}`
    })
    .join('')
}

export const pathData = fc.tuple(segments, fc.boolean()).map(([list, relative]) => written(list, relative))

const transform = fc.option(
  fc.oneof(
    fc.constantFrom('rotate(90)', 'rotate(30 50 50)', 'scale(-1 1)', 'skewX(20)', 'matrix(1 .2 -.3 .9 4 -7)'),
    fc.tuple(coordinate, coordinate).map(([x, y]) => `translate(${x},${y}) scale(.5)`),
  ),
)
const paint = fc.record(
  {
    fill: fc.constantFrom('none', 'red', '#AABBCC', 'rgb(10, 20, 30)', 'url(#g)', 'url(#r)', 'currentColor'),
    stroke: fc.constantFrom('none', 'black', 'rgba(1,2,3,.5)', 'url(#g)'),
    'stroke-width': fc.constantFrom('0', '.001', '2', '3px', '5%'),
    'stroke-linecap': fc.constantFrom('round', 'butt', 'square'),
    'fill-rule': fc.constantFrom('evenodd', 'nonzero'),
    'stroke-dasharray': fc.constantFrom('1 2', '.0001', 'none', '3'),
    opacity: fc.constantFrom('.5', '.99999', '0', '1'),
    'fill-opacity': fc.constantFrom('.25', '.0001', '50%'),
    'clip-path': fc.constantFrom('url(#c)', 'none'),
    mask: fc.constantFrom('url(#m)', 'none', 'none'),
  },
  { requiredKeys: [] },
)

function attributes(values: Record<string, string | null | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => ` ${name}="${value}"`)
    .join('')
}

const leaf = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(pathData, paint, transform)
      .map(([d, p, t]) => `<path${attributes({ d, transform: t, ...p })}/>`),
  },
  fc
    .tuple(coordinate, coordinate, coordinate, coordinate, paint, transform)
    .map(
      ([x, y, w, h, p, t]) =>
        `<rect${attributes({ x: `${x}`, y: `${y}`, width: `${w}`, height: `${h}`, rx: '3', transform: t, ...p })}/>`,
    ),
  fc
    .tuple(coordinate, coordinate, coordinate, paint, transform)
    .map(
      ([cx, cy, r, p, t]) =>
        `<circle${attributes({ cx: `${cx}`, cy: `${cy}`, r: `${r}`, transform: t, ...p })}/>`,
    ),
  fc
    .tuple(coordinate, coordinate, paint)
    .map(([x, y, p]) => `<use href="#s" x="${x}" y="${y}"${attributes(p)}/>`),
  fc.constant('<path d="M10 10h.001" stroke="#000" stroke-linecap="round"/>'),
)
const group = fc
  .tuple(fc.array(leaf, { maxLength: 3 }), paint, transform)
  .map(([children, p, t]) => `<g${attributes({ transform: t, ...p })}>${children.join('')}</g>`)

const DEFINITIONS =
  '<linearGradient id="g" gradientUnits="userSpaceOnUse" x2="50%"><stop stop-color="red"/>' +
  '<stop offset="1" stop-opacity=".3"/></linearGradient><radialGradient id="r" href="#g" gradientUnits="objectBoundingBox"/>' +
  '<clipPath id="c"><circle cx="40" cy="40" r="30"/></clipPath><mask id="m"><rect width="70" height="60" fill="#fff"/></mask>' +
  '<path id="s" d="M0 0l20 3v20z"/>'

/** A whole file: groups, shapes, transforms, gradients, clip paths, masks, use. */
export const svgFiles = fc
  .tuple(
    fc.array(fc.oneof(leaf, group), { maxLength: 5 }),
    paint,
    fc.constantFrom('0 0 100 100', '-10 5 100 60', '0 0 24 24'),
  )
  .map(
    ([children, p, box]) =>
      `<svg viewBox="${box}"${attributes(p)}><defs>${DEFINITIONS}</defs>${children.join('')}</svg>`,
  )
