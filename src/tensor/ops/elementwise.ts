// Operations on each element, with broadcasting as in NumPy: shapes are aligned at the right, a size of 1
// stretches, and a named dimension fits only itself (or 1).
import type { Shape } from '../dim.ts'
import { shapeText } from '../dim.ts'
import {
  type DType,
  dtypeError,
  makeNode,
  operand,
  type Operand,
  scalar,
  shapeError,
  Tensor,
} from '../tensor.ts'

/** The shape that both stretch to. Throws SHAPE_MISMATCH with both shapes. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x === y || y === 1) return x
    if (x === 1) return y
    throw shapeError(op, `${shapeText(a)} and ${shapeText(b)} do not broadcast`)
  })
}

function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16'
}

const unary =
  (op: string) =>
  (x: Tensor): Tensor => {
    if (!isFloat(x.dtype) && !['Neg', 'Abs', 'Sign'].includes(op)) {
      throw dtypeError(op, `takes floating point numbers, not ${x.dtype}`)
    }
    return makeNode(op, [x], [{ dtype: x.dtype, shape: x.shape }])[0]!
  }

export const neg = unary('Neg')
export const abs = unary('Abs')
export const sign = unary('Sign')
export const exp = unary('Exp')
export const log = unary('Log')
export const sqrt = unary('Sqrt')
export const reciprocal = unary('Reciprocal')
export const tanh = unary('Tanh')
export const sigmoid = unary('Sigmoid')
export const erf = unary('Erf')
export const sin = unary('Sin')
export const cos = unary('Cos')
export const relu = unary('Relu')
export const floor = unary('Floor')
export const ceil = unary('Ceil')
/** To the nearest integer, halves to even. */
export const round = unary('Round')

function pair(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const like = a instanceof Tensor ? a : b
  if (!(like instanceof Tensor)) throw dtypeError(op, 'one of the operands is a tensor, not a number')
  const x = operand(a, like.dtype)
  const y = operand(b, like.dtype)
  if (x.dtype !== y.dtype) throw dtypeError(op, `${x.dtype} and ${y.dtype} do not mix; cast one of them`)
  return [x, y]
}

const binary =
  (op: string, gives?: DType) =>
  (a: Operand, b: Operand): Tensor => {
    const [x, y] = pair(op, a, b)
    const shape = broadcastShapes(op, x.shape, y.shape)
    return makeNode(op, [x, y], [{ dtype: gives ?? x.dtype, shape }])[0]!
  }

export const add = binary('Add')
export const sub = binary('Sub')
export const mul = binary('Mul')
export const div = binary('Div')
export const pow = binary('Pow')
export const maximum = binary('Max')
export const minimum = binary('Min')
export const equal = binary('Equal', 'bool')
export const less = binary('Less', 'bool')
export const lessOrEqual = binary('LessOrEqual', 'bool')
export const greater = binary('Greater', 'bool')
export const greaterOrEqual = binary('GreaterOrEqual', 'bool')

const logical =
  (op: string) =>
  (a: Tensor, b: Tensor): Tensor => {
    if (a.dtype !== 'bool' || b.dtype !== 'bool')
      throw dtypeError(op, `takes bool, not ${a.dtype}, ${b.dtype}`)
    return makeNode(op, [a, b], [{ dtype: 'bool', shape: broadcastShapes(op, a.shape, b.shape) }])[0]!
  }

export const and = logical('And')
export const or = logical('Or')

export function not(x: Tensor): Tensor {
  if (x.dtype !== 'bool') throw dtypeError('Not', `takes bool, not ${x.dtype}`)
  return makeNode('Not', [x], [{ dtype: 'bool', shape: x.shape }])[0]!
}

/** Elements of `a` where the condition holds, else of `b`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (condition.dtype !== 'bool') throw dtypeError('Where', `the condition is bool, not ${condition.dtype}`)
  const [x, y] = typeof a === 'number' && typeof b === 'number' ? [scalar(a), scalar(b)] : pair('Where', a, b)
  const shape = broadcastShapes('Where', condition.shape, broadcastShapes('Where', x.shape, y.shape))
  return makeNode('Where', [condition, x, y], [{ dtype: x.dtype, shape }])[0]!
}

/** The remainder of whole numbers, with the sign of the divisor (as in Python). */
export function mod(a: Operand, b: Operand): Tensor {
  const [x, y] = pair('Mod', a, b)
  if (isFloat(x.dtype) || x.dtype === 'bool') throw dtypeError('Mod', `takes whole numbers, not ${x.dtype}`)
  return makeNode('Mod', [x, y], [{ dtype: x.dtype, shape: broadcastShapes('Mod', x.shape, y.shape) }])[0]!
}

export function isNaN(x: Tensor): Tensor {
  if (!isFloat(x.dtype)) throw dtypeError('IsNaN', `takes floating point numbers, not ${x.dtype}`)
  return makeNode('IsNaN', [x], [{ dtype: 'bool', shape: x.shape }])[0]!
}

/** TensorProto.DataType. */
export const ONNX_TYPES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
}

export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x
  return makeNode('Cast', [x], [{ dtype, shape: x.shape }], { attributes: { to: ONNX_TYPES[dtype] } })[0]!
}

export function square(x: Tensor): Tensor {
  return mul(x, x)
}

/** Bounded below and above. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high)
}
