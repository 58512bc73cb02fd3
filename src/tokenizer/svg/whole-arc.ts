// An arc of whole numbers in place of a true one. The surprising thing: radii are not simply rounded, for a half circle
// with its radius rounded up bulges less. Of the whole radii beside the true ones, those are taken whose arc passes
// nearest to the true middle.
import { arcMiddle } from './arcs.ts'

type Point = [number, number]
/** `rx ry rotation large sweep x y` */
export type Arc = [number, number, number, number, number, number, number]

/** By how much, in units, an arc of whole radii may miss the middle of the true one. */
const ARC_TOLERANCE = 0.75

/**
 * Arguments of the relative arc from a whole point by a whole distance that is nearest to the true arc (absolute, from
 * `trueFrom`); 'line' for a flat one of hardly any bulge; null where whole radii come near enough nowhere, or have no
 * token (beyond `most`).
 */
export function wholeArc(
  trueFrom: Point,
  args: readonly number[],
  from: Point,
  to: Point,
  most: number,
): Arc | 'line' | null {
  const [rx, ry, rotation, large, sweep] = args as Arc
  const aim = arcMiddle(trueFrom, args)
  let best: Arc | null = null
  let least = Infinity
  const turned = Math.round(((rotation % 180) + 180) % 180) % 180
  for (const wholeX of candidates(rx)) {
    for (const wholeY of rx === ry ? [wholeX] : candidates(ry)) {
      const degrees = wholeX === wholeY ? 0 : turned
      if (wholeX < 1 || wholeY < 1 || Math.max(wholeX, wholeY, degrees) > most) continue
      const written = [wholeX, wholeY, degrees, large, sweep, from[0] + to[0], from[1] + to[1]]
      const middle = arcMiddle(from, written)
      const miss = Math.hypot(middle[0] - aim[0], middle[1] - aim[1])
      if (miss < least) {
        least = miss
        best = [wholeX, wholeY, degrees, large, sweep, to[0], to[1]]
      }
    }
  }
  if (best && least <= ARC_TOLERANCE) return best
  const chord: Point = [from[0] + to[0] / 2, from[1] + to[1] / 2]
  return Math.hypot(chord[0] - aim[0], chord[1] - aim[1]) <= 0.5 ? 'line' : null
}

function candidates(radius: number): number[] {
  const low = Math.floor(radius)
  return low === radius ? [low] : [low, low + 1]
}
