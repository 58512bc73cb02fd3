// One token drawn from the softmax of a row of logits. Two passes, no sorting: the sum of the weights, then the
// token in whose share the random number falls.
import type { Random } from '../../core/index.ts'
import { argmax, softmaxWeights } from './logits.ts'

/** An id, drawn with probability softmax(logits); never one of logit -Infinity unless all are. */
export function draw(logits: Float32Array, random: Pick<Random, 'float'>): number {
  const { weights, total } = softmaxWeights(logits)
  return drawByWeight(logits, weights, total, random)
}

/** The same with weights that are known already, of tokens whose logit is not -Infinity; `total` is their sum. */
export function drawByWeight(
  logits: Float32Array,
  weights: Float64Array,
  total: number,
  random: Pick<Random, 'float'>,
): number {
  let rest = random.float() * total
  let last = -1
  for (let id = 0; id < logits.length; id++) {
    const weight = weights[id]!
    if (weight === 0 || logits[id] === -Infinity) continue
    rest -= weight
    last = id
    if (rest < 0) return id
  }
  // Rounding left a crumb of the last share; or nothing is possible.
  return last < 0 ? argmax(logits) : last
}
