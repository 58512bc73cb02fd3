// Where the boxes of a merge tree stand: leaves side by side at the bottom, each merge above its halves.
import type { MergeNode } from '../../tokenizer/index.ts'
import { cellsOf, glyphs, LINE_END } from '../view/glyphs.ts'

export interface Box {
  node: MergeNode
  text: string
  x: number
  y: number
  width: number
  /** Index of the box that this one was merged into; null at a root. */
  parent: number | null
}

export interface Drawing {
  boxes: Box[]
  width: number
  height: number
}

export interface Merge {
  left: string
  right: string
  made: string
  rank: number
  id: number
}

const CELL = 8.6
const PADDING = 8
const GAP = 6
const LEVEL = 46
export const BOX_HEIGHT = 26

/** The text of a node; spaces are drawn, since a box of nothing says nothing. */
export function textOf(node: MergeNode): string {
  return glyphs(node.bytes, 0, node.bytes.length).replaceAll(' ', '␣')
}

/** Trees of neighbouring tokens, side by side. */
export function drawTrees(trees: readonly MergeNode[]): Drawing {
  const boxes: Box[] = []
  const deepest = Math.max(0, ...trees.map(levels))
  let right = 0
  const place = (node: MergeNode): number => {
    const text = textOf(node)
    const wide = (cellsOf(node.bytes, 0, node.bytes.length) & ~LINE_END) * CELL + 2 * PADDING
    const y = (deepest - levels(node)) * LEVEL
    let x = right
    const halves = node.children ? node.children.map(place) : []
    if (halves.length > 0) {
      const [first, last] = [boxes[halves[0]!]!, boxes[halves.at(-1)!]!]
      x = (first.x + last.x + last.width) / 2 - wide / 2
      // A merged text is always as wide as its halves; only rounding could push it out on the left.
      x = Math.max(x, 0)
    }
    right = Math.max(right, x + wide + GAP)
    const index = boxes.push({ node, text, x, y, width: wide, parent: null }) - 1
    for (const half of halves) boxes[half]!.parent = index
    return index
  }
  for (const tree of trees) {
    place(tree)
    right += 3 * GAP
  }
  return { boxes, width: Math.max(right - 4 * GAP, 1), height: deepest * LEVEL + BOX_HEIGHT }
}

/** All merges in the order of their rank, which is the order in which they were made. */
export function mergesOf(trees: readonly MergeNode[]): Merge[] {
  const merges: Merge[] = []
  const walk = (node: MergeNode): void => {
    if (!node.children) return
    const [left, right] = node.children
    walk(left)
    walk(right)
    merges.push({
      left: textOf(left),
      right: textOf(right),
      made: textOf(node),
      rank: node.rank ?? 0,
      id: node.id,
    })
  }
  trees.forEach(walk)
  return merges.sort((a, b) => a.rank - b.rank)
}

function levels(node: MergeNode): number {
  return node.children ? 1 + Math.max(levels(node.children[0]), levels(node.children[1])) : 0
}
