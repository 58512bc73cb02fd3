// From a file to the canonical drawing: the scene rounded path by path, what became invisible left away, references
// renamed in the order of their use, and attributes that all children share written once on their parent. Doing it
// again to the result changes nothing.
import type { Drawing, DrawingNode } from './drawing.ts'
import { type SvgNote, Notes } from './notes.ts'
import { noCounts, quantise, type QuantiseCounts } from './quantise.ts'
import { readScene } from './scene.ts'
import type { Scene, SceneNode } from './scene-node.ts'
import type { Attributes } from './style.ts'
import { svgText } from './xml.ts'

export interface CanonicalReport extends QuantiseCounts {
  notes: SvgNote[]
}

export interface Canonical {
  drawing: Drawing
  report: CanonicalReport
}

/**
 * Reads an SVG file (untrusted) for a canvas. Throws FORMAT_INVALID (malformed XML), FORMAT_UNSUPPORTED (no SVG),
 * FILE_TOO_LARGE, TEXT_NOT_UTF8.
 */
export function canonicalise(svg: string | Uint8Array, canvas: number): Canonical {
  const notes = new Notes()
  const scene = readScene(typeof svg === 'string' ? svg : svgText(svg), canvas, notes)
  const counts = noCounts()
  return { drawing: drawingOf(scene, counts), report: { ...counts, notes: notes.list() } }
}

/** Effects of an element itself; all other attributes pass on to its children. */
const EFFECTS = new Set(['opacity', 'clip-path', 'mask'])

interface Node {
  name: DrawingNode['name']
  attributes: Attributes
  commands: DrawingNode['commands']
  children: Node[]
}

export function drawingOf(scene: Scene, counts: QuantiseCounts): Drawing {
  const { canvas, width, height } = scene
  const round = (node: SceneNode): Node | null => {
    const attributes: Attributes = node.attributes.map(([name, value]) => [name, value])
    if (node.segments) {
      const commands = quantise(node.segments, { canvas, dots: node.dots }, counts)
      return commands.length === 0 ? null : { name: node.name, attributes, commands, children: [] }
    }
    const children = node.children.map(round).filter((child) => child !== null)
    if (node.name !== 'g') return { name: node.name, attributes, commands: null, children }
    if (children.length === 0) return null
    // A group of one path: its effects do the same on the path.
    const [only] = children
    if (
      children.length === 1 &&
      only!.name === 'path' &&
      !only!.attributes.some(([name]) => EFFECTS.has(name))
    ) {
      return { ...only!, attributes: [...only!.attributes, ...attributes] }
    }
    return { name: 'g', attributes, commands: null, children }
  }
  const drawn = scene.nodes.map(round).filter((node) => node !== null)
  const { children, definitions } = named(drawn, scene, round)
  const root: Node = { name: 'svg', attributes: [], commands: null, children }
  // A mask stands inside of the root and would inherit from it what is meant for others.
  hoist(root, !definitions.some(({ name }) => name === 'mask'))
  for (const definition of definitions) if (definition.name === 'mask') hoist(definition, true)
  if (definitions.length > 0) {
    root.children.unshift({ name: 'defs', attributes: [], commands: null, children: definitions })
  }
  sortAttributes(root)
  return { canvas, width, height, root }
}

/** Gives definitions the names a, b, … in the order in which they are first used; unused ones are left away. */
function named(
  drawn: Node[],
  scene: Scene,
  round: (node: SceneNode) => Node | null,
): { children: Node[]; definitions: Node[] } {
  const definitions: Node[] = []
  const names = new Map<string, string>()
  const visit = (node: Node): void => {
    for (const attribute of node.attributes) {
      const key = /^url\(#(\d+)\)$/.exec(attribute[1])?.[1]
      if (key === undefined) continue
      let name = names.get(key)
      if (name === undefined) {
        const source = scene.definitions.get(key)
        const made = source && round(source)
        name = letters(names.size)
        names.set(key, name)
        if (made) {
          definitions.push(made)
          visit(made)
          made.attributes.push(['id', name])
        }
      }
      attribute[1] = `url(#${name})`
    }
    node.children.forEach(visit)
  }
  drawn.forEach(visit)
  return { children: drawn, definitions }
}

/** a … z, aa, ab, … */
function letters(n: number): string {
  const last = String.fromCharCode(97 + (n % 26))
  return n < 26 ? last : letters(Math.floor(n / 26) - 1) + last
}

/** Moves attributes that two or more children share, and no child lacks, to their parent. */
function hoist(node: Node, here: boolean): void {
  for (const child of node.children) if (child.name === 'g') hoist(child, true)
  const { children } = node
  if (!here || children.length < 2) return
  const [first, ...others] = children
  const shared = first!.attributes.filter(
    ([name, value]) =>
      !EFFECTS.has(name) &&
      others.every(({ attributes }) => attributes.some((one) => one[0] === name && one[1] === value)),
  )
  if (shared.length === 0) return
  const moved = new Set(shared.map(([name]) => name))
  for (const child of children) child.attributes = child.attributes.filter(([name]) => !moved.has(name))
  node.attributes.push(...shared)
}

function sortAttributes(node: Node): void {
  node.attributes.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  node.children.forEach(sortAttributes)
}
