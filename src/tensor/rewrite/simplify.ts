// What algebra says is nothing: adding zero, multiplying by one, two transposes in a row, arithmetic of
// constants.
import { mulDims, sameShape } from '../dim.ts'
import { mul } from '../ops/elementwise.ts'
import { reshape, split, transpose } from '../ops/layout.ts'
import type { GraphNode, Tensor } from '../tensor.ts'
import { folded } from './fold.ts'
import type { Rule } from './index.ts'

/** The number of a constant with one element. */
export function numberOf(tensor: Tensor | null): number | null {
  const data = tensor?.node.data
  return data?.length === 1 ? Number(data[0]) : null
}

const NEUTRAL = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** The operand that is left when the other one changes nothing, if it has the result's shape. */
function neutral(node: GraphNode): Tensor | null {
  if (!NEUTRAL.has(node.op)) return null
  const [a, b] = node.inputs as [Tensor, Tensor]
  const { shape } = node.outputs[0]!
  const x = numberOf(a)
  const y = numberOf(b)
  if (node.op === 'Add' && y === 0 && sameShape(a.shape, shape)) return a
  if (node.op === 'Add' && x === 0 && sameShape(b.shape, shape)) return b
  if (node.op === 'Sub' && y === 0 && sameShape(a.shape, shape)) return a
  if (node.op === 'Mul' && y === 1 && sameShape(a.shape, shape)) return a
  if (node.op === 'Mul' && x === 1 && sameShape(b.shape, shape)) return b
  if (node.op === 'Div' && y === 1 && sameShape(a.shape, shape)) return a
  return null
}

/**
 * Split of [.., n, d] that was [.., n·d]: the pieces are split off first and reshaped then, since whoever takes a
 * piece often reshapes it again.
 */
function splitBeforeReshape(node: GraphNode): readonly Tensor[] | null {
  const [a] = node.inputs
  if (node.op !== 'Split' || a!.node.op !== 'Reshape') return null
  const x = a!.node.inputs[0]!
  const axis = node.attributes.axis as number
  const width = a!.shape[axis + 1]
  const joins =
    axis === x.rank - 1 &&
    a!.rank === axis + 2 &&
    typeof width === 'number' &&
    sameShape(x.shape.slice(0, axis), a!.shape.slice(0, axis))
  if (!joins) return null
  const widths = node.outputs.map((output) => mulDims(output.shape[axis]!, width))
  return split(x, widths, axis).map((piece, i) => reshape(piece, node.outputs[i]!.shape))
}

/** x · s for a scalar s (of rank 0, whatever it is computed from; a constant where x is one too): x and s. */
function scaledBy(tensor: Tensor): { x: Tensor; scale: Tensor } | null {
  if (tensor.node.op !== 'Mul' || tensor.dtype !== 'float32') return null
  const [a, b] = tensor.node.inputs as [Tensor, Tensor]
  const scales = (scale: Tensor, x: Tensor) => scale.rank === 0 && (x.rank > 0 || numberOf(scale) !== null)
  if (scales(b, a)) return { x: a, scale: b }
  return scales(a, b) ? { x: b, scale: a } : null
}

function product(a: Tensor, b: Tensor): Tensor {
  const made = mul(a, b)
  return folded(made.node) ?? made
}

/** Scalars are multiplied with each other before they meet a tensor: (x·s)·t = x·(s·t), (x·s)·(y·t) = (x·y)·(s·t). */
function gatherScales(node: GraphNode): Tensor | null {
  if (node.op !== 'Mul') return null
  const [a, b] = node.inputs as [Tensor, Tensor]
  const [left, right] = [scaledBy(a), scaledBy(b)]
  const meets = (scale: Tensor) => scale.rank === 0 && (node.outputs[0]!.rank > 0 || numberOf(scale) !== null)
  if (left && meets(b)) return product(left.x, product(left.scale, b))
  if (right && meets(a)) return product(right.x, product(right.scale, a))
  if (left && right) return mul(mul(left.x, right.x), product(left.scale, right.scale))
  return null
}

export const simplify: Rule = (node) => {
  const [a] = node.inputs
  const output = node.outputs[0]!
  // Differentiation is done: what steered it is in the way of all other rules.
  if (node.op === 'StopGradient' || node.op === 'WithGradient') return [a!]
  const scaling = gatherScales(node)
  if (scaling) return [scaling]
  const constant = folded(node)
  if (constant) return [constant]
  const left = neutral(node)
  if (left) return [left]
  if (node.op === 'Neg' && a!.node.op === 'Neg') return [a!.node.inputs[0]!]
  if (node.op === 'Reshape' && a!.node.op === 'Reshape') return [reshape(a!.node.inputs[0]!, output.shape)]
  const pieces = splitBeforeReshape(node)
  if (pieces) return pieces
  if (node.op === 'Transpose' && a!.node.op === 'Transpose') {
    const inner = a!.node.attributes.perm as readonly number[]
    const outer = node.attributes.perm as readonly number[]
    return [
      transpose(
        a!.node.inputs[0]!,
        outer.map((axis) => inner[axis]!),
      ),
    ]
  }
  return null
}
