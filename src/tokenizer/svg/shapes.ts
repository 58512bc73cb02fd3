// Basic shapes as path segments in user space, in the order in which SVG 2 draws them (section 10), so that dashes
// begin at the same point.
import { MAX_COMMANDS } from './limits.ts'
import type { Notes } from './notes.ts'
import { parsePathData, type Segment } from './path-data.ts'
import { parseLength } from './values.ts'

export interface Viewport {
  width: number
  height: number
}

export const SHAPES: ReadonlySet<string> = new Set([
  'rect',
  'circle',
  'ellipse',
  'line',
  'polyline',
  'polygon',
])

/** Percentages of lengths that are neither horizontal nor vertical are of this. */
export const diagonalOf = ({ width, height }: Viewport) => Math.sqrt((width * width + height * height) / 2)

/** Empty when the shape draws nothing. */
export function shapeSegments(
  name: string,
  attributes: ReadonlyMap<string, string>,
  viewport: Viewport,
  notes: Notes,
): Segment[] {
  const x = (key: string) => parseLength(attributes.get(key), viewport.width)
  const y = (key: string) => parseLength(attributes.get(key), viewport.height)
  switch (name) {
    case 'rect':
      return rect(x('x') ?? 0, y('y') ?? 0, x('width') ?? 0, y('height') ?? 0, x('rx'), y('ry'))
    case 'circle': {
      const r = parseLength(attributes.get('r'), diagonalOf(viewport)) ?? 0
      return ellipse(x('cx') ?? 0, y('cy') ?? 0, r, r)
    }
    case 'ellipse': {
      const rx = x('rx')
      const ry = y('ry')
      return ellipse(x('cx') ?? 0, y('cy') ?? 0, rx ?? ry ?? 0, ry ?? rx ?? 0)
    }
    case 'line':
      return [
        { type: 'M', args: [x('x1') ?? 0, y('y1') ?? 0] },
        { type: 'L', args: [x('x2') ?? 0, y('y2') ?? 0] },
      ]
    default: {
      // Points are written like the pairs after an M, with all their freedoms.
      const { segments, brokenAt } = parsePathData(`M${attributes.get('points') ?? ''}`, MAX_COMMANDS)
      if (brokenAt !== null && (attributes.get('points') ?? '').trim() !== '') notes.add('damaged', 'points')
      if (segments.length > 0 && name === 'polygon') segments.push({ type: 'Z', args: [] })
      return segments
    }
  }
}

function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  rx: number | null,
  ry: number | null,
): Segment[] {
  if (!(width > 0 && height > 0)) return []
  const radius = (own: number | null, other: number | null, side: number) =>
    Math.min(Math.max(own !== null && own >= 0 ? own : other !== null && other >= 0 ? other : 0, 0), side / 2)
  const a = radius(rx, ry, width)
  const b = radius(ry, rx, height)
  const [right, bottom] = [x + width, y + height]
  if (a === 0 || b === 0) {
    return [
      { type: 'M', args: [x, y] },
      { type: 'H', args: [right] },
      { type: 'V', args: [bottom] },
      { type: 'H', args: [x] },
      { type: 'Z', args: [] },
    ]
  }
  const arc = (toX: number, toY: number): Segment => ({ type: 'A', args: [a, b, 0, 0, 1, toX, toY] })
  return [
    { type: 'M', args: [x + a, y] },
    { type: 'H', args: [right - a] },
    arc(right, y + b),
    { type: 'V', args: [bottom - b] },
    arc(right - a, bottom),
    { type: 'H', args: [x + a] },
    arc(x, bottom - b),
    { type: 'V', args: [y + b] },
    arc(x + a, y),
    { type: 'Z', args: [] },
  ]
}

function ellipse(cx: number, cy: number, rx: number, ry: number): Segment[] {
  if (!(rx > 0 && ry > 0)) return []
  return [
    { type: 'M', args: [cx + rx, cy] },
    { type: 'A', args: [rx, ry, 0, 0, 1, cx - rx, cy] },
    { type: 'A', args: [rx, ry, 0, 0, 1, cx + rx, cy] },
    { type: 'Z', args: [] },
  ]
}
