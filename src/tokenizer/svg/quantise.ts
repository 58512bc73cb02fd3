// Absolute segments in canvas units → whole numbers, then relative commands (HiVG, section A steps 4 to 6).
// Positions are rounded while they are still absolute, and the cursor moves by the rounded distance: so no error
// is ever carried on, and every point is within half a unit. Rounding each distance by itself would drift.
import { arcToCubics } from './arcs.ts'
import type { Command } from './drawing.ts'
import { OVERSHOOT } from './layout.ts'
import type { Segment } from './path-data.ts'
import { isOutside, type SubPathData, subPathsOf } from './sub-paths.ts'
import { type Arc, wholeArc } from './whole-arc.ts'

export interface QuantiseCounts {
  /** Coordinates that were moved because they lie too far outside of the canvas, or too far from the last point. */
  clamped: number
  /** Sub-paths that lie wholly outside of the canvas. */
  clipped: number
  /** Commands that move nowhere after rounding. */
  zeroMoves: number
  /** Arcs written as cubic curves: no whole radius draws them within the tolerance, or it has no token. */
  arcsAsCurves: number
  /** End points of commands, and how far, in canvas units along the worse axis, rounding moved them. */
  points: number
  errorSum: number
  errorMost: number
}

export const noCounts = (): QuantiseCounts => ({
  clamped: 0,
  clipped: 0,
  zeroMoves: 0,
  arcsAsCurves: 0,
  points: 0,
  errorSum: 0,
  errorMost: 0,
})

export interface QuantiseOptions {
  canvas: number
  /** The path has a stroke with round or square ends, which makes a dot of a line without length. */
  dots: boolean
}

/** How far the control point that s or t imply may be from the true one. */
const REFLECTION_TOLERANCE = 1

const round = (x: number) => Math.round(x) + 0
type Point = [number, number]

/** Adds to `counts`. Quantising what came out once more changes nothing. */
export function quantise(
  segments: readonly Segment[],
  { canvas, dots }: QuantiseOptions,
  counts: QuantiseCounts,
): Command[] {
  const commands: Command[] = []
  for (const subPath of subPathsOf(segments)) {
    if (isOutside(subPath, canvas)) counts.clipped++
    else new SubPath(canvas, dots, counts, commands).run(subPath)
  }
  return commands
}

class SubPath {
  private readonly low = -OVERSHOOT
  private readonly high: number
  private readonly dots: boolean
  private readonly counts: QuantiseCounts
  private readonly out: Command[]
  /** The whole-number cursor. */
  private x = 0
  private y = 0
  /** The true cursor. */
  private trueX = 0
  private trueY = 0
  /**
   * Control points that a following s or t would reflect: that of the last written command and the true one.
   * They differ when a command was left out.
   */
  private written: { letter: 'c' | 'q'; x: number; y: number } | null = null
  private real: { letter: 'c' | 'q'; x: number; y: number } | null = null

  constructor(canvas: number, dots: boolean, counts: QuantiseCounts, out: Command[]) {
    this.high = canvas + OVERSHOOT
    this.dots = dots
    this.counts = counts
    this.out = out
  }

  run({ start, segments }: SubPathData): void {
    const { out, counts } = this
    const before = out.length
    ;[this.trueX, this.trueY] = start
    this.x = this.within(start[0], 0)
    this.y = this.within(start[1], 0)
    const startX = this.x
    const startY = this.y
    out.push({ letter: 'M', args: [startX, startY] })
    let zeroMoves = 0
    let closed = false
    for (const segment of segments) {
      if (segment.type === 'Z') closed = true
      else if (!this.draw(segment)) zeroMoves++
    }
    if (out.length === before + 1) {
      // Nothing moved. A stroke with round or square ends still draws a dot here.
      if (this.dots) {
        out.push({ letter: 'h', args: [0] })
        zeroMoves = Math.max(0, zeroMoves - 1)
      } else out.pop()
    } else if (closed) out.push({ letter: 'z', args: [] })
    counts.zeroMoves += zeroMoves
  }

  /** A whole coordinate within the canvas and its margin. */
  private within(value: number, low = this.low): number {
    const whole = round(value)
    if (whole < low || whole > this.high) {
      this.counts.clamped++
      return whole < low ? low : this.high
    }
    return whole
  }

  /** A whole distance that has a token. */
  private distance(to: number, from: number): number {
    const d = to - from
    if (Math.abs(d) <= this.high) return d
    this.counts.clamped++
    return Math.sign(d) * this.high
  }

  /** Distances of a control point, which may lie further out than an end point. */
  private control(x: number, y: number): Point {
    return [this.distance(round(x), this.x), this.distance(round(y), this.y)]
  }

  private end(x: number, y: number): Point {
    return [this.distance(this.within(x), this.x), this.distance(this.within(y), this.y)]
  }

  /** Writes a command and moves both cursors; false when it moves nowhere. */
  private write(letter: string, args: number[], toX: number, toY: number): boolean {
    const moved = this.move(letter, args)
    this.trueX = toX
    this.trueY = toY
    const error = Math.max(Math.abs(toX - this.x), Math.abs(toY - this.y))
    this.counts.points++
    this.counts.errorSum += error
    this.counts.errorMost = Math.max(this.counts.errorMost, error)
    return moved
  }

  private move(letter: string, args: number[]): boolean {
    const extent = letter === 'a' ? args.slice(5) : args
    if (extent.every((d) => d === 0)) return false
    this.out.push({ letter, args })
    this.written = null
    const n = args.length
    if (letter === 'h') this.x += args[0]!
    else if (letter === 'v') this.y += args[0]!
    else {
      this.x += args[n - 2]!
      this.y += args[n - 1]!
    }
    return true
  }

  private line(letter: 'l' | 'h' | 'v', x: number, y: number): boolean {
    this.real = null
    const args: number[] = []
    if (letter !== 'v') args.push(this.distance(this.within(x), this.x))
    if (letter !== 'h') args.push(this.distance(this.within(y), this.y))
    return this.write(letter, args, x, y)
  }

  private draw({ type, args }: Segment): boolean {
    const [a, b, c, d, e, f] = args as [number, number, number, number, number, number]
    switch (type) {
      case 'L':
        return this.line('l', a, b)
      case 'H':
        return this.line('h', a, this.trueY)
      case 'V':
        return this.line('v', this.trueX, a)
      case 'C':
        return this.cubic(a, b, c, d, e, f, false)
      case 'S': {
        const [x, y] = this.reflected('c')
        return this.cubic(x, y, a, b, c, d, true)
      }
      case 'Q':
        return this.quadratic(a, b, c, d, false)
      case 'T': {
        const [x, y] = this.reflected('q')
        return this.quadratic(x, y, a, b, true)
      }
      default:
        return this.arc(args)
    }
  }

  /** The true control point that s or t imply. */
  private reflected(letter: 'c' | 'q'): Point {
    const { real, trueX, trueY } = this
    return real?.letter === letter ? [2 * trueX - real.x, 2 * trueY - real.y] : [trueX, trueY]
  }

  /** Whether s or t, written now, imply about this control point. */
  private implies(letter: 'c' | 'q', x: number, y: number): boolean {
    const { written } = this
    const ownX = written?.letter === letter ? 2 * this.x - written.x : this.x
    const ownY = written?.letter === letter ? 2 * this.y - written.y : this.y
    return Math.abs(ownX - x) <= REFLECTION_TOLERANCE && Math.abs(ownY - y) <= REFLECTION_TOLERANCE
  }

  private cubic(
    x1: number,
    y1: number,
    x2: number,
    y2: number,
    x: number,
    y: number,
    smooth: boolean,
  ): boolean {
    const short = smooth && this.implies('c', x1, y1)
    const first: Point = short ? [0, 0] : this.control(x1, y1)
    const second = this.control(x2, y2)
    const to = this.end(x, y)
    const before = this.written
    const written = { letter: 'c' as const, x: this.x + second[0], y: this.y + second[1] }
    this.real = { letter: 'c', x: x2, y: y2 }
    let moved: boolean
    if (!short) moved = this.write('c', [...first, ...second, ...to], x, y)
    else if (before?.letter === 'c' && [...second, ...to].every((n) => n === 0)) {
      // As an s without extent it would be left out, though it draws the bulge of the implied control point.
      const implied = [this.distance(this.x, before.x), this.distance(this.y, before.y)]
      moved = this.write('c', [...implied, ...second, ...to], x, y)
    } else moved = this.write('s', [...second, ...to], x, y)
    if (moved) this.written = written
    return moved
  }

  private quadratic(x1: number, y1: number, x: number, y: number, smooth: boolean): boolean {
    const to = this.end(x, y)
    const short = smooth && this.implies('q', x1, y1) && !(to[0] === 0 && to[1] === 0)
    const before = this.written
    // An implied control point needs no token, however far away it is.
    const control: Point = short ? [0, 0] : this.control(x1, y1)
    let written = { letter: 'q' as const, x: this.x + control[0], y: this.y + control[1] }
    if (short && before?.letter === 'q') {
      written = { letter: 'q', x: 2 * this.x - before.x, y: 2 * this.y - before.y }
    }
    const moved = short ? this.write('t', to, x, y) : this.write('q', [...control, ...to], x, y)
    if (moved) this.written = written
    this.real = { letter: 'q', x: x1, y: y1 }
    return moved
  }

  private arc(args: readonly number[]): boolean {
    this.real = null
    const [rx, ry, , large, , x, y] = args as Arc
    const to = this.end(x, y)
    if (to[0] === 0 && to[1] === 0) {
      if (large === 0 || Math.max(rx, ry) < 0.5) return this.write('l', [0, 0], x, y)
      // Almost a full turn: as an arc it would vanish.
      return this.curves(args)
    }
    const arc = wholeArc([this.trueX, this.trueY], args, [this.x, this.y], to, this.high)
    if (arc === 'line') return this.write('l', [...to], x, y)
    return arc ? this.write('a', arc, x, y) : this.curves(args)
  }

  private curves(args: readonly number[]): boolean {
    this.counts.arcsAsCurves++
    let moved = false
    for (const { type, args: curve } of arcToCubics([this.trueX, this.trueY], args)) {
      moved = this.draw({ type, args: curve }) || moved
    }
    this.real = null
    return moved
  }
}
