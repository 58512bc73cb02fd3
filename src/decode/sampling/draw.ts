// One token drawn from the softmax of a row of logits. Two passes, no sorting: the sum of the weights, then the
// token in whose share the random number falls.
import type { Random } from '../../core/index.ts'
import { argmax } from './logits.ts'

/** An id, drawn with probability softmax(logits); never one of logit -Infinity unless all are. */
export function draw(logits: Float32Array, random: Pick<Random, 'float'>): number {
  const likeliest = argmax(logits)
  const best = logits[likeliest]!
  if (!(best > -Infinity)) return likeliest
  let total = 0
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] !== -Infinity) total += Math.exp(logits[id]! - best)
  }
  let rest = random.float() * total
  let last = likeliest
  for (let id = 0; id < logits.length; id++) {
    if (logits[id] === -Infinity) continue
    const weight = Math.exp(logits[id]! - best)
    if (weight === 0) continue
    rest -= weight
    last = id
    if (rest < 0) return id
  }
  // Rounding left a crumb of the last share.
  return last
}
