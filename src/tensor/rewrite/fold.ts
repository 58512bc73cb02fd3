// What is known before the graph runs is computed then: operations on constants, in float32 as the runtime would.
// Large results stay operations, so that the graph does not grow; the runtime folds those when it opens it.
import { sizeOf } from '../dim.ts'
import { broadcastShapes } from '../ops/elementwise.ts'
import { constant, type GraphNode, type Tensor, type TensorData } from '../tensor.ts'

/** Elements of a result that is still worth a constant. */
const LARGEST = 4096

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  Neg: (x) => -x,
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Sqrt: Math.sqrt,
  Reciprocal: (x) => 1 / x,
  Sin: Math.sin,
  Cos: Math.cos,
  Tanh: Math.tanh,
  Relu: (x) => Math.max(x, 0),
  Floor: Math.floor,
  Ceil: Math.ceil,
}

const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Pow: Math.pow,
}

/** Steps between neighbours of each axis; 0 along stretched ones. */
function stridesOf(shape: readonly number[], rank: number): number[] {
  const strides = Array.from({ length: rank }, () => 0)
  let step = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1) strides[i + rank - shape.length] = step
    step *= shape[i]!
  }
  return strides
}

/** Calls back with the places that each element of `shape` has by the strides of several tensors. */
function walk(shape: readonly number[], strides: readonly (readonly number[])[]): number[][] {
  const places: number[][] = []
  const total = shape.reduce((n, size) => n * size, 1)
  for (let flat = 0; flat < total; flat++) {
    let rest = flat
    const at = strides.map(() => 0)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!
      rest = (rest - index) / shape[axis]!
      for (const [i, stride] of strides.entries()) at[i]! += index * stride[axis]!
    }
    places.push(at)
  }
  return places
}

function known(tensor: Tensor | null | undefined): tensor is Tensor {
  return tensor?.node.op === 'Constant' && tensor.node.data !== null
}

function picked(data: TensorData, places: readonly number[]): TensorData {
  const result = data.slice(0, 0).constructor as new (length: number) => TensorData
  const made = new result(places.length)
  for (const [i, place] of places.entries()) made[i] = data[place]!
  return made
}

/** The constant that a node makes of constants; null where it is no such node, or too large. */
export function folded(node: GraphNode): Tensor | null {
  const [a, b] = node.inputs
  const output = node.outputs[0]!
  const shape = output.shape.map((dim) => sizeOf(dim, new Map()))
  const length = shape.reduce<number>((n, size) => n * (size ?? Infinity), 1)
  if (!known(a) || !(length <= LARGEST) || node.outputs.length > 1) return null
  const sizes = shape as number[]
  const data = a.node.data!
  if (node.op === 'Reshape') return constant(data, sizes, output.dtype)
  if (node.op === 'Transpose') {
    const perm = node.attributes.perm as readonly number[]
    const strides = stridesOf(a.shape as number[], a.rank)
    const places = walk(sizes, [perm.map((axis) => strides[axis]!)])
    return constant(
      picked(
        data,
        places.map(([at]) => at!),
      ),
      sizes,
      output.dtype,
    )
  }
  if (a.dtype !== 'float32' || output.dtype !== 'float32') return null
  const unary = UNARY[node.op]
  if (unary) return constant(Float32Array.from(data as Float32Array, unary), sizes)
  const binary = BINARY[node.op]
  if (!binary || !known(b)) return null
  const other = b.node.data!
  const whole = broadcastShapes(node.op, a.shape, b.shape) as number[]
  const places = walk(whole, [
    stridesOf(a.shape as number[], whole.length),
    stridesOf(b.shape as number[], whole.length),
  ])
  const values = places.map(([x, y]) => binary(data[x!] as number, other[y!] as number))
  return constant(Float32Array.from(values), sizes)
}
