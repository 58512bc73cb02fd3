// Pure functions over a row of logits `[vocab]`: each changes the row in place, and what it rules out becomes
// -Infinity. In their usual order: repetition penalty (Keskar et al. 2019, CTRL), presence and frequency penalties
// (OpenAI), bias, a constraint's mask; then temperature, top-k, top-p (Holtzman et al. 2020), min-p (Nguyen et al.
// 2024), each on what the one before left.
import { argmax, topIds } from './logits.ts'

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

/** Keeps the likeliest tokens up to the one with which their probabilities reach `p`; at least one. */
export function keepTopP(logits: Float32Array, p: number): void {
  if (p >= 1) return
  const best = logits[argmax(logits)]!
  const weights = new Float64Array(logits.length)
  let total = 0
  let possible = 0
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] === -Infinity) continue
    weights[id] = Math.exp(logits[id]! - best)
    total += weights[id]!
    possible++
  }
  // All tokens below this share hold less than 1 - p together, so the ones above it are enough.
  const floor = ((1 - p) * total) / possible
  const heap: number[] = []
  for (let id = 0; id < logits.length; id++) {
    if (weights[id]! >= floor && weights[id]! > 0) heap.push(id)
  }
  const better = (a: number, b: number) => weights[a]! > weights[b]! || (weights[a] === weights[b] && a < b)
  const sink = (at: number, size: number) => {
    const id = heap[at]!
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && better(heap[child + 1]!, heap[child]!)) child++
      if (!better(heap[child]!, id)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = id
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at--) sink(at, heap.length)
  const kept: number[] = []
  let reached = 0
  for (let size = heap.length; size > 0 && (kept.length === 0 || reached < p * total);) {
    const id = heap[0]!
    kept.push(id)
    reached += weights[id]!
    heap[0] = heap[--size]!
    sink(0, size)
  }
  if (kept.length > 0) keepOnly(logits, kept)
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
