// Matrix products and what stands around them in a model: softmax, cross entropy.
import { sameShape, shapeText } from '../dim.ts'
import { axisOf, dtypeError, makeNode, shapeError, type Tensor } from '../tensor.ts'
import { broadcastShapes, cast, div, mul, neg } from './elementwise.ts'
import { withGradient } from './gradient-control.ts'
import { gatherElements, scatterElements } from './index-ops.ts'
import { squeeze, unsqueeze } from './layout.ts'
import { mean, sum } from './reduce.ts'

/** Matrix product over the last two axes, `[…, m, k] × […, k, n]`; the axes before broadcast. */
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== b.dtype) throw dtypeError('MatMul', `${a.dtype} and ${b.dtype} do not mix`)
  if (a.rank < 2 || b.rank < 2 || a.shape.at(-1) !== b.shape.at(-2)) {
    throw shapeError('MatMul', `${shapeText(a.shape)} × ${shapeText(b.shape)}: the inner sizes differ`)
  }
  const batch = broadcastShapes('MatMul', a.shape.slice(0, -2), b.shape.slice(0, -2))
  const shape = [...batch, a.shape.at(-2)!, b.shape.at(-1)!]
  return makeNode('MatMul', [a, b], [{ dtype: a.dtype, shape }])[0]!
}

const alongAxis =
  (op: string) =>
  (x: Tensor, axis = -1): Tensor => {
    const at = axisOf(axis, x, op)
    return makeNode(op, [x], [{ dtype: x.dtype, shape: x.shape }], { attributes: { axis: at } })[0]!
  }

/** exp(x) / Σ exp(x) along an axis. */
export const softmax = alongAxis('Softmax')
export const logSoftmax = alongAxis('LogSoftmax')

/** -log softmax(logits)[target] in nats, for logits `[…, vocab]` and int64 targets `[…]`. Throws SHAPE_MISMATCH. */
export function negativeLogLikelihood(logits: Tensor, targets: Tensor): Tensor {
  if (logits.rank !== targets.rank + 1 || !sameShape(logits.shape.slice(0, -1), targets.shape)) {
    throw shapeError(
      'CrossEntropy',
      `${shapeText(logits.shape)} logits for ${shapeText(targets.shape)} targets`,
    )
  }
  const indices = unsqueeze(cast(targets, 'int64'), -1)
  const losses = neg(squeeze(gatherElements(logSoftmax(logits), indices), -1))
  return withGradient(losses, [logits], (g) => {
    // g · (softmax - one-hot): the probabilities in one pass, the target's one in place.
    const gradient = unsqueeze(g, -1)
    return [scatterElements(mul(softmax(logits), gradient), indices, neg(gradient), -1, 'add')]
  })
}

/**
 * Mean negative log-likelihood in nats of `targets` [...] (int64) under `logits` [..., vocab]; with `weights`
 * [...] their weighted mean, so that padding counts nothing.
 */
export function crossEntropy(logits: Tensor, targets: Tensor, weights?: Tensor): Tensor {
  const losses = negativeLogLikelihood(logits, targets)
  if (!weights) return mean(losses)
  return div(sum(mul(losses, weights)), sum(weights))
}
