// How often: `*`, `+`, `?` and `{m,n}`, without what says greedy or lazy.
import type { PatternReader } from './reader.ts'

/** Oniguruma's own bound on `{n}`. */
const MAX_REPEAT = 100_000

export interface Times {
  min: number
  /** Infinity when there is no bound. */
  max: number
  /** Written with braces. */
  interval: boolean
  /** Oniguruma's Ruby syntax: `{3,1}` is the possessive `{1,3}`. */
  inverse: boolean
}

/** Reads a quantifier, or nothing and returns null; braces that are none are left as literals. */
export function readTimes(reader: PatternReader, rust: boolean): Times | null {
  if (reader.take('*')) return { min: 0, max: Infinity, interval: false, inverse: false }
  if (reader.take('+')) return { min: 1, max: Infinity, interval: false, inverse: false }
  if (reader.take('?')) return { min: 0, max: 1, interval: false, inverse: false }
  const counts = /^\{(?:(\d{1,9})(?:(,)(\d{1,9})?)?|,(\d{1,9}))\}/.exec(reader.rest(24))
  if (!counts) return null
  reader.skip(counts[0].length)
  const [, first, comma, second, upTo] = counts
  const min = first === undefined ? 0 : Number(first)
  let max = upTo === undefined ? min : Number(upTo)
  if (comma !== undefined) max = second === undefined ? Infinity : Number(second)
  if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT)) {
    throw reader.invalid(`A repeat count is over ${MAX_REPEAT}`)
  }
  if (max >= min) return { min, max, interval: true, inverse: false }
  if (rust) throw reader.invalid('A repeat range runs backwards')
  return { min: max, max: min, interval: true, inverse: true }
}
