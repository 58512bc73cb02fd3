// A residual sum and the normalisation after it in one operator, which gives both. The sum comes first in the
// graph and the normalisation is what the operator is chosen for, so that one look ahead finds the pairs.
import { sameShape } from '../dim.ts'
import { type GraphNode, makeNode, type Tensor } from '../tensor.ts'

type Replacement = (rebuilt: GraphNode) => readonly Tensor[]

/** For the nodes of each pair, what stands in their place once their inputs are rebuilt. */
export function skipNorms(nodes: readonly GraphNode[]): ReadonlyMap<GraphNode, Replacement> {
  const replacements = new Map<GraphNode, Replacement>()
  const paired = new Set<GraphNode>()
  for (const norm of nodes) {
    // In training the deviation is wanted too, which the joined operator does not give on CPUs.
    if (norm.op !== 'SimplifiedLayerNormalization' || norm.outputs.length > 1) continue
    const [sum, gain] = norm.inputs as [Tensor, Tensor]
    const [a, b] = sum.node.inputs as [Tensor, Tensor | undefined]
    const fits =
      sum.node.op === 'Add' &&
      b !== undefined &&
      sameShape(a.shape, b.shape) &&
      sum.rank === 3 &&
      (gain.node.op === 'Constant' || gain.node.op === 'Input')
    if (!fits || paired.has(sum.node)) continue
    paired.add(sum.node)
    let normed: Tensor | undefined
    replacements.set(sum.node, (add) => {
      const { dtype, shape } = add.outputs[0]!
      const whole = { dtype, shape }
      const part = { dtype, shape: [...shape.slice(0, -1), 1] }
      const outputs = makeNode(
        'SkipSimplifiedLayerNormalization',
        [...add.inputs, gain],
        [whole, part, part, whole],
        {
          domain: 'com.microsoft',
          attributes: { epsilon: norm.attributes.epsilon! },
        },
      )
      normed = outputs[0]
      return [outputs[3]!]
    })
    replacements.set(norm, () => [normed!])
  }
  return replacements
}
