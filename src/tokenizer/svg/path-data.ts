// Path data (the `d` attribute) to absolute segments: linear time, and every freedom of the grammar: `.5.5`,
// `+5`, `1e-3`, flags without separators, repeated parameters, `m` after `z`. As the specification of SVG says,
// a mistake ends the path, and what stands before it is drawn.
import { MAX_NUMBER } from './limits.ts'

export type SegmentType = 'M' | 'L' | 'H' | 'V' | 'C' | 'S' | 'Q' | 'T' | 'A' | 'Z'

/** An absolute segment; `args` as in path data: M and L `x y`, H `x`, V `y`, C `x1 y1 x2 y2 x y`, … */
export interface Segment {
  type: SegmentType
  args: number[]
}

export interface PathData {
  segments: Segment[]
  /** Where the text stops being path data, or null. */
  brokenAt: number | null
}

/** Parameters of each command. */
export const ARITY: Record<SegmentType, number> = {
  M: 2,
  L: 2,
  H: 1,
  V: 1,
  C: 6,
  S: 4,
  Q: 4,
  T: 2,
  A: 7,
  Z: 0,
}

const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y

export function parsePathData(d: string, most = Infinity): PathData {
  const segments: Segment[] = []
  let at = 0
  let x = 0
  let y = 0
  let startX = 0
  let startY = 0
  const space = () => {
    for (; at < d.length; at++) {
      const c = d.charCodeAt(at)
      if (c !== 0x20 && !(c >= 9 && c <= 13)) return
    }
  }
  /** Spaces and at most one comma; true when there was a comma. */
  const separator = (): boolean => {
    space()
    if (d[at] !== ',') return false
    at++
    space()
    return true
  }
  const broken = (from: number): PathData => ({ segments, brokenAt: from })

  space()
  while (at < d.length) {
    const from = at
    const letter = d[at]!
    const type = letter.toUpperCase() as SegmentType
    if (!Object.hasOwn(ARITY, type) || (segments.length === 0 && type !== 'M')) return broken(from)
    const relative = letter !== type
    const arity = ARITY[type]
    at++
    space()
    if (arity === 0) {
      segments.push({ type: 'Z', args: [] })
      x = startX
      y = startY
      space()
      continue
    }
    for (let first = true; ; first = false) {
      const args: number[] = []
      const groupAt = at
      let comma = false
      for (let i = 0; i < arity; i++) {
        if (type === 'A' && (i === 3 || i === 4)) {
          const flag = d[at]
          if (flag !== '0' && flag !== '1') return broken(groupAt)
          args.push(flag === '1' ? 1 : 0)
          at++
        } else {
          NUMBER.lastIndex = at
          if (!NUMBER.test(d)) return broken(groupAt)
          const value = Number(d.slice(at, NUMBER.lastIndex))
          if (!(Math.abs(value) <= MAX_NUMBER)) return broken(groupAt)
          args.push(value)
          at = NUMBER.lastIndex
        }
        comma = separator()
      }
      if (segments.length >= most) return broken(groupAt)
      const one = type === 'M' && !first ? 'L' : type
      if (relative) {
        if (one === 'H') args[0]! += x
        else if (one === 'V') args[0]! += y
        else
          for (let i = one === 'A' ? 5 : 0; i < arity; i += 2) {
            args[i]! += x
            args[i + 1]! += y
          }
      }
      if (one === 'H') x = args[0]!
      else if (one === 'V') y = args[0]!
      else {
        x = args[arity - 2]!
        y = args[arity - 1]!
      }
      if (!(Math.abs(x) <= MAX_NUMBER && Math.abs(y) <= MAX_NUMBER)) return broken(groupAt)
      if (one === 'M') {
        startX = x
        startY = y
      }
      segments.push({ type: one, args })
      if (comma) {
        // After a comma another group must follow.
        if (at >= d.length) return broken(at)
        continue
      }
      const c = d.charCodeAt(at)
      if (!((c >= 0x30 && c <= 0x39) || c === 0x2b || c === 0x2d || c === 0x2e)) break
    }
  }
  return { segments, brokenAt: null }
}
