// Pure functions over a row of logits `[vocab]`: each changes the row in place, and what it rules out becomes
// -Infinity. In their usual order: repetition penalty (Keskar et al. 2019, CTRL), presence and frequency penalties
// (OpenAI), bias, a constraint's mask; then temperature, top-k, top-p (Holtzman et al. 2020), min-p (Nguyen et al.
// 2024), each on what the one before left.
import { argmax, softmaxWeights, topIds } from './logits.ts'

/** Divides the positive logits of these ids, multiplies the negative ones; 1 changes nothing. */
export function penaliseRepetition(logits: Float32Array, ids: Iterable<number>, penalty: number): void {
  for (const id of ids) {
    const logit = logits[id]
    if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty
  }
}

/** Subtracts `presence` once and `frequency` for each time that a token has come. */
export function penaliseCounts(
  logits: Float32Array,
  counts: ReadonlyMap<number, number>,
  presence: number,
  frequency: number,
): void {
  for (const [id, count] of counts) {
    if (count > 0 && id < logits.length) logits[id]! -= presence + frequency * count
  }
}

/** Adds to the logits of some tokens; -Infinity rules one out. */
export function addBias(logits: Float32Array, bias: ReadonlyMap<number, number>): void {
  for (const [id, value] of bias) if (id < logits.length) logits[id]! += value
}

/** Keeps the ids whose bit is set (bit `id & 31` of word `id >> 5`); ids beyond the mask cannot come. */
export function keepMask(logits: Float32Array, mask: Uint32Array): void {
  const whole = Math.min(mask.length, logits.length >> 5)
  for (let word = 0; word < whole; word++) {
    const bits = mask[word]!
    if (bits === 0xffffffff) continue
    const from = word << 5
    if (bits === 0) logits.fill(-Infinity, from, from + 32)
    else for (let bit = 0; bit < 32; bit++) if (((bits >>> bit) & 1) === 0) logits[from + bit] = -Infinity
  }
  for (let id = whole << 5; id < logits.length; id++) {
    const bits = mask[id >> 5]
    if (bits === undefined || ((bits >>> (id & 31)) & 1) === 0) logits[id] = -Infinity
  }
}

export function divideByTemperature(logits: Float32Array, temperature: number): void {
  const factor = 1 / temperature
  for (let id = 0; id < logits.length; id++) logits[id]! *= factor
}

/** Keeps the k likeliest tokens; the lower ids among equals at the border. */
export function keepTopK(logits: Float32Array, k: number): void {
  if (k >= logits.length) return
  keepOnly(logits, topIds(logits, k))
}

/** Logits within this distance of the best one are told apart by the buckets of `keepTopP`. */
const BUCKETS_SPAN = 32
const BUCKETS = 2048

/**
 * Keeps the likeliest tokens up to the one with which their probabilities reach `p`; at least one. Linear: tokens go
 * into buckets by their logit, whole buckets are kept from the best one on, and only the bucket in which `p` is
 * reached is sorted. Gives exp(logit - best) by id, until the next call.
 */
export function keepTopP(logits: Float32Array, p: number): Float64Array {
  const { weights, total } = softmaxWeights(logits)
  const best = logits[argmax(logits)]!
  if (p >= 1 || !(best > -Infinity)) return weights
  const bucketOf = (logit: number) =>
    Math.min(BUCKETS - 1, Math.floor((best - logit) * (BUCKETS / BUCKETS_SPAN)))
  const mass = new Float64Array(BUCKETS)
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] !== -Infinity) mass[bucketOf(logits[id]!)]! += weights[id]!
  }
  let reached = 0
  let border = 0
  while (border < BUCKETS - 1 && reached + mass[border]! < p * total) reached += mass[border++]!
  const inside: number[] = []
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] === -Infinity) continue
    const bucket = bucketOf(logits[id]!)
    if (bucket > border) logits[id] = -Infinity
    else if (bucket === border) inside.push(id)
  }
  inside.sort((a, b) => logits[b]! - logits[a]! || a - b)
  for (const [at, id] of inside.entries()) {
    const first = at === 0 && reached === 0
    if (weights[id] === 0 || (!first && reached >= p * total)) logits[id] = -Infinity
    else reached += weights[id]!
  }
  return weights
}

/** Keeps the tokens at least `share` times as likely as the likeliest one. */
export function keepMinP(logits: Float32Array, share: number): void {
  if (share <= 0) return
  const floor = logits[argmax(logits)]! + Math.log(share)
  for (let id = 0; id < logits.length; id++) if (logits[id]! < floor) logits[id] = -Infinity
}

function keepOnly(logits: Float32Array, ids: ArrayLike<number>): void {
  const values = new Float32Array(ids.length)
  for (let i = 0; i < ids.length; i++) values[i] = logits[ids[i]!]!
  logits.fill(-Infinity)
  for (let i = 0; i < ids.length; i++) logits[ids[i]!] = values[i]!
}
