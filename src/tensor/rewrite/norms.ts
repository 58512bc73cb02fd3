// Normalisations in one operator. In training the gradient needs 1/√(mean x² + ε) as well (and the mean): the
// operator has it as a second output, which then stands wherever the graph had worked it out by itself.
import { mul, sub } from '../ops/elementwise.ts'
import { makeNode, type Tensor } from '../tensor.ts'
import type { Rule } from './index.ts'
import { numberOf } from './simplify.ts'

/** Of 1/√(mean (x·x) + ε) over the last axis: x and ε. */
function inverseDeviation(tensor: Tensor): { x: Tensor; epsilon: number } | null {
  const { op, inputs } = tensor.node
  const root = op === 'Div' && numberOf(inputs[0]!) === 1 ? inputs[1]! : null
  const biased = root?.node.op === 'Sqrt' ? root.node.inputs[0]! : null
  const epsilon = biased?.node.op === 'Add' ? numberOf(biased.node.inputs[1]!) : null
  if (epsilon === null) return null
  const square = meanOfLast(biased!.node.inputs[0]!)
  if (square?.node.op !== 'Mul') return null
  const [x, same] = square.node.inputs as [Tensor, Tensor]
  return x === same ? { x, epsilon } : null
}

/** What the mean over the last axis is taken of, if the axis stays with size 1. */
function meanOfLast(tensor: Tensor): Tensor | null {
  if (tensor.node.op !== 'ReduceMean' || tensor.node.attributes.keepdims !== 1) return null
  const [x, axes] = tensor.node.inputs as [Tensor, Tensor]
  const list = axes.node.data
  return list?.length === 1 && Number(list[0]) === x.rank - 1 ? x : null
}

/** Of (x · inverse) · gain, whose first product is the unit. */
interface Parts {
  unit: Tensor
  x: Tensor
  inverse: Tensor
  gain: Tensor
}

function scaledByGain(tensor: Tensor): Parts | null {
  if (tensor.node.op !== 'Mul') return null
  const [unit, gain] = tensor.node.inputs as [Tensor, Tensor]
  if (gain.rank !== 1 || gain.shape[0] !== tensor.shape.at(-1) || unit.node.op !== 'Mul') return null
  const [x, inverse] = unit.node.inputs as [Tensor, Tensor]
  return { unit, x, inverse, gain }
}

export const rmsNorm: Rule = (node, context) => {
  const parts = node.op === 'Mul' ? scaledByGain(node.outputs[0]!) : null
  const deviation = parts && inverseDeviation(parts.inverse)
  if (!deviation || deviation.x !== parts.x || parts.x.dtype !== 'float32') return null
  const { unit, x, inverse, gain } = parts
  const apart = context.uses(unit) > 1 || context.uses(inverse) > 1
  const outputs = makeNode(
    'SimplifiedLayerNormalization',
    [x, gain],
    apart ? [...node.outputs, inverse] : node.outputs,
    { attributes: { axis: -1, epsilon: { float: deviation.epsilon }, stash_type: 1 } },
  )
  if (apart) {
    context.replace(inverse, outputs[1]!)
    context.replace(unit, mul(x, outputs[1]!))
  }
  madeOf.set(outputs[0]!, { ...parts, epsilon: deviation.epsilon })
  return [outputs[0]!]
}

/** What a norm was made of, for a bias that comes after it. */
const madeOf = new WeakMap<Tensor, Parts & { epsilon: number }>()

/** A norm of x - mean x, plus a bias: the norm without the subtraction has come to be one operator before. */
export const layerNorm: Rule = (node, context) => {
  if (node.op !== 'Add') return null
  const [scaled, bias] = node.inputs as [Tensor, Tensor]
  const parts = madeOf.get(scaled)
  if (!parts || bias.rank !== 1 || bias.shape[0] !== scaled.shape.at(-1)) return null
  const { unit, x: centred, inverse, gain, epsilon } = parts
  if (centred.node.op !== 'Sub' || context.uses(scaled) !== 1) return null
  const [x, mean] = centred.node.inputs as [Tensor, Tensor]
  if (meanOfLast(mean) !== x) return null
  const apart = context.uses(unit) > 1 || context.uses(inverse) > 1
  const outputs = makeNode(
    'LayerNormalization',
    [x, gain, bias],
    apart ? [...node.outputs, mean, inverse] : node.outputs,
    { attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 } },
  )
  if (apart) {
    const again = sub(x, outputs[1]!)
    context.replace(mean, outputs[1]!)
    context.replace(inverse, outputs[2]!)
    context.replace(centred, again)
    context.replace(unit, mul(again, outputs[2]!))
  }
  return [outputs[0]!]
}
