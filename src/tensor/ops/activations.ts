// Activations, with gradients that reuse what the forward pass has computed.
import type { Tensor } from '../tensor.ts'
import { abs, add, div, erf, exp, log, maximum, mul, neg, sigmoid, sub, tanh } from './elementwise.ts'
import { withGradient } from './gradient-control.ts'

/** x · sigmoid(x) (Elfwing et al. 2018), also called swish. */
export function silu(x: Tensor): Tensor {
  const gate = sigmoid(x)
  const y = mul(x, gate)
  return withGradient(y, [x], (g) => [mul(g, add(gate, sub(y, mul(y, gate))))])
}

/** x · Φ(x) (Hendrycks & Gimpel 2016); `tanh`: their approximation, which GPT-2 uses. */
export function gelu(x: Tensor, form: 'erf' | 'tanh' = 'erf'): Tensor {
  if (form === 'tanh') {
    const slope = Math.sqrt(2 / Math.PI)
    const gate = tanh(mul(add(x, mul(mul(mul(x, x), x), 0.044715)), slope))
    return withGradient(mul(mul(x, add(gate, 1)), 0.5), [x], (g) => {
      const bend = mul(add(mul(mul(x, x), 3 * 0.044715), 1), slope)
      const inner = mul(mul(x, sub(1, mul(gate, gate))), bend)
      return [mul(g, mul(add(add(gate, 1), inner), 0.5))]
    })
  }
  const gate = erf(mul(x, Math.SQRT1_2))
  return withGradient(mul(mul(x, add(gate, 1)), 0.5), [x], (g) => {
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI))
    return [mul(g, add(mul(add(gate, 1), 0.5), mul(x, density)))]
  })
}

/** x · sigmoid(1.702 x), OpenAI's approximation of gelu in CLIP. */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)))
}

/** log(1 + eˣ), without overflow. */
export function softplus(x: Tensor): Tensor {
  const y = add(maximum(x, 0), log(add(exp(neg(abs(x))), 1)))
  return withGradient(y, [x], (g) => [mul(g, sigmoid(x))])
}

/** log sigmoid(x), without overflow: the loss of preferences and of classification in two. */
export function logSigmoid(x: Tensor): Tensor {
  return neg(softplus(neg(x)))
}

/** x where positive, else slope · x. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return add(maximum(x, 0), mul(sub(x, maximum(x, 0)), slope))
}

/** x / (1 + |x|). */
export function softsign(x: Tensor): Tensor {
  return div(x, add(abs(x), 1))
}
