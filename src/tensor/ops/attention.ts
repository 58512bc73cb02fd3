// What attention is made of: scaled dot products under a bias, and rotary positions. Plain operations that the
// rewriting fuses, with shorter gradients than theirs one by one.
import { type Dim, sameShape, shapeText } from '../dim.ts'
import { shapeError, type Tensor } from '../tensor.ts'
import { matmul, softmax } from './contract.ts'
import { add, mul, neg, sub } from './elementwise.ts'
import { withGradient } from './gradient-control.ts'
import { concat, split, transpose } from './layout.ts'
import { sum, unbroadcast } from './reduce.ts'

export interface AttentionOptions {
  /** Added to the scores; broadcast to `[…, queries, keys]`. */
  bias?: Tensor
  /** Of the products before the bias. Default 1/√headDim. */
  scale?: number
}

/**
 * softmax(scale · q kᵀ + bias) v over `[…, time, headDim]` (Vaswani et al. 2017). The gradient sums
 * output · its gradient over a head in place of probabilities · theirs over all keys, which is the same number
 * (Dao et al. 2022, §B.2). Throws SHAPE_MISMATCH.
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  const width = q.shape.at(-1)
  if (q.rank < 2 || q.rank !== k.rank || q.rank !== v.rank || width !== k.shape.at(-1)) {
    throw shapeError('Attention', `queries ${shapeText(q.shape)}, keys ${shapeText(k.shape)}`)
  }
  const { bias, scale = (width as number) ** -0.5 } = options
  if (!Number.isFinite(scale)) throw shapeError('Attention', `the scale for a head of ${width} is not known`)
  const scores = mul(matmul(q, transpose(k)), scale)
  const p = softmax(bias ? add(scores, bias) : scores)
  const y = matmul(p, v)
  return withGradient(y, bias ? [q, k, v, bias] : [q, k, v], (g) => {
    const along = sum(mul(g, y), [-1], { keep: true })
    const dScores = mul(p, sub(matmul(g, transpose(v)), along))
    const parts = [
      unbroadcast(mul(matmul(dScores, k), scale), q.shape),
      unbroadcast(mul(matmul(transpose(dScores), q), scale), k.shape),
      unbroadcast(matmul(transpose(p), g), v.shape),
    ]
    return bias ? [...parts, unbroadcast(dScores, bias.shape)] : parts
  })
}

/**
 * Rotary position embedding (Su et al. 2021), "half" form: the first half of the last axis is rotated with the
 * second. x `[batch, time, heads, headDim]`, cosines and sines `[batch, time, 1, headDim / 2]`; no gradient goes
 * to them. Going back is a rotation by minus the angle.
 */
export function rotary(x: Tensor, cosines: Tensor, sines: Tensor): Tensor {
  const [batch, time, , width] = x.shape as [Dim, Dim, Dim, Dim]
  const half = typeof width === 'number' && width % 2 === 0 ? width / 2 : null
  const fits = x.rank === 4 && half !== null && sameShape(cosines.shape, sines.shape)
  if (!fits || !sameShape(cosines.shape, [batch, time, 1, half])) {
    throw shapeError('Rotary', `${shapeText(x.shape)} by angles of ${shapeText(cosines.shape)}`)
  }
  const [a, b] = split(x, [half, half], -1) as [Tensor, Tensor]
  const turned = concat([sub(mul(a, cosines), mul(b, sines)), add(mul(b, cosines), mul(a, sines))], -1)
  return withGradient(turned, [x], (g) => [rotary(g, cosines, neg(sines))])
}
