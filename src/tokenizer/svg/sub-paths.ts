// The sub-paths of a path, each with where it begins, and whether it can be seen (HiVG, section A step 5).
import { OVERSHOOT } from './layout.ts'
import type { Segment } from './path-data.ts'

export interface SubPathData {
  start: [x: number, y: number]
  /** It goes on from where a z came back to, without an M of its own. */
  continued: boolean
  segments: Segment[]
}

/** Those that draw nothing are left out. */
export function subPathsOf(segments: readonly Segment[]): SubPathData[] {
  const found: SubPathData[] = []
  let start: SubPathData['start'] = [0, 0]
  let open: SubPathData | null = null
  for (const segment of segments) {
    if (segment.type === 'M') {
      start = [segment.args[0]!, segment.args[1]!]
      open = { start, continued: false, segments: [] }
      found.push(open)
      continue
    }
    if (!open) {
      open = { start, continued: true, segments: [] }
      found.push(open)
    }
    open.segments.push(segment)
    if (segment.type === 'Z') open = null
  }
  return found.filter((one) => one.segments.length > 0)
}

/** All its points are on one outer side of the canvas and its margin. */
export function isOutside({ start, segments }: SubPathData, canvas: number): boolean {
  let [left, top] = start
  let [right, bottom] = start
  for (const { type, args } of segments) {
    const at = type === 'A' ? 5 : 0
    for (let i = at; i < args.length; i++) {
      const horizontal = type === 'H' || (type !== 'V' && (i - at) % 2 === 0)
      // The bulge of an arc is within its radii of its ends.
      const reach = type === 'A' ? 2 * Math.max(args[0]!, args[1]!) : 0
      if (horizontal) {
        left = Math.min(left, args[i]! - reach)
        right = Math.max(right, args[i]! + reach)
      } else {
        top = Math.min(top, args[i]! - reach)
        bottom = Math.max(bottom, args[i]! + reach)
      }
    }
  }
  const [low, high] = [-OVERSHOOT, canvas + OVERSHOOT]
  return right < low || left > high || bottom < low || top > high
}
