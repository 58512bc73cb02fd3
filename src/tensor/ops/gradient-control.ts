// Operations that change nothing but what flows back through them.
import { makeNode, type GraphNode, type Tensor } from '../tensor.ts'
import { add, sub } from './elementwise.ts'

/** Gradients of the inputs given the gradient of the output; null where none flows. */
export type CustomRule = (gradient: Tensor) => readonly (Tensor | null)[]

const rules = new WeakMap<GraphNode, CustomRule>()

/** The same value; no gradient passes. */
export function stopGradient(x: Tensor): Tensor {
  return makeNode('StopGradient', [x], [{ dtype: x.dtype, shape: x.shape }])[0]!
}

/** The value of `hard`, the gradient of `soft` (Bengio et al. 2013). */
export function straightThrough(hard: Tensor, soft: Tensor): Tensor {
  return add(soft, stopGradient(sub(hard, soft)))
}

/** The value of `y`; its gradient goes to `inputs` by `rule`, and not into what made `y`. */
export function withGradient(y: Tensor, inputs: readonly Tensor[], rule: CustomRule): Tensor {
  const made = makeNode('WithGradient', [y, ...inputs], [{ dtype: y.dtype, shape: y.shape }])[0]!
  rules.set(made.node, rule)
  return made
}

export function customRuleOf(node: GraphNode): CustomRule {
  return rules.get(node)!
}
