// The canonical drawing: what tokens are made from and what they come back to. All coordinates are whole units of
// the canvas; paths have one absolute M per sub-path and relative commands otherwise.
import { escaped } from './xml.ts'
import type { ElementName } from './layout.ts'

/** `M x y`, or a relative command with its distances; `a rx ry rotation large sweep dx dy`; `z`. */
export interface Command {
  letter: string
  args: readonly number[]
}

export interface DrawingNode {
  name: ElementName
  attributes: readonly (readonly [name: string, value: string])[]
  /** Of a path; null for all other elements. */
  commands: readonly Command[] | null
  children: readonly DrawingNode[]
}

export interface Drawing {
  canvas: number
  /** Extent in canvas units; the longer side is the canvas. */
  width: number
  height: number
  root: DrawingNode
}

/** Path data of commands, as short as it can be without changing them. */
export function pathText(commands: readonly Command[]): string {
  let text = ''
  let last = ''
  for (const { letter, args } of commands) {
    // Parameters after M would be lines, and those after z have no letter to follow.
    let parts = letter === last && letter !== 'M' && letter !== 'z' ? '' : letter
    for (const arg of args) {
      if (arg >= 0 && /\d$/.test(parts === '' ? text : parts)) parts += ' '
      parts += arg
    }
    text += parts
    last = letter
  }
  return text
}

export function attributeText(attributes: DrawingNode['attributes']): string {
  return attributes.map(([name, value]) => `${name}="${escaped(value)}"`).join(' ')
}

/** A valid SVG file without line breaks. */
export function drawingText(drawing: Drawing): string {
  const parts: string[] = []
  const write = (node: DrawingNode, isRoot: boolean) => {
    const own = attributeText(node.attributes)
    parts.push(`<${node.name}`)
    if (isRoot) {
      parts.push(` xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${drawing.width} ${drawing.height}"`)
    }
    if (own !== '') parts.push(` ${own}`)
    if (node.commands) parts.push(` d="${pathText(node.commands)}"`)
    if (node.children.length === 0) {
      parts.push('/>')
      return
    }
    parts.push('>')
    for (const child of node.children) write(child, false)
    parts.push(`</${node.name}>`)
  }
  write(drawing.root, true)
  return parts.join('')
}

/** All path nodes in drawing order, those of clip paths and masks too. */
export function pathsOf(drawing: Drawing): DrawingNode[] {
  const paths: DrawingNode[] = []
  const visit = (node: DrawingNode) => {
    if (node.commands) paths.push(node)
    for (const child of node.children) visit(child)
  }
  visit(drawing.root)
  return paths
}
