// Reverse-mode differentiation as a transform of graphs: from a scalar back to whatever it depends on. What
// comes out is more graph, compiled and rewritten with the rest.
import { TesseraError } from '../core/index.ts'
import { shapeText } from './dim.ts'
import { ruleOf } from './gradient-rules.ts'
import { add } from './ops/elementwise.ts'
import { ones, zeros } from './ops/index-ops.ts'
import type { GraphNode, Tensor } from './tensor.ts'

/** Nodes that the outputs depend on, inputs before those who use them. */
export function nodesOf(outputs: readonly Tensor[]): GraphNode[] {
  const found = new Set<GraphNode>()
  const stack = outputs.map((tensor) => tensor.node)
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (found.has(node)) continue
    found.add(node)
    for (const x of node.inputs) if (x && !found.has(x.node)) stack.push(x.node)
  }
  return [...found].sort((a, b) => a.order - b.order)
}

/**
 * Gradients of a scalar with respect to each tensor of `by`, of their shapes; zeros where it does not depend
 * on one. `seed`: the gradient of `y` itself, for those that are no scalars. Throws SHAPE_MISMATCH without
 * one, NOT_DIFFERENTIABLE when an operation on the way has no rule.
 */
export function grad(y: Tensor, by: readonly Tensor[], seed?: Tensor): Tensor[] {
  if (!seed && y.rank > 0) {
    throw new TesseraError('SHAPE_MISMATCH', `grad: ${shapeText(y.shape)} is no scalar`, {
      hint: 'Take a mean or a sum first, or give the gradient of the output',
    })
  }
  const nodes = nodesOf([y])
  // Only nodes between `by` and `y` matter.
  const depends = new Set<GraphNode>(by.map((tensor) => tensor.node))
  for (const node of nodes) {
    if (node.inputs.some((x) => x && depends.has(x.node))) depends.add(node)
  }
  const gradients = new Map<Tensor, Tensor>([[y, seed ?? ones(y.shape, y.dtype)]])
  for (const node of nodes.reverse()) {
    if (!depends.has(node) || node.inputs.length === 0) continue
    const flowing = node.outputs.map((output) => gradients.get(output) ?? null)
    if (flowing.every((gradient) => gradient === null)) continue
    const rule = ruleOf(node.op)
    if (!rule) {
      throw new TesseraError('NOT_DIFFERENTIABLE', `${node.op} has no gradient rule`, {
        where: node.outputs[0]!.toString(),
        hint: 'Put it behind stopGradient, or give it a rule by withGradient',
      })
    }
    for (const [i, gradient] of rule(node, flowing).entries()) {
      const x = node.inputs[i]
      if (!gradient || !x || !depends.has(x.node)) continue
      const sum = gradients.get(x)
      gradients.set(x, sum ? add(sum, gradient) : gradient)
    }
  }
  return by.map((tensor) => gradients.get(tensor) ?? zeros(tensor.shape, tensor.dtype))
}
