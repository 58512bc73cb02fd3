import { expect, it } from 'vitest'
import type { MergeNode } from '../../tokenizer/index.ts'
import { drawTrees, mergesOf } from './merge-layout.ts'

const leaf = (text: string): MergeNode => ({
  id: text.charCodeAt(0),
  token: text,
  bytes: new TextEncoder().encode(text),
  rank: null,
  children: null,
})

function merged(left: MergeNode, right: MergeNode, rank: number): MergeNode {
  const token = left.token + right.token
  return { id: 256 + rank, token, bytes: new TextEncoder().encode(token), rank, children: [left, right] }
}

const word = merged(merged(leaf('t'), leaf('h'), 5), merged(leaf('e'), leaf('n'), 2), 9)

it('lists merges in the order of their rank', () => {
  expect(mergesOf([word, merged(leaf(' '), leaf('x'), 3)]).map(({ made, rank }) => [made, rank])).toEqual([
    ['en', 2],
    ['␣x', 3],
    ['th', 5],
    ['then', 9],
  ])
})

it('puts no two boxes of a level on top of each other, and parents above their halves', () => {
  const { boxes, width, height } = drawTrees([word, leaf('!')])
  for (const [i, a] of boxes.entries()) {
    expect(a.x).toBeGreaterThanOrEqual(0)
    expect(a.x + a.width).toBeLessThanOrEqual(width + 0.001)
    expect(a.y).toBeLessThan(height)
    if (a.parent !== null) expect(boxes[a.parent]!.y).toBeLessThan(a.y)
    for (const b of boxes.slice(i + 1)) {
      if (a.y === b.y) expect(a.x + a.width <= b.x || b.x + b.width <= a.x).toBe(true)
    }
  }
})
