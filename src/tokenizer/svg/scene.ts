// A real-world SVG as plain paths in canvas units (HiVG, section A steps 1 to 3): `<use>` expanded first, then all
// transforms baked in, shapes as paths, CSS and inheritance resolved to attributes, the viewBox moved to the
// canvas. Coordinates are still exact here; rounding comes after, once, on absolute positions.
import { TesseraError } from '../../core/index.ts'
import { Definitions } from './definitions.ts'
import { readDocument, referenceOf, type SvgDocument } from './document.ts'
import { gradientNode, inUserSpace, isGradient } from './gradients.ts'
import { BY_REFERENCE, CONTAINERS, LOST, SILENT } from './element-kinds.ts'
import { MAX_COMMANDS, MAX_ELEMENTS, MAX_REFERENCES } from './limits.ts'
import { maskBox } from './mask-box.ts'
import { IDENTITY, keepsAxes, parseTransform, times, type Matrix } from './matrix.ts'
import type { Notes } from './notes.ts'
import { parsePathData, type Segment } from './path-data.ts'
import type { Scene, SceneNode } from './scene-node.ts'
import { diagonalOf, shapeSegments, SHAPES, type Viewport } from './shapes.ts'
import {
  type Attributes,
  drawsDots,
  inherit,
  ownProperties,
  paintAttributes,
  type Properties,
} from './style.ts'
import { localReference, parseFraction, parseLength, shortNumber } from './values.ts'
import { transformed } from './transform-path.ts'
import { canvasMatrix, viewportOf } from './viewport.ts'
import type { XmlElement } from './xml.ts'

interface Context {
  matrix: Matrix
  /** In force by inheritance. */
  properties: Properties
  viewport: Viewport
  /** `<use>` and paint servers passed on the way here. */
  references: number
  mode: 'paint' | 'clip'
}

/** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED, FILE_TOO_LARGE. */
export function readScene(text: string, canvas: number, notes: Notes): Scene {
  const document = readDocument(text, notes)
  const { matrix, viewport, width, height } = canvasMatrix(document.root.attributes, canvas, notes)
  if (document.root.attributes.has('transform')) notes.add('dropped', 'transform of the root')
  const reader = new SceneReader(document, notes)
  const context: Context = { matrix, properties: new Map(), viewport, references: 0, mode: 'paint' }
  return {
    canvas,
    width,
    height,
    nodes: reader.container(document.root, context),
    definitions: reader.definitions.nodes,
  }
}

class SceneReader {
  readonly definitions = new Definitions()
  private readonly document: SvgDocument
  private readonly notes: Notes
  private elements = 0
  private commands = 0

  constructor(document: SvgDocument, notes: Notes) {
    this.document = document
    this.notes = notes
  }

  /** What an element draws; nothing for one that is not drawn. */
  private element(element: XmlElement, context: Context): SceneNode[] {
    if (++this.elements > MAX_ELEMENTS) {
      throw new TesseraError('FILE_TOO_LARGE', `<use> expands to more than ${MAX_ELEMENTS} elements`)
    }
    const { name } = element
    const { notes } = this
    if (CONTAINERS.has(name)) return this.container(element, this.entered(element, context))
    if (name === 'use') return this.use(element, context)
    if (name === 'path' || SHAPES.has(name)) return this.shape(element, context)
    if (SILENT.has(name) || BY_REFERENCE.has(name)) return []
    if (LOST.has(name)) notes.add('dropped', `<${name}>`)
    else if (name.includes(':')) notes.add('dropped', 'element of another namespace')
    else {
      notes.add('dropped', 'unknown element (its children are kept)')
      return this.container(element, this.entered(element, context))
    }
    return []
  }

  /** The context inside of an element: with its own transform. */
  private entered(element: XmlElement, context: Context): Context {
    const own = element.attributes.get('transform')
    let { matrix, viewport } = context
    if (own !== undefined) {
      const parsed = parseTransform(own)
      if (!parsed) this.notes.add('damaged', 'transform')
      else matrix = times(matrix, parsed)
      if (element.attributes.has('transform-origin')) this.notes.add('dropped', 'transform-origin')
    }
    if (element.name === 'svg') ({ matrix, viewport } = viewportOf(element.attributes, matrix, viewport))
    return { ...context, matrix, viewport }
  }

  /** Children of an element, in a group where it has effects of its own. */
  container(element: XmlElement, context: Context): SceneNode[] {
    const own = ownProperties(element, this.document.sheet, this.notes)
    if (own.get('display') === 'none') return []
    const inner = { ...context, properties: inherit(context.properties, own) }
    const effects = this.effects(own, context)
    if (!effects) return []
    const children: SceneNode[] = []
    for (const child of element.children) {
      const drawn = this.element(child, inner)
      for (const node of drawn) children.push(node)
      // Of a <switch>, the first alternative that can be drawn.
      if (element.name === 'switch' && drawn.length > 0) break
    }
    return grouped(children, effects)
  }

  private use(element: XmlElement, context: Context): SceneNode[] {
    const target = referenceOf(element, this.document)
    if (!target) {
      this.notes.add('damaged', '<use> of nothing in this file')
      return []
    }
    if (context.references >= MAX_REFERENCES) {
      this.notes.add('damaged', `<use> more than ${MAX_REFERENCES} deep, or of itself`)
      return []
    }
    const own = ownProperties(element, this.document.sheet, this.notes)
    if (own.get('display') === 'none') return []
    let { matrix, viewport } = this.entered(element, context)
    const { attributes } = element
    const x = parseLength(attributes.get('x'), viewport.width) ?? 0
    const y = parseLength(attributes.get('y'), viewport.height) ?? 0
    if (x !== 0 || y !== 0) matrix = times(matrix, [1, 0, 0, 1, x, y])
    const effects = this.effects(own, { ...context, matrix })
    if (!effects) return []
    const inner: Context = {
      ...context,
      matrix,
      properties: inherit(context.properties, own),
      references: context.references + 1,
    }
    if (target.name !== 'symbol' && target.name !== 'svg')
      return grouped(this.element(target, inner), effects)
    const sized = new Map(target.attributes)
    for (const side of ['width', 'height']) {
      if (attributes.has(side)) sized.set(side, attributes.get(side)!)
    }
    ;({ matrix, viewport } = viewportOf(sized, matrix, viewport))
    return grouped(this.container(target, { ...inner, matrix, viewport }), effects)
  }

  private shape(element: XmlElement, context: Context): SceneNode[] {
    const { notes } = this
    const own = ownProperties(element, this.document.sheet, notes)
    if (own.get('display') === 'none') return []
    const inner = this.entered(element, context)
    const properties = new Map(inherit(context.properties, own))
    if (own.has('vector-effect')) properties.set('vector-effect', own.get('vector-effect')!)
    const segments = this.segments(element, inner)
    if (segments.length === 0) return []
    if (context.mode === 'clip') {
      if ((own.get('clip-path') ?? 'none') !== 'none') notes.add('dropped', 'clip path inside of a clip path')
      const rule: Attributes = properties.get('clip-rule') === 'evenodd' ? [['clip-rule', 'evenodd']] : []
      return [{ name: 'path', attributes: rule, segments, dots: false, children: [] }]
    }
    const attributes = paintAttributes(properties, {
      matrix: inner.matrix,
      diagonal: diagonalOf(inner.viewport),
      notes,
      gradient: (id) => this.gradient(id, inner),
    })
    const effects = this.effects(own, inner)
    if (!attributes || !effects) return []
    return [
      {
        name: 'path',
        attributes: [...attributes, ...effects],
        segments,
        dots: drawsDots(attributes),
        children: [],
      },
    ]
  }

  /** Path or shape, absolute, in canvas units. */
  private segments(element: XmlElement, { matrix, viewport }: Context): Segment[] {
    let segments: Segment[]
    if (element.name === 'path') {
      const d = element.attributes.get('d') ?? ''
      const parsed = d.trim() === 'none' ? { segments: [], brokenAt: null } : parsePathData(d, MAX_COMMANDS)
      if (parsed.brokenAt !== null) this.notes.add('damaged', 'path data (drawn up to the mistake)')
      segments = parsed.segments
    } else segments = shapeSegments(element.name, element.attributes, viewport, this.notes)
    this.commands += segments.length
    if (this.commands > MAX_COMMANDS) {
      throw new TesseraError('FILE_TOO_LARGE', `The drawing has more than ${MAX_COMMANDS} path commands`)
    }
    return transformed(segments, matrix)
  }

  /** Attributes of an element's own effects (opacity, clip path, mask); null when they leave nothing to see. */
  private effects(own: Properties, context: Context): Attributes | null {
    const { notes } = this
    if (context.mode === 'clip') return []
    const result: Attributes = []
    const opacity = shortNumber(parseFraction(own.get('opacity')) ?? 1, 3)
    if (opacity === '0') return null
    if (opacity !== '1') result.push(['opacity', opacity])
    if ((own.get('filter') ?? 'none') !== 'none') notes.add('dropped', '<filter>')
    for (const name of ['clip-path', 'mask'] as const) {
      const value = own.get(name) ?? 'none'
      const id = localReference(value)
      if (value === 'none') continue
      if (!id) {
        if (id === null) notes.add('refused', 'external reference')
        else notes.add('dropped', `${name} that is no reference`)
        continue
      }
      const target = this.document.byId.get(id)
      // A reference to nothing: as if there were none.
      if (!target || target.name !== (name === 'mask' ? 'mask' : 'clipPath')) continue
      if (context.references >= MAX_REFERENCES) {
        notes.add('damaged', `${name} more than ${MAX_REFERENCES} deep, or of itself`)
        continue
      }
      const units = target.attributes.get(name === 'mask' ? 'maskContentUnits' : 'clipPathUnits')
      if (units === 'objectBoundingBox') {
        notes.add('dropped', `<${target.name}> in units of a box`)
        continue
      }
      result.push([
        name,
        this.definitions.reference(target, context.matrix, context.viewport, () =>
          this.region(target, context),
        ),
      ])
    }
    return result
  }

  /** `<clipPath>` or `<mask>` for something that is drawn under this matrix. */
  private region(target: XmlElement, context: Context): SceneNode {
    // Its content inherits from where it stands, not from what it is applied to.
    const inner: Context = {
      matrix: context.matrix,
      viewport: context.viewport,
      properties: this.inheritedAt(target),
      references: context.references + 1,
      mode: target.name === 'mask' ? 'paint' : 'clip',
    }
    if (target.name === 'clipPath') {
      const entered = this.entered(target, inner)
      const drawn = target.children.filter(
        ({ name }) => name === 'use' || name === 'path' || SHAPES.has(name),
      )
      if (target.attributes.has('clip-path')) this.notes.add('dropped', 'clip path inside of a clip path')
      const children = drawn.flatMap((child) => this.element(child, entered))
      return { name: 'clipPath', attributes: [], segments: null, dots: false, children }
    }
    const children = target.children.flatMap((child) => this.element(child, inner))
    return {
      name: 'mask',
      attributes: maskBox(target, context.matrix, context.viewport, this.notes),
      segments: null,
      dots: false,
      children,
    }
  }

  /** Properties that reach an element from its ancestors in the file, its own among them. */
  private inheritedAt(element: XmlElement): Properties {
    const chain: XmlElement[] = []
    for (let one: XmlElement | undefined = element; one; one = this.document.parents.get(one)) chain.push(one)
    let properties: Properties = new Map()
    for (const one of chain.reverse()) {
      properties = inherit(properties, ownProperties(one, this.document.sheet, this.notes))
    }
    return properties
  }

  private gradient(id: string, context: Context): string | null {
    const element = this.document.byId.get(id)
    if (!element || !isGradient(element)) return null
    const matrix =
      inUserSpace(element, this.document) || !keepsAxes(context.matrix) ? context.matrix : IDENTITY
    return this.definitions.reference(element, matrix, context.viewport, () =>
      gradientNode(element, this.document, matrix, context.viewport, this.notes),
    )
  }
}

/** In a group of its own where there are effects; on the path itself where it is the only one. */
function grouped(children: SceneNode[], effects: Attributes): SceneNode[] {
  if (effects.length === 0 || children.length === 0) return children
  return [{ name: 'g', attributes: effects, segments: null, dots: false, children }]
}
