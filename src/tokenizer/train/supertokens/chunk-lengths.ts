// Where stochastic pre-tokenization cuts a text (tokenadapt, arXiv 2505.09738, section on supertokens; the
// distribution and the rule for runs are those of the authors' released training script).
// Lengths are characters (code points), not bytes and not UTF-16 units: a chunk never splits a character.
import { Random, TesseraError } from '../../../core/index.ts'

/** Chunks of `from` to `to` characters are drawn with this weight; inside the range all lengths alike. */
export interface LengthRange {
  from: number
  to: number
  weight: number
}

/** The authors' distribution: a bell of 4 to 23 characters around 12.5. */
export const PAPER_LENGTHS: readonly LengthRange[] = [
  { from: 4, to: 5, weight: 0.044 },
  { from: 6, to: 7, weight: 0.091 },
  { from: 8, to: 9, weight: 0.146 },
  { from: 10, to: 11, weight: 0.171 },
  { from: 12, to: 13, weight: 0.185 },
  { from: 14, to: 15, weight: 0.171 },
  { from: 16, to: 17, weight: 0.146 },
  { from: 18, to: 19, weight: 0.091 },
  { from: 20, to: 21, weight: 0.044 },
  { from: 22, to: 23, weight: 0.011 },
]

const MOST_RANGES = 256
const LONGEST_CHUNK = 1 << 16
/** So many equal characters in a row separate chunks and are left out of them (newlines excepted). */
const RUN = 7

/**
 * Reads `4-23`, `4-5:0.1,6-12:0.7,13-20:0.2` or ranges as they are. Throws ARGUMENT_INVALID.
 */
export function chunkLengths(given: string | readonly LengthRange[]): readonly LengthRange[] {
  const ranges = typeof given === 'string' ? given.split(',', MOST_RANGES + 1).map(rangeOf) : given
  if (ranges.length === 0 || ranges.length > MOST_RANGES) {
    throw invalid(`${ranges.length} ranges of lengths`, `Give 1 to ${MOST_RANGES}`)
  }
  let total = 0
  for (const { from, to, weight } of ranges) {
    const whole = Number.isInteger(from) && Number.isInteger(to)
    if (!whole || from < 1 || to < from || to > LONGEST_CHUNK) {
      throw invalid(`A range of ${from} to ${to}`, `Lengths are whole numbers, 1 to ${LONGEST_CHUNK}`)
    }
    if (!(weight >= 0 && weight <= Number.MAX_SAFE_INTEGER)) {
      throw invalid(`A weight of ${weight}`, 'Weights are numbers from 0 up')
    }
    total += weight
  }
  if (!(total > 0)) throw invalid('Weights that are all 0', 'Give at least one range a weight above 0')
  return ranges
}

function rangeOf(text: string): LengthRange {
  const parts = /^\s*(\d{1,9})(?:-(\d{1,9}))?(?::(\d{1,9}(?:\.\d{1,18})?))?\s*$/.exec(text)
  if (!parts) throw invalid(JSON.stringify(text.slice(0, 40)), 'Write 4-23, or 4-5:0.1,6-12:0.9')
  const from = Number(parts[1])
  return { from, to: Number(parts[2] ?? from), weight: Number(parts[3] ?? 1) }
}

function invalid(what: string, hint: string): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', `${what} is no distribution of chunk lengths`, {
    where: 'chunks',
    hint,
  })
}

export interface CutterOptions {
  ranges: readonly LengthRange[]
  seed: number
  /** Whether RUN equal characters separate chunks. */
  dropRuns: boolean
}

/** Cuts texts one after another; the draws go on from text to text. */
export class ChunkCutter {
  private readonly random: Random
  private readonly ranges: readonly LengthRange[]
  private readonly total: number
  private readonly shortest: number
  private readonly dropRuns: boolean

  constructor({ ranges, seed, dropRuns }: CutterOptions) {
    this.random = new Random(seed)
    this.ranges = ranges
    this.total = ranges.reduce((sum, range) => sum + range.weight, 0)
    this.shortest = Math.min(...ranges.map((range) => range.from))
    this.dropRuns = dropRuns
  }

  /** Hands over the chunks `[from, to)` of a text, which is well-formed UTF-8. */
  cut(bytes: Uint8Array, take: (from: number, to: number) => void): void {
    let left = 0
    for (let i = 0; i < bytes.length; i++) if ((bytes[i]! & 0xc0) !== 0x80) left++
    let at = 0
    while (left > 0) {
      const length = this.draw(left)
      const from = at
      for (let n = 0; n < length; n++) at += lengthOf(bytes[at]!)
      left -= length
      if (this.dropRuns) withoutRuns(bytes, from, at, take)
      else take(from, at)
    }
  }

  /** A length for a text of which `left` characters are left: never more, and the rest if it is short. */
  private draw(left: number): number {
    if (left < this.shortest) return left
    let at = this.random.float() * this.total
    let chosen = this.ranges[this.ranges.length - 1]!
    for (const range of this.ranges) {
      at -= range.weight
      if (at < 0) {
        chosen = range
        break
      }
    }
    const from = Math.min(chosen.from, left)
    return from + this.random.int(Math.min(chosen.to, left) - from + 1)
  }
}

/** The parts of a chunk between runs: the leftmost RUN equal characters are left out, again and again. */
function withoutRuns(
  bytes: Uint8Array,
  start: number,
  end: number,
  take: (from: number, to: number) => void,
): void {
  let from = start
  let runAt = start
  let run = 0
  for (let at = start; at < end;) {
    const width = lengthOf(bytes[at]!)
    run = run > 0 && bytes[at] !== 0x0a && same(bytes, at - width, at, width) ? run + 1 : 1
    if (run === 1) runAt = at
    at += width
    if (run === RUN) {
      if (runAt > from) take(from, runAt)
      from = at
      run = 0
    }
  }
  if (end > from) take(from, end)
}

function same(bytes: Uint8Array, a: number, b: number, width: number): boolean {
  for (let i = 0; i < width; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}

/** Bytes of a character, by its first byte. */
function lengthOf(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
}
