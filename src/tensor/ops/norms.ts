// Normalisations over the last axis. Written out, so that the rewriting finds them, and with the short gradient
// that algebra gives: the long one, of each operation by itself, walks over the rows about twice as often.
import type { Tensor } from '../tensor.ts'
import { add, div, mul, sqrt, sub } from './elementwise.ts'
import { withGradient } from './gradient-control.ts'
import { mean, unbroadcast } from './reduce.ts'

const KEEP = { keep: true } as const

/** x · gain / √(mean x² + ε) over the last axis, gain `[dim]` (Zhang & Sennrich 2019). */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon = 1e-6): Tensor {
  const inverse = div(1, sqrt(add(mean(mul(x, x), [-1], KEEP), epsilon)))
  return withGradient(mul(mul(x, inverse), gain), [x, gain], (g) => {
    const unit = mul(x, inverse)
    const pull = mul(g, gain)
    const along = mean(mul(pull, unit), [-1], KEEP)
    return [mul(sub(pull, mul(unit, along)), inverse), unbroadcast(mul(g, unit), gain.shape)]
  })
}

/** Layer normalisation over the last axis (Ba et al. 2016), gain and bias `[dim]`. */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor | null = null, epsilon = 1e-5): Tensor {
  const centred = sub(x, mean(x, [-1], KEEP))
  const inverse = div(1, sqrt(add(mean(mul(centred, centred), [-1], KEEP), epsilon)))
  const scaled = mul(mul(centred, inverse), gain)
  const inputs = bias ? [x, gain, bias] : [x, gain]
  return withGradient(bias ? add(scaled, bias) : scaled, inputs, (g) => {
    const unit = mul(centred, inverse)
    const pull = mul(g, gain)
    const along = mean(mul(pull, unit), [-1], KEEP)
    const dx = mul(sub(sub(pull, mean(pull, [-1], KEEP)), mul(unit, along)), inverse)
    const dGain = unbroadcast(mul(g, unit), gain.shape)
    return bias ? [dx, dGain, unbroadcast(g, bias.shape)] : [dx, dGain]
  })
}
