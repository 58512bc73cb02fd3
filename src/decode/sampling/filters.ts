// Pure functions over a row of logits `[vocab]`: each changes the row in place, and what it rules out becomes
// -Infinity. In their usual order: repetition penalty (Keskar et al. 2019, CTRL), presence and frequency penalties
// (OpenAI), bias, a constraint's mask; then temperature, top-k, top-p (Holtzman et al. 2020), min-p (Nguyen et al.
// 2024), each on what the one before left.
import { argmax, topIds } from './logits.ts'
import { nucleus } from './top-p.ts'

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

/**
 * Keeps the likeliest tokens up to the one with which their probabilities reach `p`, 0 < p ≤ 1; at least one. Tokens of
 * no weight beside the best one go, too.
 */
export function keepTopP(logits: Float32Array, p: number): void {
  if (p >= 1) return
  const { weights, total, least } = nucleus(logits, p)
  if (total === 0) return
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! < least || weights[id] === 0) logits[id] = -Infinity
  }
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
