// What algebra says is nothing: adding zero, multiplying by one, two transposes in a row, arithmetic of
// constants.
import { mulDims, sameShape } from '../dim.ts'
import { reshape, split, transpose } from '../ops/layout.ts'
import { scalar, type GraphNode, type Tensor } from '../tensor.ts'
import type { Rule } from './index.ts'

/** The number of a constant with one element. */
export function numberOf(tensor: Tensor | null): number | null {
  const data = tensor?.node.data
  return data?.length === 1 ? Number(data[0]) : null
}

const FOLDED: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
}

/** The operand that is left when the other one changes nothing, if it has the result's shape. */
function neutral(node: GraphNode): Tensor | null {
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

export const simplify: Rule = (node) => {
  const [a, b] = node.inputs
  const output = node.outputs[0]!
  const fold = FOLDED[node.op]
  if (fold) {
    const x = numberOf(a!)
    const y = numberOf(b!)
    // Only float32: whole numbers overflow and divide otherwise.
    if (x !== null && y !== null && output.rank === 0 && output.dtype === 'float32') {
      return [scalar(Math.fround(fold(x, y)))]
    }
    const left = neutral(node)
    return left && [left]
  }
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
