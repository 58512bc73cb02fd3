// Reductions over axes, and broadcasting undone, which is what gradients of broadcasting need.
import { type Dim, mulDims, sameShape, type Shape, shapeText } from '../dim.ts'
import { axisOf, constant, dtypeError, makeNode, scalar, shapeError, type Tensor } from '../tensor.ts'
import { add, cast, div, exp, log, mul, sub } from './elementwise.ts'

export interface ReduceOptions {
  /** Leave reduced axes in the shape, with size 1. Default false. */
  keep?: boolean
}

function reduce(op: string, x: Tensor, axes: readonly number[], { keep = false }: ReduceOptions): Tensor {
  if (x.dtype === 'bool') throw dtypeError(op, 'takes numbers, not bool')
  const reduced = axes.map((axis) => axisOf(axis, x, op)).sort((a, b) => a - b)
  if (new Set(reduced).size !== reduced.length)
    throw shapeError(op, `an axis is named twice: ${axes.join(', ')}`)
  if (reduced.length === 0) return x
  const shape = keep
    ? x.shape.map((dim, i) => (reduced.includes(i) ? 1 : dim))
    : x.shape.filter((_, i) => !reduced.includes(i))
  const list = constant(BigInt64Array.from(reduced, BigInt), [reduced.length])
  return makeNode(op, [x, list], [{ dtype: x.dtype, shape }], { attributes: { keepdims: keep ? 1 : 0 } })[0]!
}

function allAxes(x: Tensor): number[] {
  return x.shape.map((_, i) => i)
}

/** Default: over all axes, to a scalar. */
export function sum(x: Tensor, axes: readonly number[] = allAxes(x), options: ReduceOptions = {}): Tensor {
  return reduce('ReduceSum', x, axes, options)
}

export function mean(x: Tensor, axes: readonly number[] = allAxes(x), options: ReduceOptions = {}): Tensor {
  return reduce('ReduceMean', x, axes, options)
}

export function max(x: Tensor, axes: readonly number[] = allAxes(x), options: ReduceOptions = {}): Tensor {
  return reduce('ReduceMax', x, axes, options)
}

export function min(x: Tensor, axes: readonly number[] = allAxes(x), options: ReduceOptions = {}): Tensor {
  return reduce('ReduceMin', x, axes, options)
}

/** Mean of squared distances from the mean; `correction`: taken off the number of elements (1: unbiased). */
export function variance(
  x: Tensor,
  axes: readonly number[] = allAxes(x),
  { keep = false, correction = 0 }: ReduceOptions & { correction?: number } = {},
): Tensor {
  const centred = sub(x, mean(x, axes, { keep: true }))
  const squares = mul(centred, centred)
  if (correction === 0) return mean(squares, axes, { keep })
  const reduced = axes.map((axis) => axisOf(axis, x, 'Variance'))
  return div(sum(squares, axes, { keep }), sub(foldedElements(x.shape, reduced), correction))
}

const indexOfExtremum =
  (op: string) =>
  (x: Tensor, axis: number, { keep = false }: ReduceOptions = {}): Tensor => {
    const at = axisOf(axis, x, op)
    const shape = keep ? x.shape.map((dim, i) => (i === at ? 1 : dim)) : x.shape.filter((_, i) => i !== at)
    const attributes = { axis: at, keepdims: keep ? 1 : 0 }
    return makeNode(op, [x], [{ dtype: 'int64', shape }], { attributes })[0]!
  }

/** Index of the largest element along an axis (the first of equals), int64. */
export const argmax = indexOfExtremum('ArgMax')
/** Index of the smallest. */
export const argmin = indexOfExtremum('ArgMin')

/** True where all elements along an axis are; bool. */
export function all(x: Tensor, axis: number, options: ReduceOptions = {}): Tensor {
  if (x.dtype !== 'bool') throw dtypeError('All', `takes bool, not ${x.dtype}`)
  return cast(min(cast(x, 'int32'), [axis], options), 'bool')
}

/** True where any element along an axis is; bool. */
export function any(x: Tensor, axis: number, options: ReduceOptions = {}): Tensor {
  if (x.dtype !== 'bool') throw dtypeError('Any', `takes bool, not ${x.dtype}`)
  return cast(max(cast(x, 'int32'), [axis], options), 'bool')
}

/** log Σ exp along an axis, without overflow; keeps the axis with size 1. */
export function logSumExp(x: Tensor, axis: number): Tensor {
  const top = max(x, [axis], { keep: true })
  return add(log(sum(exp(sub(x, top)), [axis], { keep: true })), top)
}

/** The size of a (named) dimension as a float32 scalar. */
export function dimSize(dim: Dim): Tensor {
  if (typeof dim === 'number') return scalar(dim)
  return makeNode('DimSize', [], [{ dtype: 'float32', shape: [] }], { sizes: [[dim]] })[0]!
}

/** Stretches to a shape. Throws SHAPE_MISMATCH where it does not broadcast to it. */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const fits =
    x.rank <= shape.length && x.shape.every((dim, i) => dim === 1 || dim === shape[i + shape.length - x.rank])
  if (!fits) throw shapeError('Expand', `${shapeText(x.shape)} does not stretch to ${shapeText(shape)}`)
  return makeNode('Expand', [x], [{ dtype: x.dtype, shape }], { sizes: [shape] })[0]!
}

/** Sums over whatever broadcasting from `shape` had stretched. */
export function unbroadcast(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x
  const extra = x.rank - shape.length
  const leading = Array.from({ length: extra }, (_, i) => i)
  const summed = leading.length > 0 ? sum(x, leading) : x
  const stretched = shape.flatMap((dim, i) => (dim === 1 && summed.shape[i] !== 1 ? [i] : []))
  return sum(summed, stretched, { keep: true })
}

/** Number of elements that a reduction from `from` folds into each one of `to`. */
export function foldedElements(from: Shape, axes: readonly number[]): Tensor {
  return dimSize(axes.reduce<Dim>((product, axis) => mulDims(product, from[axis]!), 1))
}
