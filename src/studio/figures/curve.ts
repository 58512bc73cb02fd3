// The geometry of a curve: round ticks, a path, a smoothed line. Pure, so that it can be tested without a page.

export type Point = readonly [x: number, y: number]

/** Round numbers within [low, high], about `count` of them, as 0.2 apart or 500 apart. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return [low]
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough * 0.99)!
  const from = Math.ceil(low / step - 1e-9)
  const to = Math.floor(high / step + 1e-9)
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) =>
    Number(((from + i) * step).toPrecision(12)),
  )
}

/** A range a little wider than the values; never empty. */
export function rangeOf(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  if (low > high) return [0, 1]
  const room = (high - low || Math.abs(high) || 1) * 0.06
  return [low - room, high + room]
}

/** An average that forgets: each point counts `1 - keep`; begun without a pull to 0. */
export function smoothed(points: readonly Point[], keep: number): Point[] {
  let sum = 0
  let weight = 0
  return points.map(([x, y]) => {
    sum = keep * sum + (1 - keep) * y
    weight = keep * weight + (1 - keep)
    return [x, sum / weight]
  })
}

/** The `d` of an SVG path through points. */
export function pathOf(points: readonly Point[], x: (n: number) => number, y: (n: number) => number): string {
  return points.map(([a, b], i) => `${i === 0 ? 'M' : 'L'}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join('')
}

/** The point whose x is nearest; null for none. */
export function nearest(points: readonly Point[], x: number): Point | null {
  let best: Point | null = null
  for (const point of points) {
    if (best === null || Math.abs(point[0] - x) < Math.abs(best[0] - x)) best = point
  }
  return best
}
