// Path segments under a transform (HiVG, section A step 2: transforms are baked into coordinates). Arcs become arcs
// of other radii, and lines along an axis become general ones where the axes turn.
import { apply, transformArc } from './arcs.ts'
import { IDENTITY, isIdentity, keepsAxes, type Matrix } from './matrix.ts'
import type { Segment } from './path-data.ts'

/** Absolute segments under a map; horizontal and vertical lines stay what they are where the map keeps axes. */
export function transformed(segments: readonly Segment[], m: Matrix): Segment[] {
  if (isIdentity(m)) return segments.map((one) => (one.type === 'A' ? flat(one) : one))
  const straight = keepsAxes(m)
  const result: Segment[] = []
  let x = 0
  let y = 0
  let startX = 0
  let startY = 0
  for (const { type, args } of segments) {
    const n = args.length
    if (type === 'Z') {
      result.push({ type, args: [] })
      x = startX
      y = startY
      continue
    }
    const toX = type === 'V' ? x : type === 'H' ? args[0]! : args[n - 2]!
    const toY = type === 'H' ? y : type === 'V' ? args[0]! : args[n - 1]!
    if (type === 'H' || type === 'V') {
      const to = apply(m, toX, toY)
      if (straight) result.push({ type, args: [type === 'H' ? to[0] : to[1]] })
      else result.push({ type: 'L', args: to })
    } else if (type === 'A') result.push(transformArc(m, [x, y], args))
    else {
      const moved: number[] = []
      for (let i = 0; i < n; i += 2) moved.push(...apply(m, args[i]!, args[i + 1]!))
      result.push({ type, args: moved })
    }
    x = toX
    y = toY
    if (type === 'M') {
      startX = x
      startY = y
    }
  }
  return result
}

/** Arcs as browsers read them: radii without sign, a line where one is 0. */
function flat({ args }: Segment): Segment {
  return transformArc(IDENTITY, [0, 0], args)
}
