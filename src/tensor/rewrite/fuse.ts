// Chains that ONNX Runtime has one fast operator for. Measured on its CPU provider: a transpose or a scale
// folded into a matrix product costs nothing, a normalisation in one pass saves about a tenth of a small step.
import type { Tensor } from '../tensor.ts'
import { makeNode } from '../tensor.ts'
import type { Context, Rule } from './index.ts'
import { fastGelu, gelu, swish } from './activations.ts'
import { layerNorm, rmsNorm } from './norms.ts'
import { rotary } from './rotary.ts'
import { numberOf } from './simplify.ts'

/** x when the tensor is x with its last two axes swapped. */
function swapped(tensor: Tensor): Tensor | null {
  if (tensor.node.op !== 'Transpose') return null
  const perm = tensor.node.attributes.perm as readonly number[]
  const rank = perm.length
  const swap = perm.every((axis, i) => axis === (i < rank - 2 ? i : 2 * rank - 3 - i))
  return swap ? tensor.node.inputs[0]! : null
}

/** `[x, factor]` when the tensor is x times a number. */
function scaled(tensor: Tensor): [Tensor, number] | null {
  const { op, inputs } = tensor.node
  if (op !== 'Mul' && op !== 'Div') return null
  const right = numberOf(inputs[1]!)
  if (right !== null && inputs[0]!.rank === tensor.rank) return [inputs[0]!, op === 'Mul' ? right : 1 / right]
  const left = numberOf(inputs[0]!)
  return op === 'Mul' && left !== null && inputs[1]!.rank === tensor.rank ? [inputs[1]!, left] : null
}

/** MatMul of transposed operands; the copy that a transpose makes is saved even when others need it too. */
const matmul: Rule = (node) => {
  if (node.op !== 'MatMul' || node.outputs[0]!.dtype !== 'float32') return null
  const [a, b] = node.inputs as [Tensor, Tensor]
  const left = swapped(a)
  const right = swapped(b)
  if (!left && !right) return null
  return makeNode('FusedMatMul', [left ?? a, right ?? b], node.outputs, {
    domain: 'com.microsoft',
    attributes: { transA: left ? 1 : 0, transB: right ? 1 : 0, alpha: { float: 1 } },
  })
}

/** A product times a number, where nobody else needs the product itself. */
const scale: Rule = (node, context) => {
  const found = scaled(node.outputs[0]!)
  if (!found) return null
  const [x, factor] = found
  const { op, domain, inputs, attributes } = x.node
  if ((op !== 'MatMul' && op !== 'FusedMatMul') || x.dtype !== 'float32' || context.uses(x) !== 1) return null
  const alpha = (attributes.alpha as { float: number } | undefined)?.float ?? 1
  return makeNode('FusedMatMul', inputs, node.outputs, {
    domain: domain || 'com.microsoft',
    attributes: { transA: 0, transB: 0, ...attributes, alpha: { float: alpha * factor } },
  })
}

const RULES: readonly Rule[] = [matmul, scale, swish, gelu, fastGelu, rmsNorm, layerNorm, rotary]

export const fuse: Rule = (node, context: Context, original) => {
  for (const rule of RULES) {
    const result = rule(node, context, original)
    if (result) return result
  }
  return null
}
