// Rotary positions in one operator, which reads cosines and sines by position: here every place of the batch has
// a row of its own.
import { type Dim, mulDims } from '../dim.ts'
import { range } from '../ops/index-ops.ts'
import { reshape } from '../ops/layout.ts'
import { makeNode, type Tensor } from '../tensor.ts'
import type { Rule } from './index.ts'

/** `[a · c, b · s]` of the two products of a node. */
function products(tensor: Tensor, op: string): readonly [Tensor, Tensor, Tensor, Tensor] | null {
  if (tensor.node.op !== op) return null
  const [first, second] = tensor.node.inputs as [Tensor, Tensor]
  if (first.node.op !== 'Mul' || second.node.op !== 'Mul') return null
  const [a, c] = first.node.inputs as [Tensor, Tensor]
  const [b, s] = second.node.inputs as [Tensor, Tensor]
  return [a, c, b, s]
}

/** [a cos - b sin, b cos + a sin] of the halves a and b of x. */
export const rotary: Rule = (node) => {
  if (node.op !== 'Concat' || node.inputs.length !== 2 || node.outputs[0]!.rank !== 4) return null
  if (node.attributes.axis !== 3 || node.outputs[0]!.dtype !== 'float32') return null
  const first = products(node.inputs[0]!, 'Sub')
  const second = products(node.inputs[1]!, 'Add')
  if (!first || !second) return null
  const [a, cosines, b, sines] = first
  const same = second[0] === b && second[1] === cosines && second[2] === a && second[3] === sines
  const halves = a.node === b.node && a.node.op === 'Split' && a.index === 0 && b.index === 1
  if (!same || !halves || a.node.outputs.length !== 2) return null
  const x = a.node.inputs[0]!
  const [batch, time, heads, width] = x.shape as [Dim, Dim, Dim, Dim]
  const fits = cosines.rank === 4 && cosines.shape[0] === batch && cosines.shape[1] === time
  if (!fits || cosines.shape[2] !== 1 || typeof width !== 'number' || typeof heads !== 'number') return null
  const places = mulDims(batch, time)
  const table = (angles: Tensor) => reshape(angles, [places, width / 2])
  const turned = makeNode(
    'RotaryEmbedding',
    [
      reshape(x, [batch, time, heads * width]),
      reshape(range(places), [batch, time]),
      table(cosines),
      table(sines),
    ],
    [{ dtype: x.dtype, shape: [batch, time, heads * width] }],
    { domain: 'com.microsoft', attributes: { interleaved: 0 } },
  )[0]!
  return [reshape(turned, x.shape)]
}
