// The coordinate systems that `<svg>` and `<symbol>` set up: viewBox, preserveAspectRatio, width and height.
import { times, type Matrix } from './matrix.ts'
import type { Notes } from './notes.ts'
import type { Viewport } from './shapes.ts'
import { parseLength, parseNumbers } from './values.ts'

type AttributeMap = ReadonlyMap<string, string>

interface ViewBox {
  x: number
  y: number
  width: number
  height: number
}

function viewBoxOf(attributes: AttributeMap): ViewBox | null {
  const numbers = parseNumbers(attributes.get('viewBox') ?? '', 4)
  if (numbers?.length !== 4 || !(numbers[2]! > 0 && numbers[3]! > 0)) return null
  const [x, y, width, height] = numbers as [number, number, number, number]
  return { x, y, width, height }
}

/** What browsers take when a file says nothing. */
const UNSIZED = { width: 300, height: 150 }

/** From the root's user space to the canvas: its longer side fills it, its upper left corner is the origin. */
export function canvasMatrix(
  attributes: AttributeMap,
  canvas: number,
  notes: Notes,
): { matrix: Matrix; viewport: Viewport; width: number; height: number } {
  const size = (name: string) => {
    const text = attributes.get(name)
    const length = text?.trim().endsWith('%') ? null : parseLength(text, 1)
    return length !== null && length > 0 ? length : null
  }
  let box = viewBoxOf(attributes)
  const [ownWidth, ownHeight] = [size('width'), size('height')]
  if (box) {
    if (ownWidth !== null && ownHeight !== null) {
      const uneven = Math.abs(ownWidth / ownHeight / (box.width / box.height) - 1) > 0.01
      if (uneven) notes.add('approximated', 'width and height of another proportion than the viewBox')
    }
  } else {
    if (ownWidth === null || ownHeight === null)
      notes.add('approximated', 'no viewBox and no size: 300 by 150')
    box = { x: 0, y: 0, width: ownWidth ?? UNSIZED.width, height: ownHeight ?? UNSIZED.height }
  }
  const scale = canvas / Math.max(box.width, box.height)
  const side = (length: number) => Math.min(canvas, Math.max(1, Math.round(length * scale)))
  return {
    matrix: [scale, 0, 0, scale, -box.x * scale + 0, -box.y * scale + 0],
    viewport: { width: box.width, height: box.height },
    width: side(box.width),
    height: side(box.height),
  }
}

/** Inside of a nested `<svg>` or a used `<symbol>`. */
export function viewportOf(
  attributes: AttributeMap,
  matrix: Matrix,
  outer: Viewport,
): { matrix: Matrix; viewport: Viewport } {
  const x = parseLength(attributes.get('x'), outer.width) ?? 0
  const y = parseLength(attributes.get('y'), outer.height) ?? 0
  const width = parseLength(attributes.get('width'), outer.width) ?? outer.width
  const height = parseLength(attributes.get('height'), outer.height) ?? outer.height
  const box = viewBoxOf(attributes)
  const placed = times(matrix, [1, 0, 0, 1, x, y])
  if (!box) return { matrix: placed, viewport: { width, height } }
  const aspect = attributes.get('preserveAspectRatio')?.trim() ?? ''
  const sx = width / box.width
  const sy = height / box.height
  const viewport = { width: box.width, height: box.height }
  if (aspect.startsWith('none')) {
    return { matrix: times(placed, [sx, 0, 0, sy, -box.x * sx, -box.y * sy]), viewport }
  }
  const scale = aspect.endsWith('slice') ? Math.max(sx, sy) : Math.min(sx, sy)
  const share = (letter: string, fallback: number) => {
    const found = new RegExp(`${letter}(Min|Mid|Max)`).exec(aspect)?.[1]
    return found === undefined ? fallback : { Min: 0, Mid: 0.5, Max: 1 }[found as 'Min' | 'Mid' | 'Max']
  }
  const dx = (width - box.width * scale) * share('x', 0.5) - box.x * scale
  const dy = (height - box.height * scale) * share('Y', 0.5) - box.y * scale
  return { matrix: times(placed, [scale, 0, 0, scale, dx, dy]), viewport }
}
