// Unigram training (Kudo 2018, section 3.2; SentencePiece, unigram_model_trainer.cc): from a large seed
// vocabulary, two steps of expectation-maximisation, then the quarter of the pieces whose loss hurts the
// likelihood of the corpus least is dropped, and so on down to 1.1 times the wanted size; the last tenth goes
// by probability. As in SentencePiece the M-step takes digamma in place of log (a sparse prior), and pieces
// expected less than half a time are dropped on the way. Single characters stay.
import { throwIfCancelled, utf8Encode, type LongWork } from '../../../core/index.ts'
import { utf8OfSymbols, type CharacterWords } from './character-words.ts'
import { Lattice } from './lattice.ts'
import { Passes } from './passes.ts'
import type { SeedPieces } from './seed-pieces.ts'

export interface LearnPiecesOptions extends LongWork {
  /** Pieces in the end, single characters included. */
  size: number
  /** Share of the pieces that a round of pruning keeps. */
  shrinkingFactor: number
  /** Steps of expectation-maximisation per round. */
  subIterations: number
}

export interface LearnedPieces {
  /** UTF-8 of the pieces, by falling score. */
  pieces: Uint8Array[]
  /** Log-probabilities. */
  scores: Float64Array
  rounds: number
  /** Log-likelihood per symbol of the words (weighted) at the last step. */
  likelihood: number
}

/** Expected counts below this drop a piece. */
const LEAST_EXPECTED = 0.5
/** Room that is left above the wanted size until the end. */
const SLACK = 1.1
/** Words per look at the clock; milliseconds per turn of the event loop. */
const BLOCK = 2048
const SLICE = 40

export async function learnPieces(
  words: CharacterWords,
  seeds: SeedPieces,
  options: LearnPiecesOptions,
): Promise<LearnedPieces> {
  const lattice = new Lattice(words, seeds)
  const passes = new Passes(lattice)
  const begun = lattice.size
  const wanted = Math.min(begun, Math.max(options.size, Math.floor(options.size * SLACK)))
  let scores = initialScores(lattice, seeds)
  let likelihood = 0
  let symbols = 0
  for (let w = 0; w < words.weights.length; w++)
    symbols += words.weights[w]! * (words.starts[w + 1]! - 1 - words.starts[w]!)
  /** About minus the log-probability of a symbol. */
  let scale = 3

  let sliceEnd = performance.now() + SLICE
  const tell = (): void => {
    throwIfCancelled(options.signal)
    options.onProgress?.({
      stage: 'pruning pieces',
      done: begun - lattice.size,
      total: begun - wanted,
      unit: 'items',
    })
  }
  /** Runs `work` over the numbers below `count` in blocks, giving way to the event loop between them. */
  const inBlocks = async (count: number, work: (from: number, to: number) => void): Promise<void> => {
    for (let from = 0; from < count; from += BLOCK) {
      work(from, Math.min(count, from + BLOCK))
      if (performance.now() < sliceEnd) continue
      tell()
      await new Promise((resolve) => setTimeout(resolve, 0))
      throwIfCancelled(options.signal)
      sliceEnd = performance.now() + SLICE
    }
  }
  const step = async (): Promise<void> => {
    const expected = new Float64Array(lattice.size)
    const factors = scores.map((score, id) => Math.exp(score + scale * lattice.lengths[id]!))
    likelihood = 0
    await inBlocks(words.weights.length, (from, to) => {
      likelihood += passes.expect(from, to, scores, factors, scale, expected)
    })
    scale = -likelihood / symbols
    scores = maximized(lattice, expected)
  }

  let rounds = 0
  for (;;) {
    tell()
    for (let n = 0; n < options.subIterations; n++) await step()
    rounds++
    if (lattice.size <= wanted) break
    throwIfCancelled(options.signal)
    const counts = new Float64Array(lattice.size)
    await inBlocks(words.weights.length, (from, to) => passes.bestPaths(from, to, scores, counts))
    const losses = new Float64Array(lattice.size)
    const total = counts.reduce((sum, count) => sum + count, 0)
    await inBlocks(lattice.size, (from, to) => {
      for (let id = from; id < to; id++) losses[id] = loss(id, lattice, passes, scores, counts, total)
    })
    const size = Math.max(wanted, Math.floor(lattice.size * options.shrinkingFactor))
    scores = kept(lattice, scores, leastLosses(losses, lattice.characters, size))
  }
  return { ...finished(lattice, scores, options.size), rounds, likelihood: likelihood / symbols }
}

/** Relative counts; a character that does not occur counts half. */
function initialScores(lattice: Lattice, seeds: SeedPieces): Float64Array {
  const { symbols, starts, weights } = lattice.words
  const counts = new Float64Array(lattice.size)
  for (let word = 0; word < weights.length; word++) {
    for (let p = starts[word]!; p < starts[word + 1]! - 1; p++) counts[symbols[p]! - 1]! += weights[word]!
  }
  for (let i = 0; i < seeds.count.length; i++)
    counts[lattice.characters + i] = seeds.count[i]! * seeds.length[i]!
  let total = 0
  for (const count of counts) total += Math.max(count, LEAST_EXPECTED)
  return counts.map((count) => Math.log(Math.max(count, LEAST_EXPECTED) / total))
}

/** The M-step: scores from expected counts; pieces that are expected too rarely leave the lattice. */
function maximized(lattice: Lattice, expected: Float64Array): Float64Array {
  const { characters } = lattice
  const keep = new Uint8Array(expected.length)
  let total = 0
  for (let id = 0; id < expected.length; id++) {
    if (id < characters && expected[id]! < LEAST_EXPECTED) expected[id] = LEAST_EXPECTED
    if (expected[id]! < LEAST_EXPECTED) continue
    keep[id] = 1
    total += expected[id]!
  }
  const logTotal = digamma(total)
  return kept(
    lattice,
    expected.map((count, id) => (keep[id] === 1 ? digamma(count) - logTotal : 0)),
    keep,
  )
}

/**
 * What the log-likelihood per token loses without piece `id` (its best replacement takes its counts);
 * Infinity = it cannot be replaced, -Infinity = nobody needs it.
 */
function loss(
  id: number,
  lattice: Lattice,
  passes: Passes,
  scores: Float64Array,
  counts: Float64Array,
  total: number,
): number {
  if (id < lattice.characters) return Infinity
  const count = counts[id]!
  const score = passes.without(id, scores, replacement)
  if (score === -Infinity) return Infinity
  // A piece that is not even the best way to write itself is on no best path.
  if (count === 0) return -Infinity
  const logTotal = Math.log(total)
  const logTotalAfter = Math.log(total + count * (replacement.length - 1))
  let after = 0
  for (const other of replacement) after += Math.log(counts[other]! + count) - logTotalAfter
  return (count / total) * (Math.log(count) - logTotal - after)
}
const replacement: number[] = []

/** 1 for the `size` pieces whose loss is greatest, characters among them; the first of equals stay. */
function leastLosses(losses: Float64Array, characters: number, size: number): Uint8Array {
  const keep = new Uint8Array(losses.length).fill(1, 0, characters)
  const order: number[] = []
  for (let id = characters; id < losses.length; id++) if (losses[id]! > -Infinity) order.push(id)
  order.sort((a, b) => losses[b]! - losses[a]! || a - b)
  for (const id of order.slice(0, Math.max(0, size - characters))) keep[id] = 1
  return keep
}

/** Drops the pieces that `keep` does not name; returns the scores of the others. */
function kept(lattice: Lattice, scores: Float64Array, keep: Uint8Array): Float64Array {
  const renamed = new Int32Array(keep.length).fill(-1)
  let size = 0
  for (let id = 0; id < keep.length; id++) {
    if (keep[id] === 0) continue
    scores[size] = scores[id]!
    renamed[id] = size++
  }
  if (size < keep.length) lattice.keep(renamed)
  return scores.slice(0, size)
}

/** All characters, and of the others the most probable; by falling score, then in the lattice's order. */
function finished(lattice: Lattice, scores: Float64Array, size: number) {
  const { characters, lengths, places } = lattice
  const byScore = (a: number, b: number) => scores[b]! - scores[a]! || a - b
  const others = Array.from({ length: lattice.size - characters }, (_, i) => characters + i).sort(byScore)
  const chosen = [
    ...Array.from({ length: characters }, (_, i) => i),
    ...others.slice(0, Math.max(0, size - characters)),
  ].sort(byScore)
  const { words } = lattice
  return {
    pieces: chosen.map((id) =>
      id < characters
        ? utf8Encode(String.fromCodePoint(words.characters[id]!))
        : utf8OfSymbols(words, places[id]!, lengths[id]!),
    ),
    scores: Float64Array.from(chosen, (id) => scores[id]!),
  }
}

/** The logarithmic derivative of the gamma function, by its asymptotic series. */
function digamma(x: number): number {
  let result = 0
  for (; x < 7; x++) result -= 1 / x
  const y = 1 / (x - 0.5)
  const y2 = y * y
  const y4 = y2 * y2
  return (
    result + Math.log(x - 0.5) + y2 / 24 - (7 / 960) * y4 + (31 / 8064) * y4 * y2 - (127 / 30720) * y4 * y4
  )
}
