// The box that a mask is cut to, in canvas units. By default it is given in fractions of what is masked, a tenth larger
// on each side, and stays so; in user space it is moved with the transform.
import { apply } from './arcs.ts'
import { keepsAxes, type Matrix } from './matrix.ts'
import type { Notes } from './notes.ts'
import type { Viewport } from './shapes.ts'
import type { Attributes } from './style.ts'
import { parseLength, shortNumber } from './values.ts'
import type { XmlElement } from './xml.ts'

/** Attributes of a `<mask>` for something that is drawn under this matrix. */
export function maskBox(
  { attributes }: XmlElement,
  matrix: Matrix,
  viewport: Viewport,
  notes: Notes,
): Attributes {
  const result: Attributes = []
  if (attributes.get('mask-type') === 'alpha') result.push(['mask-type', 'alpha'])
  if (attributes.get('maskUnits') !== 'userSpaceOnUse') {
    for (const [name, initial] of [
      ['x', -0.1],
      ['y', -0.1],
      ['width', 1.2],
      ['height', 1.2],
    ] as const) {
      const value = parseLength(attributes.get(name), 1)
      if (value !== null && value !== initial) result.push([name, shortNumber(value, 4)])
    }
    return result
  }
  if (!keepsAxes(matrix)) {
    notes.add('approximated', 'mask with a turned box')
    return [...result, ['x', '-10'], ['y', '-10'], ['width', '20'], ['height', '20']]
  }
  const length = (name: string, whole: number, initial: number) =>
    parseLength(attributes.get(name), whole) ?? initial * whole
  const { width, height } = viewport
  const [x, y] = [length('x', width, -0.1), length('y', height, -0.1)]
  const [left, top] = apply(matrix, x, y)
  const [right, bottom] = apply(matrix, x + length('width', width, 1.2), y + length('height', height, 1.2))
  return [
    ...result,
    ['maskUnits', 'userSpaceOnUse'],
    ['x', shortNumber(Math.min(left, right))],
    ['y', shortNumber(Math.min(top, bottom))],
    ['width', shortNumber(Math.abs(right - left))],
    ['height', shortNumber(Math.abs(bottom - top))],
  ]
}
