// Where the nucleus ends (top-p, Holtzman et al. 2020), without sorting the vocabulary: tokens go into buckets by their
// logit, the bucket in which the probability is reached is narrowed down as in Hoare's quickselect, and only a
// handful of tokens is sorted. Linear in the vocabulary, but for logits made to spite the choice of pivots.
import type { RowWeights } from './logits.ts'

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

/** The last token that is kept: in order of logits, the lower id first among equals. */
export interface Border {
  logit: number
  id: number
  /** Sum of the weights of what is kept. */
  kept: number
}

/**
 * The token with which the probabilities of the likeliest tokens reach `p`, 0 < p < 1. `row` holds the weights of the
 * logits; at least one is not 0.
 */
export function topPBorder(logits: Float32Array, { weights, total, best }: RowWeights, p: number): Border {
  const goal = p * total
  mass.fill(0)
  for (let id = 0; id < logits.length; id++) {
    const weight = weights[id]!
    if (weight > 0) mass[bucketOf(best - logits[id]!)]! += weight
  }
  let reached = 0
  let bucket = 0
  while (bucket < BUCKETS - 1 && reached + mass[bucket]! < goal) reached += mass[bucket++]!
  if (inside.length < logits.length) inside = new Uint32Array(logits.length)
  let to = 0
  for (let id = 0; id < logits.length; id++) {
    if (bucketOf(best - logits[id]!) === bucket && weights[id]! > 0) inside[to++] = id
  }
  const comesFirst = (a: number, b: number) => logits[a]! > logits[b]! || (logits[a] === logits[b] && a < b)
  let from = 0
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
  // Rounding may leave the last bucket empty: then everything is kept.
  if (last < 0) return { logit: -Infinity, id: logits.length, kept: total }
  return { logit: logits[last]!, id: last, kept: reached }
}
