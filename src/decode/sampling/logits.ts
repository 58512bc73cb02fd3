// What is read off a row of logits: the best token, the normaliser, the likeliest tokens in order, and scores of
// tokens as log-probabilities. -Infinity is a logit like any other: a token that cannot come.
import { expOfNegative } from './exp.ts'

/** Id of the largest logit; the lowest id among equals. 0 when all are -Infinity or NaN. */
export function argmax(logits: Float32Array): number {
  let best = 0
  let most = -Infinity
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! > most) {
      most = logits[id]!
      best = id
    }
  }
  return best
}

/** ln Σ exp(logits); -Infinity when nothing is possible. */
export function logSumExp(logits: Float32Array): number {
  return logSumExpFrom(logits, logits[argmax(logits)]!)
}

/** The same for a row whose largest logit is known. */
function logSumExpFrom(logits: Float32Array, best: number): number {
  if (!(best > -Infinity)) return -Infinity
  let sum = 0
  for (let id = 0; id < logits.length; id++) sum += expOfNegative(logits[id]! - best)
  return best + Math.log(sum)
}

/** exp((logit - best) · factor) by id, their sum, and the best logit. */
export interface RowWeights {
  weights: Float64Array
  total: number
  best: number
}

let scratch = new Float64Array(0)

/** Room for the weights of a row; used again by the next one. */
export function weightsFor({ length }: Float32Array): Float64Array {
  if (scratch.length < length) scratch = new Float64Array(length)
  return scratch
}

/**
 * The weights of a row at temperature 1/factor, and their sum. The array is used again by the next call, and may be
 * longer than the row: it is for right now. All weights are 0 when nothing is possible.
 */
export function softmaxWeights(logits: Float32Array, factor = 1): RowWeights {
  const weights = weightsFor(logits)
  const best = logits[argmax(logits)]!
  let total = 0
  for (let id = 0; id < logits.length; id++) {
    // -Infinity less -Infinity is NaN, whose weight is 0.
    const weight = expOfNegative((logits[id]! - best) * factor)
    weights[id] = weight
    total += weight
  }
  return { weights, total, best }
}

/**
 * Ids of the `count` largest logits, best first, the lower id first among equals; tokens that cannot come are left
 * out. One pass with a heap of `count` entries.
 */
export function topIds(logits: Float32Array, count: number): Uint32Array {
  const room = Math.min(count, logits.length)
  if (room <= 0) return new Uint32Array(0)
  // The worst kept one is at the root.
  const heap = new Uint32Array(room)
  let size = 0
  let least = -Infinity
  const worse = (a: number, b: number) => logits[a]! < logits[b]! || (logits[a] === logits[b] && a > b)
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!
    // Also what is not a number. Until there are enough, all that can come are taken.
    if (!(logit > least)) continue
    let at = size === room ? 0 : size++
    if (at > 0 || size === 1) {
      for (let parent = (at - 1) >> 1; at > 0 && worse(id, heap[parent]!); parent = (at - 1) >> 1) {
        heap[at] = heap[parent]!
        at = parent
      }
    } else {
      for (let child = 1; child < room; child = 2 * at + 1) {
        if (child + 1 < room && worse(heap[child + 1]!, heap[child]!)) child++
        if (!worse(heap[child]!, id)) break
        heap[at] = heap[child]!
        at = child
      }
    }
    heap[at] = id
    if (size === room) least = logits[heap[0]!]!
  }
  return heap.subarray(0, size).sort((a, b) => (worse(a, b) ? 1 : -1))
}

/** A token with its log-probability (natural logarithm). */
export interface ScoredToken {
  id: number
  logprob: number
}

export interface TokenScore extends ScoredToken {
  /** The likeliest tokens in this place, best first. */
  top: ScoredToken[]
}

/** The score of a token in its row of logits `[vocab]`, beside the `count` likeliest ones. */
export function tokenScore(logits: Float32Array, id: number, count: number): TokenScore {
  const ids = topIds(logits, count)
  const total = logSumExpFrom(logits, logits[ids[0] ?? argmax(logits)]!)
  const top = Array.from(ids, (one) => ({ id: one, logprob: logits[one]! - total }))
  return { id, logprob: logits[id]! - total, top }
}

let copy = new Float32Array(0)

/** A copy of a row that is about to be written into; good until the next call. */
export function copyOfRow(logits: Float32Array): Float32Array {
  if (copy.length < logits.length) copy = new Float32Array(logits.length)
  copy.set(logits)
  return copy.subarray(0, logits.length)
}
