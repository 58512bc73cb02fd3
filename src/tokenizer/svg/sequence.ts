// A drawing as one sequence of atomic and text ids, and back. An element is its opening token, its attributes as
// text, then its commands or children, then its closing token. What comes back may have been written by a model:
// it is checked token by token, and only attributes that a canonical drawing has are taken, so that no decoded
// file can carry a script or a link.
import { TesseraError } from '../../core/index.ts'
import { attributeText, type Command, type Drawing, type DrawingNode } from './drawing.ts'
import { ARGUMENTS, type ElementName, type SvgLayout } from './layout.ts'
import type { TextBase } from './text-base.ts'

/** Elements of a canonical drawing. */
const WRITTEN = new Set<ElementName>([
  'svg',
  'g',
  'path',
  'defs',
  'clipPath',
  'mask',
  'linearGradient',
  'radialGradient',
  'stop',
])
const ATTRIBUTES = new Set(
  (
    'clip-path clip-rule cx cy fill fill-opacity fill-rule fx fy gradientTransform gradientUnits height id mask ' +
    'mask-type maskUnits offset opacity paint-order r spreadMethod stop-color stop-opacity stroke stroke-dasharray ' +
    'stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity stroke-width viewBox width ' +
    'x x1 x2 y y1 y2'
  ).split(' '),
)
const MAX_NESTING = 64

/** Writes the ids of a drawing: atomic ids are given as `base.size + atom`. */
export function writeSequence(drawing: Drawing, layout: SvgLayout, base: TextBase): number[] {
  const ids: number[] = []
  const first = base.size
  const visit = (node: DrawingNode, attributes: DrawingNode['attributes']) => {
    ids.push(first + layout.open(node.name))
    const text = attributeText(attributes)
    if (text !== '') {
      const encoded = base.encode(text)
      for (let i = 0; i < encoded.length; i++) ids.push(encoded[i]!)
    }
    for (const command of node.commands ?? []) {
      const kinds = ARGUMENTS.get(command.letter)!
      ids.push(first + layout.command(command.letter))
      for (let i = 0; i < kinds.length; i++) ids.push(first + layout.argument(kinds[i]!, command.args[i]!))
    }
    for (const child of node.children) visit(child, child.attributes)
    ids.push(first + layout.close(node.name))
  }
  const { root, width, height, canvas } = drawing
  // A square viewBox is the canvas itself and goes without saying.
  const square = width === canvas && height === canvas
  visit(root, square ? root.attributes : [['viewBox', `0 0 ${width} ${height}`], ...root.attributes])
  return ids
}

interface OpenNode {
  name: ElementName
  attributes: [string, string][]
  commands: Command[] | null
  children: DrawingNode[]
  /** Attributes may still come. */
  fresh: boolean
}

export interface ReadSequence {
  drawing: Drawing
  /** What was wrong, and left out; empty for a sequence that `writeSequence` made. */
  problems: string[]
}

/**
 * Reads ids without segments. `strict`: the first problem is thrown as FORMAT_INVALID; otherwise broken parts are
 * left out, open elements are closed, and the problems are listed. Throws ID_OUT_OF_RANGE.
 */
export function readSequence(
  ids: ArrayLike<number>,
  layout: SvgLayout,
  base: TextBase,
  strict: boolean,
): ReadSequence {
  const problems: string[] = []
  const problem = (at: number, what: string) => {
    if (strict) {
      throw new TesseraError('FORMAT_INVALID', what, {
        where: `ids[${at}]`,
        hint: 'The ids are no whole drawing of this vocabulary; a lenient decoding keeps what can be read',
      })
    }
    if (problems.length < 100) problems.push(`ids[${at}]: ${what}`)
  }
  const first = base.size
  const stack: OpenNode[] = []
  let root: OpenNode | null = null
  let at = 0
  const close = () => {
    const { name, attributes, commands, children } = stack.pop()!
    stack.at(-1)?.children.push({ name, attributes, commands, children })
  }
  while (at < ids.length) {
    const id = ids[at]!
    const top = stack.at(-1)
    if (id < first) {
      const from = at
      while (at < ids.length && ids[at]! < first) at++
      if (!top?.fresh) problem(from, 'Text where no attributes can stand')
      else {
        top.fresh = false
        const text = base.decode(Array.from({ length: at - from }, (_, i) => ids[from + i]!))
        readAttributes(text, top.attributes, (what) => problem(from, what))
      }
      continue
    }
    const atom = id - first
    if (atom >= layout.size) {
      throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, { where: `ids[${at}]` })
    }
    const element = layout.elementOf(atom)
    if (element && !element.closes) {
      if (!top && (root || element.name !== 'svg'))
        problem(at, root ? 'More than one drawing' : 'Not begun with <svg>')
      else if (top && (element.name === 'svg' || top.commands))
        problem(at, `<${element.name}> inside of <${top.name}>`)
      else if (!WRITTEN.has(element.name)) problem(at, `<${element.name}> is never written`)
      else if (stack.length >= MAX_NESTING) problem(at, 'Elements nested too deep')
      else {
        if (top) top.fresh = false
        const commands = element.name === 'path' ? [] : null
        const node = { name: element.name, attributes: [], commands, children: [], fresh: true }
        root ??= node
        stack.push(node)
      }
      at++
    } else if (element) {
      if (top?.name !== element.name) problem(at, `</${element.name}> closes nothing that is open`)
      else close()
      at++
    } else at = readCommand(at, top)
  }
  if (!root) {
    problem(at, 'There is no drawing')
    root = { name: 'svg', attributes: [], commands: null, children: [], fresh: false }
  } else if (stack.length > 0) {
    problem(at, `<${stack.at(-1)!.name}> is not closed`)
    while (stack.length > 0) close()
  }
  return { drawing: withSize(root, layout.canvas, problem, at), problems }

  function readCommand(from: number, node: OpenNode | undefined): number {
    const letter = layout.letterOf(ids[from]! - first)
    const kinds = letter === '' ? undefined : ARGUMENTS.get(letter)
    let here = from + 1
    if (!kinds) {
      problem(from, letter === '' ? 'A coordinate without a command' : `cmd_${letter} is never written`)
      return here
    }
    const args: number[] = []
    for (const kind of kinds) {
      const value = here < ids.length && ids[here]! >= first ? layout.valueOf(kind, ids[here]! - first) : null
      if (value === null) {
        problem(from, `cmd_${letter} needs ${kinds.length} arguments and has ${args.length}`)
        return here
      }
      args.push(value)
      here++
    }
    if (!node?.commands) problem(from, `cmd_${letter} outside of a path`)
    else if (node.commands.length === 0 && letter !== 'M')
      problem(from, 'A path that does not begin with cmd_M')
    else {
      node.fresh = false
      node.commands.push({ letter, args })
    }
    return here
  }
}

function readAttributes(text: string, into: [string, string][], problem: (what: string) => void): void {
  const one = /([A-Za-z][A-Za-z0-9-]{0,40})="([^"<>]{0,4000})"( |$)/y
  let at = 0
  while (at < text.length) {
    one.lastIndex = at
    const match = one.exec(text)
    if (!match) return problem('Text that is no list of attributes')
    at = one.lastIndex
    const name = match[1]!
    const value = match[2]!.replace(/&(amp|lt|gt|quot);/g, (_, entity: string) => ENTITIES[entity]!)
    if (!ATTRIBUTES.has(name)) problem(`The attribute ${name} is never written`)
    else if (into.some(([known]) => known === name)) problem(`The attribute ${name} is there twice`)
    else if (/url\s*\(/i.test(value) && !/^url\(#[\w-]+\)$/.test(value))
      problem('A reference out of the file')
    else if (!/^[\w#(), .%+-]*$/.test(value)) problem(`No value of ${name}`)
    else into.push([name, value])
  }
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }

function withSize(
  { attributes, children, name }: OpenNode,
  canvas: number,
  problem: (at: number, what: string) => void,
  end: number,
): Drawing {
  let [width, height] = [canvas, canvas]
  const viewBox = attributes.find(([key]) => key === 'viewBox')
  if (viewBox) {
    const size = /^0 0 ([1-9]\d{0,4}) ([1-9]\d{0,4})$/.exec(viewBox[1])
    if (!size || Math.max(Number(size[1]), Number(size[2])) > canvas)
      problem(end, 'A viewBox beyond the canvas')
    else [width, height] = [Number(size[1]), Number(size[2])]
  }
  const own = attributes.filter((one) => one !== viewBox)
  return { canvas, width, height, root: { name, attributes: own, commands: null, children } }
}
