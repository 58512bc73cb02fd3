// Numbers between bounds, digit by digit: for each sign and each count of digits before the point, an automaton that
// remembers only whether the digits so far equal those of the lower and of the upper bound. Written are plain
// decimals of at most 15 digits, so that different texts are different doubles and a bound is kept exactly.
import { TesseraError } from '../../core/index.ts'
import type { Grammar } from './grammar.ts'

export interface Bounds {
  minimum: number
  maximum: number
  /** The bound itself is out. */
  minimumOut: boolean
  maximumOut: boolean
  /** Most digits after the point; 0: integers. */
  decimals: number
}

const MOST_DIGITS = 15
const LARGEST = 10 ** MOST_DIGITS - 1

/** A magnitude as digits; `digits` has at least one digit before the point. */
interface Decimal {
  whole: string
  fraction: string
}

function decimalOf(value: number): Decimal {
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const digits = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  const fraction = point > 0 ? digits.slice(point) : '0'.repeat(-point) + digits
  return { whole, fraction: fraction.replace(/0+$/, '') }
}

/** Adds the numbers between the bounds; false when there is none. */
function addNumber(grammar: Grammar, bounds: Bounds, from: number, to: number): boolean {
  const { minimum, maximum, minimumOut, maximumOut, decimals } = bounds
  let any = false
  if (maximum > 0 || (maximum === 0 && !maximumOut)) {
    const least = minimum < 0 ? 0 : minimum
    const side = { least, leastOut: minimum >= 0 && minimumOut, most: maximum, mostOut: maximumOut }
    any = new Side(grammar, side, decimals, to).add(from, false) || any
  }
  if (minimum < 0) {
    const least = maximum > 0 ? 0 : -maximum
    const minus = grammar.state()
    const side = { least, leastOut: maximum > 0 ? false : maximumOut, most: -minimum, mostOut: minimumOut }
    if (new Side(grammar, side, decimals, to).add(minus, true)) {
      grammar.byte(from, 0x2d, 0x2d, minus)
      any = true
    }
  }
  return any
}

interface Range {
  least: number
  leastOut: boolean
  most: number
  mostOut: boolean
}

/** Magnitudes of one sign. */
class Side {
  private readonly grammar: Grammar
  private readonly low: Decimal
  private readonly high: Decimal
  private readonly leastOut: boolean
  private readonly mostOut: boolean
  private readonly decimals: number
  private readonly to: number

  constructor(grammar: Grammar, { least, leastOut, most, mostOut }: Range, decimals: number, to: number) {
    this.grammar = grammar
    this.low = decimalOf(least)
    this.high = decimalOf(Math.min(most, LARGEST))
    this.leastOut = leastOut
    this.mostOut = mostOut && most <= LARGEST
    this.decimals = decimals
    this.to = to
  }

  /** `negative`: there is a minus before it, so that zero is out. */
  add(from: number, negative: boolean): boolean {
    const { low, high } = this
    let any = false
    for (let length = low.whole.length; length <= high.whole.length; length++) {
      any = this.addLength(from, length, negative) || any
    }
    return any
  }

  private addLength(from: number, length: number, negative: boolean): boolean {
    const { grammar, low, high, leastOut, mostOut, to } = this
    const places = Math.min(this.decimals, MOST_DIGITS - length)
    const lowDigits = low.whole.padStart(length, '0') + low.fraction
    const highDigits = high.whole.padStart(length, '0') + high.fraction
    const onLow = low.whole.length === length
    const onHigh = high.whole.length === length
    const digit = (digits: string, at: number) => Number(digits[at] ?? '0')
    const restIsZero = (digits: string, at: number) => !/[1-9]/.test(digits.slice(at))
    const states = new Map<string, number>()
    const useful = new Map<number, boolean>()
    const key = (at: number, lowTight: boolean, highTight: boolean, zero: boolean) =>
      `${at},${lowTight},${highTight},${zero}`
    /** State after `at` digits; whether a number can end from here on. */
    const visit = (at: number, lowTight: boolean, highTight: boolean, zero: boolean): number => {
      const name = key(at, lowTight, highTight, zero)
      const known = states.get(name)
      if (known !== undefined) return known
      const state = grammar.state()
      states.set(name, state)
      useful.set(state, false)
      let live = false
      if (at >= length) {
        const above = !lowTight || (restIsZero(lowDigits, at) && !leastOut)
        const below = !highTight || !(mostOut && restIsZero(highDigits, at))
        if (above && below && !(negative && zero)) {
          grammar.skip(state, to)
          live = true
        }
      }
      if (at < length + places) {
        // The point stands between the last whole digit and the first decimal.
        const taking = at === length ? grammar.state() : state
        let goes = false
        const first = lowTight ? digit(lowDigits, at) : 0
        const last = highTight ? digit(highDigits, at) : 9
        for (let d = first; d <= last; d++) {
          if (at === 0 && d === 0 && length > 1) continue
          const next = visit(
            at + 1,
            lowTight && d === digit(lowDigits, at),
            highTight && d === digit(highDigits, at),
            zero && d === 0,
          )
          if (!useful.get(next)) continue
          grammar.byte(taking, 0x30 + d, 0x30 + d, next)
          goes = true
        }
        if (goes && at === length) grammar.byte(state, 0x2e, 0x2e, taking)
        live ||= goes
      }
      useful.set(state, live)
      return state
    }
    const start = visit(0, onLow, onHigh, true)
    if (!useful.get(start)) return false
    grammar.skip(from, start)
    return true
  }
}

/** Throws ARGUMENT_INVALID when no number is between the bounds. */
export function addBounded(grammar: Grammar, bounds: Bounds, from: number, to: number, where: string): void {
  if (!addNumber(grammar, bounds, from, to)) {
    throw new TesseraError('ARGUMENT_INVALID', 'No number that can be written is between the bounds', {
      where,
      hint: `Numbers are written with at most ${MOST_DIGITS} digits`,
    })
  }
}
