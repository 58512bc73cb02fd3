// Activations in one operator, where nobody else needs what is computed on the way (a gradient does).
import { makeNode, type Tensor } from '../tensor.ts'
import type { Context, Rule } from './index.ts'
import { numberOf } from './simplify.ts'

/** x · sigmoid(alpha · x): alpha 1 is silu. */
export const swish: Rule = (node, context) => {
  if (node.op !== 'Mul') return null
  const [a, b] = node.inputs as [Tensor, Tensor]
  const [x, gate] = b.node.op === 'Sigmoid' ? [a, b] : [b, a]
  if (gate.node.op !== 'Sigmoid' || context.uses(gate) !== 1) return null
  const inner = gate.node.inputs[0]!
  const alpha = inner === x ? 1 : factorOf(inner, x)
  if (alpha === null) return null
  return makeNode('QuickGelu', [x], node.outputs, {
    domain: 'com.microsoft',
    attributes: { alpha: { float: alpha } },
  })
}

/** The number by which `x` is multiplied to give `tensor`. */
function factorOf(tensor: Tensor, x: Tensor): number | null {
  if (tensor.node.op !== 'Mul' || tensor.node.inputs[0] !== x) return null
  return numberOf(tensor.node.inputs[1]!)
}

const near = (a: number | null, b: number) => a !== null && Math.abs(a - b) <= 1e-6 * Math.abs(b)

/** x · (gate(…) + 1) · ½, the shape that both forms of gelu share: x and the gate. */
function halved(node: Parameters<Rule>[0], context: Context): { x: Tensor; gate: Tensor } | null {
  if (node.op !== 'Mul' || !near(numberOf(node.inputs[1]!), 0.5)) return null
  const product = node.inputs[0]!
  if (product.node.op !== 'Mul' || context.uses(product) !== 1) return null
  const [x, sum] = product.node.inputs as [Tensor, Tensor]
  if (sum.node.op !== 'Add' || numberOf(sum.node.inputs[1]!) !== 1) return null
  const gate = sum.node.inputs[0]!
  return context.uses(sum) === 1 && context.uses(gate) === 1 ? { x, gate } : null
}

/** `[x, bias]` of a sum with a vector over the last axis, for operators that take both. */
function biased(x: Tensor): readonly [Tensor, Tensor] | null {
  if (x.node.op !== 'Add') return null
  const [a, b] = x.node.inputs as [Tensor, Tensor]
  return b.rank === 1 && a.rank > 1 && b.shape[0] === a.shape.at(-1) ? [a, b] : null
}

/** Gelu, or BiasGelu where a bias is added just before. */
export const gelu: Rule = (node, context) => {
  const found = halved(node, context)
  if (found?.gate.node.op !== 'Erf' || found.x.dtype !== 'float32') return null
  if (!near(factorOf(found.gate.node.inputs[0]!, found.x), Math.SQRT1_2)) return null
  const parts = onlyHere(found.x, context, 2)
  if (parts) return makeNode('BiasGelu', parts, node.outputs, { domain: 'com.microsoft' })
  return makeNode('Gelu', [found.x], node.outputs, { domain: 'com.microsoft' })
}

/** The form with tanh; FastGelu takes the bias, too. */
export const fastGelu: Rule = (node, context) => {
  const found = halved(node, context)
  if (found?.gate.node.op !== 'Tanh' || found.x.dtype !== 'float32') return null
  const { x, gate } = found
  const scaled = gate.node.inputs[0]!
  if (scaled.node.op !== 'Mul' || !near(numberOf(scaled.node.inputs[1]!), Math.sqrt(2 / Math.PI))) return null
  const sum = scaled.node.inputs[0]!
  if (sum.node.op !== 'Add' || sum.node.inputs[0] !== x) return null
  const cube = sum.node.inputs[1]!
  if (cube.node.op !== 'Mul' || !near(numberOf(cube.node.inputs[1]!), 0.044715)) return null
  const power = cube.node.inputs[0]!
  if (power.node.op !== 'Mul' || power.node.inputs[1] !== x) return null
  const square = power.node.inputs[0]!
  if (square.node.op !== 'Mul' || square.node.inputs.some((factor) => factor !== x)) return null
  return makeNode('FastGelu', onlyHere(x, context, 5) ?? [x], node.outputs, { domain: 'com.microsoft' })
}

/** The bias is taken in only when the sum has no use beside this activation's. */
function onlyHere(x: Tensor, context: Context, uses: number): readonly [Tensor, Tensor] | null {
  return context.uses(x) === uses ? biased(x) : null
}
