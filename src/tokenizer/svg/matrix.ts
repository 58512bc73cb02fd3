// Affine maps [a b c d e f]: x' = a x + c y + e, y' = b x + d y + f, and the `transform` attribute.

export type Matrix = readonly [number, number, number, number, number, number]

export const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0]

/** First `n`, then `m`. */
export function times(m: Matrix, n: Matrix): Matrix {
  return [
    m[0] * n[0] + m[2] * n[1],
    m[1] * n[0] + m[3] * n[1],
    m[0] * n[2] + m[2] * n[3],
    m[1] * n[2] + m[3] * n[3],
    m[0] * n[4] + m[2] * n[5] + m[4],
    m[1] * n[4] + m[3] * n[5] + m[5],
  ]
}

export function isIdentity(m: Matrix): boolean {
  return m.every((value, i) => value === IDENTITY[i])
}

/** Horizontal lines stay horizontal, vertical ones vertical. */
export function keepsAxes(m: Matrix): boolean {
  return m[1] === 0 && m[2] === 0
}

/** By how much lengths grow: exact for similarities, the geometric mean otherwise. */
export function scaleOf(m: Matrix): number {
  return Math.sqrt(Math.abs(m[0] * m[3] - m[1] * m[2]))
}

/** Lengths grow alike in all directions. */
export function isSimilarity(m: Matrix): boolean {
  const size = Math.abs(m[0]) + Math.abs(m[1]) + Math.abs(m[2]) + Math.abs(m[3])
  const near = (x: number, y: number) => Math.abs(x - y) <= 1e-6 * size
  return (near(m[0], m[3]) && near(m[1], -m[2])) || (near(m[0], -m[3]) && near(m[1], m[2]))
}

const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const SPACE_COMMA = /[\s,]*/y

/** The product of a transform list, or null when it is malformed (a browser then ignores the attribute). */
export function parseTransform(text: string): Matrix | null {
  const call = /\s*,?\s*(matrix|translate|scale|rotate|skewX|skewY)\s*\(/y
  let result: Matrix = IDENTITY
  let at = 0
  while (/\S/.test(text.slice(at, at + 1000))) {
    call.lastIndex = at
    const match = call.exec(text)
    if (!match) return null
    at = call.lastIndex
    const args: number[] = []
    for (;;) {
      SPACE_COMMA.lastIndex = at
      SPACE_COMMA.test(text)
      at = Math.max(at, SPACE_COMMA.lastIndex)
      if (text[at] === ')') break
      NUMBER.lastIndex = at
      if (args.length === 6 || !NUMBER.test(text)) return null
      args.push(Number(text.slice(at, NUMBER.lastIndex)))
      at = NUMBER.lastIndex
    }
    at++
    const matrix = matrixOf(match[1]!, args)
    if (!matrix?.every(Number.isFinite)) return null
    result = times(result, matrix)
  }
  return result.every(Number.isFinite) ? result : null
}

const radians = (degrees: number) => (degrees * Math.PI) / 180
/** cos and sin that are exact at the quarter turns, so that a rotated rectangle keeps its axes. */
function turn(degrees: number): [number, number] {
  const quarter = (((degrees / 90) % 4) + 4) % 4
  if (Number.isInteger(quarter))
    return [
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ][quarter] as [number, number]
  return [Math.cos(radians(degrees)), Math.sin(radians(degrees))]
}

function matrixOf(name: string, args: readonly number[]): Matrix | null {
  const [x = 0, y = 0, z = 0] = args
  const count = args.length
  switch (name) {
    case 'matrix':
      return count === 6 ? (args as unknown as Matrix) : null
    case 'translate':
      return count === 1 || count === 2 ? [1, 0, 0, 1, x, y] : null
    case 'scale':
      return count === 1 || count === 2 ? [x, 0, 0, count === 1 ? x : y, 0, 0] : null
    case 'rotate': {
      if (count !== 1 && count !== 3) return null
      const [cos, sin] = turn(x)
      return times(times([1, 0, 0, 1, y, z], [cos, sin, -sin, cos, 0, 0]), [1, 0, 0, 1, -y, -z])
    }
    case 'skewX':
      return count === 1 ? [1, 0, Math.tan(radians(x)), 1, 0, 0] : null
    default:
      return count === 1 ? [1, Math.tan(radians(x)), 0, 1, 0, 0] : null
  }
}
