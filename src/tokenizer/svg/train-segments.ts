// Structure segment learning (HiVG, section C): units are whole commands with their arguments; the most frequent
// pair of neighbours becomes one unit, again and again. Counting starts anew at every path, since a segment can
// never reach across one. Counts are kept up to date from merge to merge; what comes out is exactly what counting
// everything anew each time gives (the test does that).
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Command } from './drawing.ts'
import { commandAtoms, segmentText, SegmentVocabulary } from './segments.ts'
import { SvgLayout } from './layout.ts'

export interface TrainSegmentsOptions extends LongWork {
  /** Canvas of the drawings. */
  canvas: number
  /** M: how many segment tokens at most. Default 500. */
  size?: number
  /** f_min: a segment is learned while it is more frequent than this. Default 5. */
  minFrequency?: number
  /** Single commands may become tokens, too. Default true; false is the form of the released code. */
  singles?: boolean
}

export interface TrainedSegments {
  vocabulary: SegmentVocabulary
  /** `[size]` how often each stood in the corpus when it was learned. */
  frequencies: number[]
  paths: number
  commands: number
}

/**
 * Learns from paths (their commands). Ties go to the units that came up first. Throws
 * ARGUMENT_INVALID (options, or a command that has no tokens on this canvas), TRAINING_IMPOSSIBLE (no commands),
 * CANCELLED.
 */
export async function trainSegments(
  paths: Iterable<readonly Command[]>,
  options: TrainSegmentsOptions,
): Promise<TrainedSegments> {
  const { canvas, size = 500, minFrequency = 5, singles = true, onProgress, signal } = options
  for (const [where, value] of Object.entries({ size, minFrequency })) {
    if (!Number.isInteger(value) || value < 0 || value > 1e9) {
      throw new TesseraError('ARGUMENT_INVALID', `Not a whole number from 0 on: ${value}`, { where })
    }
  }
  const corpus = new UnitCorpus(new SvgLayout(canvas))
  let paused = performance.now()
  const breathe = async (stage: string, done: number, total?: number) => {
    throwIfCancelled(signal)
    if (performance.now() - paused < 40) return
    onProgress?.({ stage, done, total, unit: total === undefined ? 'items' : 'merges' })
    await new Promise((resolve) => setTimeout(resolve))
    paused = performance.now()
  }
  let count = 0
  for (const path of paths) {
    corpus.add(path)
    if (++count % 256 === 0) await breathe('reading paths', count)
  }
  if (corpus.commands === 0) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', 'There is no path command to learn from', {
      hint: 'Give drawings with paths or shapes',
    })
  }
  const learner = new Learner(corpus, singles)
  const learned: number[] = []
  const frequencies: number[] = []
  while (learned.length < size) {
    const next = learner.next(minFrequency)
    if (!next) break
    if (next.isNew) {
      learned.push(next.unit)
      frequencies.push(next.frequency)
    }
    await breathe('learning segments', learned.length, size)
  }
  const segments = learned.map((unit) => corpus.unitCommands[unit]!)
  return {
    vocabulary: new SegmentVocabulary(canvas, segments),
    frequencies,
    paths: count,
    commands: corpus.commands,
  }
}

/** The corpus as a chain of units, -1 between paths. */
class UnitCorpus {
  readonly symbols: number[] = [-1]
  /** `[units]` */
  readonly unitCommands: (readonly Command[])[] = []
  private readonly ids = new Map<string, number>()
  private readonly layout: SvgLayout
  commands = 0

  constructor(layout: SvgLayout) {
    this.layout = layout
  }

  add(path: readonly Command[]): void {
    for (const command of path) this.symbols.push(this.unit([command]))
    this.commands += path.length
    if (path.length > 0) this.symbols.push(-1)
  }

  /** The id of a unit; equal commands are one unit, however they were merged. */
  unit(commands: readonly Command[]): number {
    const key = segmentText(commands)
    const known = this.ids.get(key)
    if (known !== undefined) return known
    if (!commandAtoms(commands, this.layout)) {
      throw new TesseraError(
        'ARGUMENT_INVALID',
        `No tokens for ${key.slice(0, 80)} on canvas ${this.layout.canvas}`,
        {
          hint: 'Train on drawings that were made for this canvas',
        },
      )
    }
    this.ids.set(key, this.unitCommands.length)
    this.unitCommands.push(commands)
    return this.unitCommands.length - 1
  }
}

/** A single unit that may get a token (`right` is -1), or a pair that may be merged. */
interface Candidate {
  left: number
  right: number
  count: number
  /** Of a pair: where its left half stood; some of these are out of date. */
  places: number[]
  done: boolean
}

const PAIR = 2 ** 26

class Learner {
  private readonly corpus: UnitCorpus
  private readonly symbols: Int32Array
  private readonly nextAt: Int32Array
  private readonly lastAt: Int32Array
  private readonly pairs = new Map<number, Candidate>()
  private readonly single: (Candidate | undefined)[] = []
  private readonly heap = new Heap()
  private readonly singles: boolean
  private readonly hasToken = new Set<number>()

  constructor(corpus: UnitCorpus, singles: boolean) {
    this.corpus = corpus
    this.singles = singles
    const n = corpus.symbols.length
    this.symbols = Int32Array.from(corpus.symbols)
    this.nextAt = Int32Array.from({ length: n }, (_, i) => i + 1)
    this.lastAt = Int32Array.from({ length: n }, (_, i) => i - 1)
    for (let i = 0; i < n; i++) {
      const unit = this.symbols[i]!
      if (unit < 0) continue
      this.addUnit(unit, 1)
      if (i + 1 < n && this.symbols[i + 1]! >= 0) this.addPair(unit, this.symbols[i + 1]!, i)
    }
    for (const pair of this.pairs.values()) this.heap.push(pair, pair.count)
    for (const one of this.single) if (one) this.heap.push(one, one.count)
  }

  /** The next unit to become a token; null when nothing is frequent enough. */
  next(minFrequency: number): { unit: number; frequency: number; isNew: boolean } | null {
    for (let top = this.heap.pop(); top; top = this.heap.pop()) {
      const { candidate, count } = top
      if (candidate.done) continue
      if (candidate.count !== count) {
        // Fell since it was put there (after a rise there is a second, higher entry).
        if (candidate.count < count && candidate.count > minFrequency)
          this.heap.push(candidate, candidate.count)
        continue
      }
      if (count <= minFrequency) return null
      if (candidate.right < 0) {
        candidate.done = true
        return this.learned(candidate.left, count)
      }
      return this.learned(this.merge(candidate), count)
    }
    return null
  }

  private learned(unit: number, frequency: number) {
    const isNew = !this.hasToken.has(unit)
    this.hasToken.add(unit)
    return { unit, frequency, isNew }
  }

  private addUnit(unit: number, by: number): Candidate | undefined {
    // A command without arguments is one token as it is, and a merged unit has its token.
    const [command, more] = this.corpus.unitCommands[unit]!
    if (!this.singles || more || command!.args.length === 0) return undefined
    const one = (this.single[unit] ??= { left: unit, right: -1, count: 0, places: [], done: false })
    one.count += by
    return one
  }

  private addPair(left: number, right: number, place: number): Candidate {
    const key = left * PAIR + right
    let pair = this.pairs.get(key)
    if (!pair) {
      pair = { left, right, count: 0, places: [], done: false }
      this.pairs.set(key, pair)
    }
    pair.count++
    pair.places.push(place)
    return pair
  }

  private removePair(left: number, right: number): void {
    const pair = this.pairs.get(left * PAIR + right)
    if (pair) pair.count--
  }

  private merge(pair: Candidate): number {
    const { symbols, nextAt, lastAt } = this
    const { unitCommands } = this.corpus
    const { left, right } = pair
    const unit = this.corpus.unit([...unitCommands[left]!, ...unitCommands[right]!])
    const risen = new Set<Candidate>()
    const places = pair.places.sort((a, b) => a - b)
    pair.places = []
    for (const at of places) {
      if (symbols[at] !== left) continue
      const second = nextAt[at]!
      if (second >= symbols.length || symbols[second] !== right) continue
      const before = lastAt[at]!
      const after = nextAt[second]!
      const unitBefore = symbols[before]!
      const unitAfter = after < symbols.length ? symbols[after]! : -1
      if (unitBefore >= 0) this.removePair(unitBefore, left)
      if (unitAfter >= 0) this.removePair(right, unitAfter)
      pair.count--
      this.addUnit(left, -1)
      this.addUnit(right, -1)
      symbols[at] = unit
      symbols[second] = -2
      nextAt[at] = after
      if (after < symbols.length) lastAt[after] = at
      if (unitBefore >= 0) risen.add(this.addPair(unitBefore, unit, before))
      if (unitAfter >= 0) risen.add(this.addPair(unit, unitAfter, at))
    }
    for (const candidate of risen) if (candidate.count > 0) this.heap.push(candidate, candidate.count)
    return unit
  }
}

/** The most frequent first; of equals the one whose units came up first. */
class Heap {
  private readonly items: { candidate: Candidate; count: number }[] = []

  push(candidate: Candidate, count: number): void {
    const { items } = this
    items.push({ candidate, count })
    let at = items.length - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(at, parent)) break
      this.swap(at, parent)
      at = parent
    }
  }

  pop(): { candidate: Candidate; count: number } | undefined {
    const { items } = this
    const top = items[0]
    const last = items.pop()
    if (items.length === 0 || !last) return top
    items[0] = last
    for (let at = 0; ;) {
      const left = 2 * at + 1
      let best = at
      if (left < items.length && this.before(left, best)) best = left
      if (left + 1 < items.length && this.before(left + 1, best)) best = left + 1
      if (best === at) return top
      this.swap(at, best)
      at = best
    }
  }

  private before(a: number, b: number): boolean {
    const x = this.items[a]!
    const y = this.items[b]!
    if (x.count !== y.count) return x.count > y.count
    if (x.candidate.left !== y.candidate.left) return x.candidate.left < y.candidate.left
    return x.candidate.right < y.candidate.right
  }

  private swap(a: number, b: number): void {
    const t = this.items[a]!
    this.items[a] = this.items[b]!
    this.items[b] = t
  }
}
