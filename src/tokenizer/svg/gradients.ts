// Gradients of a file in canonical form: what they take over by `href` worked in, and brought to canvas units
// where they are given in user space. A drawing may need one gradient several times, under different transforms.
import { type SvgDocument, referenceOf } from './document.ts'
import { apply } from './arcs.ts'
import { MAX_REFERENCES } from './limits.ts'
import {
  IDENTITY,
  isIdentity,
  isSimilarity,
  keepsAxes,
  parseTransform,
  scaleOf,
  times,
  type Matrix,
} from './matrix.ts'
import type { Notes } from './notes.ts'
import type { SceneNode } from './scene-node.ts'
import { diagonalOf, type Viewport } from './shapes.ts'
import { type Attributes, ownProperties } from './style.ts'
import { parseColour, parseFraction, parseLength, shortNumber } from './values.ts'
import type { XmlElement } from './xml.ts'

export function isGradient(element: XmlElement): boolean {
  return element.name === 'linearGradient' || element.name === 'radialGradient'
}

/** Whether it is given in the user space of what it paints, not in fractions of its box. */
export function inUserSpace(element: XmlElement, document: SvgDocument): boolean {
  return inherited(chainOf(element, document), 'gradientUnits') === 'userSpaceOnUse'
}

/** The gradient and those that it takes attributes and stops from, nearest first. */
function chainOf(element: XmlElement, document: SvgDocument): XmlElement[] {
  const chain = [element]
  for (
    let next = referenceOf(element, document);
    next && isGradient(next);
    next = referenceOf(next, document)
  ) {
    if (chain.includes(next) || chain.length >= MAX_REFERENCES) break
    chain.push(next)
  }
  return chain
}

function inherited(chain: readonly XmlElement[], name: string): string | undefined {
  for (const { attributes } of chain) if (attributes.has(name)) return attributes.get(name)
  return undefined
}

/** `matrix`: from the user space of what is painted to the canvas. */
export function gradientNode(
  element: XmlElement,
  document: SvgDocument,
  matrix: Matrix,
  viewport: Viewport,
  notes: Notes,
): SceneNode {
  const chain = chainOf(element, document)
  const linear = element.name === 'linearGradient'
  const userSpace = inUserSpace(element, document)
  if (!userSpace && !keepsAxes(matrix)) notes.add('approximated', 'gradient across a turned box')
  const own = parseTransform(inherited(chain, 'gradientTransform') ?? '') ?? IDENTITY
  const transform = rounded(userSpace ? times(matrix, own) : own)
  const box = userSpace ? viewport : { width: 1, height: 1 }
  const length = (name: string, whole: number, initial: number) =>
    parseLength(inherited(chain, name), whole) ?? initial
  const points: [string, number, string, number][] = []
  let r = 0
  if (linear) {
    points.push(['x1', length('x1', box.width, 0), 'y1', length('y1', box.height, 0)])
    points.push(['x2', length('x2', box.width, box.width), 'y2', length('y2', box.height, 0)])
  } else {
    const cx = length('cx', box.width, box.width / 2)
    const cy = length('cy', box.height, box.height / 2)
    r = length('r', diagonalOf(box), diagonalOf(box) / 2)
    points.push(['cx', cx, 'cy', cy])
    const [fx, fy] = [length('fx', box.width, cx), length('fy', box.height, cy)]
    if (fx !== cx || fy !== cy) points.push(['fx', fx, 'fy', fy])
  }
  const attributes: Attributes = []
  const baked = userSpace && isSimilarity(transform)
  const initial: Record<string, string> = userSpace
    ? {}
    : { x1: '0', y1: '0', x2: '1', y2: '0', cx: '0.5', cy: '0.5', r: '0.5' }
  const add = (name: string, value: number) => {
    const text = shortNumber(value, baked ? 2 : 4)
    if (text !== initial[name]) attributes.push([name, text])
  }
  for (const [xName, x, yName, y] of points) {
    const [toX, toY] = baked ? apply(transform, x, y) : [x, y]
    add(xName, toX)
    add(yName, toY)
  }
  if (!linear) add('r', baked ? r * scaleOf(transform) : r)
  if (userSpace) attributes.push(['gradientUnits', 'userSpaceOnUse'])
  if (!baked && !isIdentity(transform)) {
    attributes.push(['gradientTransform', `matrix(${transform.map((n) => shortNumber(n, 4)).join(' ')})`])
  }
  const spread = inherited(chain, 'spreadMethod')
  if (spread === 'reflect' || spread === 'repeat') attributes.push(['spreadMethod', spread])

  const source = chain.find((one) => one.children.some((child) => child.name === 'stop'))
  const stops = (source?.children ?? []).filter((child) => child.name === 'stop')
  const children = stops.map((stop): SceneNode => {
    const properties = ownProperties(stop, document.sheet, notes)
    const colour = parseColour(properties.get('stop-color') ?? 'black') ?? { colour: '#000', alpha: 1 }
    const alpha = colour.colour === 'none' ? 0 : colour.alpha
    const opacity = shortNumber((parseFraction(properties.get('stop-opacity')) ?? 1) * alpha, 3)
    const own: Attributes = [['offset', shortNumber(parseFraction(stop.attributes.get('offset')) ?? 0, 3)]]
    if (alpha > 0 && colour.colour !== '#000') own.push(['stop-color', colour.colour])
    if (opacity !== '1') own.push(['stop-opacity', opacity])
    return { name: 'stop', attributes: own, segments: null, dots: false, children: [] }
  })
  return {
    name: linear ? 'linearGradient' : 'radialGradient',
    attributes,
    segments: null,
    dots: false,
    children,
  }
}

const rounded = (m: Matrix) => m.map((n) => Number(shortNumber(n, 4))) as unknown as Matrix
