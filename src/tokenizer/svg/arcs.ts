// Elliptical arcs: under an affine map, as cubic curves (both by svgpath), and their middle point, by which two
// arcs are compared. A half circle whose radius is rounded up by half a unit bulges several units less: arcs are
// why radii cannot simply be rounded.
import svgpath from 'svgpath'
import { isIdentity, type Matrix } from './matrix.ts'
import type { Segment } from './path-data.ts'

type Point = readonly [number, number]

function run(path: InstanceType<typeof svgpath>): Segment[] {
  const segments: Segment[] = []
  path.iterate(([type, ...args], index) => {
    if (index > 0) segments.push({ type: type as Segment['type'], args: args.map(Number) })
  })
  return segments
}

const arcPath = (from: Point, arc: readonly number[]) => svgpath(`M${from[0]} ${from[1]}A${arc.join(' ')}`)

/** An absolute arc under a map; a line where it has no extent. `from` and the result are before and after it. */
export function transformArc(m: Matrix, from: Point, arc: readonly number[]): Segment {
  // svgpath takes a radius of 0 for an ellipse without extent and so do browsers: a line.
  if (arc[0] === 0 || arc[1] === 0) return { type: 'L', args: apply(m, arc[5]!, arc[6]!) }
  if (isIdentity(m)) return { type: 'A', args: [Math.abs(arc[0]!), Math.abs(arc[1]!), ...arc.slice(2)] }
  const absolute = [Math.abs(arc[0]!), Math.abs(arc[1]!), ...arc.slice(2)]
  return run(arcPath(from, absolute).matrix([...m]))[0] ?? { type: 'L', args: apply(m, arc[5]!, arc[6]!) }
}

export function apply(m: Matrix, x: number, y: number): [number, number] {
  return [m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]]
}

/** Cubic curves that draw an arc; the error is below 0.03 % of the radius. */
export function arcToCubics(from: Point, arc: readonly number[]): Segment[] {
  return run(arcPath(from, arc).unarc())
}

/** The point halfway along an arc (SVG 1.1, appendix F.6.5). */
export function arcMiddle(from: Point, arc: readonly number[]): [number, number] {
  const [radiusX, radiusY, rotation, large, sweep, toX, toY] = arc as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const angle = (rotation * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const halfX = (from[0] - toX) / 2
  const halfY = (from[1] - toY) / 2
  const x = cos * halfX + sin * halfY
  const y = -sin * halfX + cos * halfY
  // On the unit circle: the chord's half is (u, v), its length below 1 unless the radii must grow.
  let rx = radiusX
  let ry = radiusY
  const lack = Math.hypot(x / rx, y / ry)
  if (lack > 1) {
    rx *= lack
    ry *= lack
  }
  const u = x / rx
  const v = y / ry
  const half = Math.min(1, Math.hypot(u, v))
  if (half === 0) return [from[0], from[1]]
  // n is perpendicular to the chord. The centre is at k n, and the middle of the arc one radius further on the
  // side that the sweep flag names, whether the arc is the large one or not.
  const nx = v / half
  const ny = -u / half
  const k = Math.sqrt(1 - half * half) * (large === sweep ? -1 : 1)
  const side = sweep === 1 ? -1 : 1
  const mx = (k + side) * nx
  const my = (k + side) * ny
  return [
    cos * rx * mx - sin * ry * my + (from[0] + toX) / 2,
    sin * rx * mx + cos * ry * my + (from[1] + toY) / 2,
  ]
}
