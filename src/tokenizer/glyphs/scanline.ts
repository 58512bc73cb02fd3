// Fills outlines: a pixel is ink when its centre lies inside, by the non-zero winding rule (TrueType's own).
// Only additions, multiplications and divisions on doubles, in a fixed order: every machine makes the same
// bytes. On a pixel font drawn at a multiple of its grid no centre ever lies on an edge.

/** Closed curves in font units, y upwards: `[x, y, onCurve]` for each point, as TrueType stores them. */
export type Contour = readonly (readonly [x: number, y: number, onCurve: boolean])[]

/** Lines that a quadratic curve becomes: at 64 pixels and below the error stays under 1/100 pixel. */
const CURVE_LINES = 16
/** No glyph is drawn further out than this many em squares; a damaged one could reach across the world. */
const MOST_EMS = 4

export interface Filled {
  bitmap: Uint8Array
  width: number
  height: number
  /** Row of the bitmap's first line, counted from `ascent` downwards. */
  top: number
}

/**
 * Outlines with an em square of `size` pixels. `ascent`: font units from the base line to the top of the em
 * square, which becomes row 0.
 */
export function fill(contours: readonly Contour[], unitsPerEm: number, ascent: number, size: number): Filled {
  const scale = size / unitsPerEm
  const edges: number[] = []
  for (const contour of contours) flatten(contour, edges)
  let left = Infinity
  let right = -Infinity
  let first = Infinity
  let last = -Infinity
  for (let i = 0; i < edges.length; i += 2) {
    const x = edges[i]! * scale
    const y = (ascent - edges[i + 1]!) * scale
    edges[i] = x
    edges[i + 1] = y
    left = Math.min(left, x)
    right = Math.max(right, x)
    first = Math.min(first, y)
    last = Math.max(last, y)
  }
  const most = MOST_EMS * size
  const x0 = Math.max(Math.floor(left), -most)
  const y0 = Math.max(Math.floor(first), -most)
  const width = Math.max(0, Math.min(Math.ceil(right), most) - x0)
  const height = Math.max(0, Math.min(Math.ceil(last), most) - y0)
  if (edges.length === 0 || width === 0 || height === 0) {
    return { bitmap: new Uint8Array(0), width: 0, height: 0, top: 0 }
  }
  const bitmap = new Uint8Array(width * height)
  const winding = new Int32Array(width + 1)
  for (let row = 0; row < height; row++) {
    winding.fill(0)
    const y = y0 + row + 0.5
    for (let i = 0; i < edges.length; i += 4) {
      const ya = edges[i + 1]!
      const yb = edges[i + 3]!
      if (ya <= y === yb <= y) continue
      const xa = edges[i]!
      const x = xa + ((y - ya) * (edges[i + 2]! - xa)) / (yb - ya)
      // The first pixel whose centre is at or to the right of the crossing.
      const column = Math.min(Math.max(Math.ceil(x - 0.5) - x0, 0), width)
      winding[column]! += ya < yb ? 1 : -1
    }
    let turns = 0
    for (let x = 0; x < width; x++) {
      turns += winding[x]!
      if (turns !== 0) bitmap[row * width + x] = 1
    }
  }
  return { bitmap, width, height, top: y0 }
}

/** Appends lines `[x, y, x, y]`. Between two points off the curve, TrueType implies one on it, half-way. */
function flatten(contour: Contour, edges: number[]): void {
  const n = contour.length
  if (n < 2) return
  const on: [number, number, boolean][] = []
  for (let i = 0; i < n; i++) {
    const [x, y, onCurve] = contour[i]!
    const [px, py, before] = contour[(i + n - 1) % n]!
    if (!onCurve && !before) on.push([(x + px) / 2, (y + py) / 2, true])
    on.push([x, y, onCurve])
  }
  const start = on.findIndex((point) => point[2])
  if (start < 0) return
  let [x, y] = on[start]!
  for (let i = 1; i <= on.length; i++) {
    const [nx, ny, onCurve] = on[(start + i) % on.length]!
    if (onCurve) {
      edges.push(x, y, nx, ny)
      x = nx
      y = ny
      continue
    }
    const [ex, ey] = on[(start + i + 1) % on.length]!
    let fromX = x
    let fromY = y
    for (let s = 1; s <= CURVE_LINES; s++) {
      const t = s / CURVE_LINES
      const a = (1 - t) * (1 - t)
      const b = 2 * t * (1 - t)
      const c = t * t
      const toX = s === CURVE_LINES ? ex : a * x + b * nx + c * ex
      const toY = s === CURVE_LINES ? ey : a * y + b * ny + c * ey
      edges.push(fromX, fromY, toX, toY)
      fromX = toX
      fromY = toY
    }
    x = ex
    y = ey
    i++
  }
}
