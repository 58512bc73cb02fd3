// Where the nucleus ends (top-p, Holtzman et al. 2020), without sorting the vocabulary: tokens go into buckets by their
// logit, the bucket in which the probability is reached is narrowed down as in Hoare's quickselect, and only a
// handful of tokens is sorted. Linear in the vocabulary, but for logits made to spite the choice of pivots.
import { expOfNegative } from './exp.ts'
import { argmax, type RowWeights, weightsFor } from './logits.ts'

/** Logits within this distance of the best one are told apart by the buckets; the last one has all others. */
const SPAN = 32
const BUCKETS = 2048
const PER_NAT = BUCKETS / SPAN
/** As many are sorted. */
const FEW = 48

function bucketOf(distance: number): number {
  const place = distance * PER_NAT
  return place < BUCKETS - 1 ? place | 0 : BUCKETS - 1
}

const mass = new Float64Array(BUCKETS)
let inside = new Uint32Array(0)

/** What is kept of a row. */
export interface Nucleus extends RowWeights {
  /**
   * Logit of the last token that is kept, in order of logits, the lower id first among equals: kept is what has at
   * least this logit and a weight above 0.
   */
  least: number
  /** Sum of the weights of what is kept. */
  kept: number
}

/**
 * The likeliest tokens at temperature 1/factor, up to the one with which their probabilities reach `p`, 0 < p < 1. All
 * is kept where nothing is possible. For the weights see `softmaxWeights`.
 */
export function nucleus(logits: Float32Array, p: number, factor = 1): Nucleus {
  const weights = weightsFor(logits)
  const best = logits[argmax(logits)]!
  mass.fill(0)
  let total = 0
  for (let id = 0; id < logits.length; id++) {
    const distance = (best - logits[id]!) * factor
    const weight = expOfNegative(-distance)
    weights[id] = weight
    total += weight
    if (weight > 0) mass[bucketOf(distance)]! += weight
  }
  const goal = p * total
  let reached = 0
  let bucket = 0
  while (bucket < BUCKETS - 1 && reached + mass[bucket]! < goal) reached += mass[bucket++]!
  if (inside.length < logits.length) inside = new Uint32Array(logits.length)
  let count = 0
  for (let id = 0; id < logits.length; id++) {
    const distance = (best - logits[id]!) * factor
    if (bucketOf(distance) === bucket && weights[id]! > 0) inside[count++] = id
  }
  const comesFirst = (a: number, b: number) => logits[a]! > logits[b]! || (logits[a] === logits[b] && a < b)
  let from = 0
  let to = count
  let last = -1
  while (to - from > FEW) {
    const middle = (from + to) >> 1
    const pivot = inside[middle]!
    inside[middle] = inside[to - 1]!
    let at = from
    let before = reached
    for (let i = from; i < to - 1; i++) {
      const id = inside[i]!
      if (!comesFirst(id, pivot)) continue
      inside[i] = inside[at]!
      inside[at++] = id
      before += weights[id]!
    }
    inside[to - 1] = inside[at]!
    inside[at] = pivot
    if (before >= goal) to = at
    else {
      reached = before + weights[pivot]!
      last = pivot
      from = reached >= goal ? to : at + 1
    }
  }
  const few = inside.subarray(from, to).sort((a, b) => (comesFirst(a, b) ? -1 : 1))
  for (let i = 0; i < few.length && (last < 0 || reached < goal); i++) {
    last = few[i]!
    reached += weights[last]!
  }
  const row = { weights, total, best }
  // Nothing is possible, or rounding left the last bucket empty.
  if (last < 0) return { ...row, least: -Infinity, kept: total }
  const least = logits[last]!
  for (let i = 0; i < count; i++) {
    const id = inside[i]!
    if (logits[id] === least && id > last) weights[id] = 0
  }
  return { ...row, least, kept: reached }
}
