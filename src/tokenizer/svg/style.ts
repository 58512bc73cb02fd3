// Which properties a drawn element ends up with: attributes, CSS and inheritance worked out, defaults and what has
// no effect left away, so that equal drawings get equal attributes.
import { parseDeclarations, type StyleSheet } from './css.ts'
import { isSimilarity, scaleOf, type Matrix } from './matrix.ts'
import type { Notes } from './notes.ts'
import {
  localReference,
  parseColour,
  parseFraction,
  parseLength,
  parseNumbers,
  shortNumber,
} from './values.ts'
import type { XmlElement } from './xml.ts'

/** Properties that pass from an element to those inside of it. */
const INHERITED = [
  'clip-rule',
  'color',
  'fill',
  'fill-opacity',
  'fill-rule',
  'stroke',
  'stroke-dasharray',
  'stroke-dashoffset',
  'stroke-linecap',
  'stroke-linejoin',
  'stroke-miterlimit',
  'stroke-opacity',
  'stroke-width',
  'paint-order',
  'visibility',
] as const
const OWN = [
  'clip-path',
  'display',
  'filter',
  'mask',
  'opacity',
  'stop-color',
  'stop-opacity',
  'vector-effect',
] as const
/** Drawn by browsers, and not kept. */
const LOST = [
  'mix-blend-mode',
  'marker',
  'marker-start',
  'marker-mid',
  'marker-end',
  'isolation',
  'transform',
] as const

const KNOWN = new Set<string>([...INHERITED, ...OWN])
const PASSED = new Set<string>(INHERITED)

/** Property name → value as the file writes it. */
export type Properties = ReadonlyMap<string, string>

/** What an element says itself. */
export function ownProperties(element: XmlElement, sheet: StyleSheet, notes: Notes): Map<string, string> {
  const { attributes } = element
  const found = new Map<string, string>()
  const important = new Set<string>()
  for (const [name, value] of attributes) if (KNOWN.has(name)) found.set(name, value.trim())
  const levels = sheet.matching(element.name, attributes.get('id'), attributes.get('class'))
  const style = attributes.get('style')
  if (style !== undefined) levels.push(parseDeclarations(style))
  for (const declarations of levels) {
    for (const [name, declared] of declarations) {
      if (
        (LOST as readonly string[]).includes(name) &&
        declared.value !== 'none' &&
        declared.value !== 'normal'
      )
        notes.add('dropped', `CSS property ${name}`)
      if (!KNOWN.has(name) || (important.has(name) && !declared.important)) continue
      if (declared.important) important.add(name)
      found.set(name, declared.value)
    }
  }
  for (const name of LOST) {
    if (name.startsWith('marker') && (attributes.get(name) ?? 'none') !== 'none')
      notes.add('dropped', '<marker>')
  }
  return found
}

/** Properties in force inside of an element, from those of its parent. */
export function inherit(parent: Properties, own: Properties): Map<string, string> {
  const result = new Map(parent)
  for (const [name, value] of own) if (PASSED.has(name) && value !== 'inherit') result.set(name, value)
  return result
}

export interface PaintContext {
  /** From the element's user space to the canvas. */
  matrix: Matrix
  /** Diagonal of the viewport in user units, for percentages. */
  diagonal: number
  notes: Notes
  /** The canonical reference of a gradient that the file calls so; null when there is none. */
  gradient(id: string): string | null
}

export type Attributes = [name: string, value: string][]

/** A paint and its opacity in canonical form; null = nothing is painted. */
function paintOf(
  properties: Properties,
  which: 'fill' | 'stroke',
  initial: string,
  context: PaintContext,
): { paint: string; opacity: number } | null {
  const written = properties.get(which) ?? initial
  const opacity = parseFraction(properties.get(`${which}-opacity`)) ?? 1
  const visible = (paint: string, alpha: number) => {
    const total = Number(shortNumber(alpha, 3))
    return total === 0 ? null : { paint, opacity: total }
  }
  const id = localReference(written)
  if (id !== undefined) {
    const reference = id === null ? null : context.gradient(id)
    if (reference !== null) return visible(reference, opacity)
    if (id === null) context.notes.add('refused', 'external reference')
    else context.notes.add('dropped', 'paint that is no gradient of this file')
    const fallback = /\)\s*(\S.*)$/.exec(written)?.[1]
    if (fallback === undefined) return null
    return paintOf(new Map([...properties, [which, fallback]]), which, 'none', context)
  }
  if (written === 'none') return null
  let colour = parseColour(written)
  if (!colour && written !== '') context.notes.add('damaged', 'colour')
  colour ??= parseColour(initial)
  if (colour?.colour === 'currentColor' && properties.has('color')) {
    colour = parseColour(properties.get('color')!) ?? colour
  }
  if (!colour || colour.colour === 'none') return null
  return visible(colour.colour, opacity * colour.alpha)
}

/** What stands on a drawn path, without defaults; null when nothing of it is visible. */
export function paintAttributes(properties: Properties, context: PaintContext): Attributes | null {
  const { notes, matrix } = context
  const visibility = properties.get('visibility')
  if (visibility === 'hidden' || visibility === 'collapse') return null
  const fill = paintOf(properties, 'fill', 'black', context)
  const stroke = paintOf(properties, 'stroke', 'none', context)
  const result: Attributes = []
  const keyword = (name: string, initial: string, values: readonly string[]) => {
    const value = properties.get(name)
    if (value !== undefined && value !== initial && values.includes(value)) result.push([name, value])
  }
  if (!fill) result.push(['fill', 'none'])
  else {
    if (fill.paint !== '#000') result.push(['fill', fill.paint])
    if (fill.opacity < 1) result.push(['fill-opacity', String(fill.opacity)])
    keyword('fill-rule', 'nonzero', ['evenodd'])
  }
  const scale = scaleOf(matrix)
  const unscaled = properties.get('vector-effect') === 'non-scaling-stroke'
  const length = (name: string, initial: number) =>
    (parseLength(properties.get(name), context.diagonal) ?? initial) * (unscaled ? 1 : scale)
  const width = stroke ? length('stroke-width', 1) : 0
  const isStroked = stroke !== null && Number(shortNumber(width)) > 0
  if (isStroked) {
    if (!isSimilarity(matrix)) notes.add('approximated', 'stroke under an uneven transform')
    if (unscaled) notes.add('approximated', 'non-scaling stroke')
    result.push(['stroke', stroke.paint])
    const dashes = parseNumbers(properties.get('stroke-dasharray') ?? '', 64)?.map((dash) =>
      shortNumber(dash * (unscaled ? 1 : scale)),
    )
    if (dashes?.every((dash) => Number(dash) >= 0) && dashes.some((dash) => dash !== '0')) {
      result.push(['stroke-dasharray', dashes.join(' ')])
      const offset = shortNumber(length('stroke-dashoffset', 0))
      if (offset !== '0') result.push(['stroke-dashoffset', offset])
    }
    keyword('stroke-linecap', 'butt', ['round', 'square'])
    keyword('stroke-linejoin', 'miter', ['round', 'bevel', 'arcs', 'miter-clip'])
    const miter = parseLength(properties.get('stroke-miterlimit'), 1)
    if (
      miter !== null &&
      miter >= 1 &&
      shortNumber(miter) !== '4' &&
      !result.some(([name]) => name === 'stroke-linejoin')
    ) {
      result.push(['stroke-miterlimit', shortNumber(miter)])
    }
    if (stroke.opacity < 1) result.push(['stroke-opacity', String(stroke.opacity)])
    if (shortNumber(width) !== '1') result.push(['stroke-width', shortNumber(width)])
    if (fill && properties.get('paint-order')?.startsWith('stroke')) result.push(['paint-order', 'stroke'])
  }
  return fill || isStroked ? result : null
}

/** Whether a line without length draws a dot. */
export function drawsDots(attributes: Attributes): boolean {
  return attributes.some(([name]) => name === 'stroke-linecap')
}
