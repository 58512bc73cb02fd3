// Operations that pick elements by index, and their inverses that put them back.
import { type Dim, sameShape, type Shape, shapeText } from '../dim.ts'
import { axisOf, constant, dtypeError, makeNode, scalar, shapeError, type Tensor } from '../tensor.ts'
import { cast, equal, sub } from './elementwise.ts'
import { unsqueeze } from './layout.ts'
import { dimSize, expand } from './reduce.ts'

function checkIndices(op: string, indices: Tensor): void {
  if (indices.dtype !== 'int64' && indices.dtype !== 'int32') {
    throw dtypeError(op, `indices are int64 or int32, not ${indices.dtype}`)
  }
}

/** Slices of `x` along `axis` by index: shape `x[:axis] + indices + x[axis+1:]`. An embedding is axis 0. */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  checkIndices('Gather', indices)
  const at = axisOf(axis, x, 'Gather')
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]
  return makeNode('Gather', [x, indices], [{ dtype: x.dtype, shape }], { attributes: { axis: at } })[0]!
}

/** One element for each index along an axis; the other axes of both are equal. */
export function gatherElements(x: Tensor, indices: Tensor, axis = -1): Tensor {
  checkIndices('GatherElements', indices)
  const at = axisOf(axis, x, 'GatherElements')
  const fits = x.rank === indices.rank && x.shape.every((dim, i) => i === at || dim === indices.shape[i])
  if (!fits) {
    throw shapeError(
      'GatherElements',
      `${shapeText(x.shape)} and ${shapeText(indices.shape)} differ beside axis ${axis}`,
    )
  }
  return makeNode('GatherElements', [x, indices], [{ dtype: x.dtype, shape: indices.shape }], {
    attributes: { axis: at },
  })[0]!
}

export type Reduction = 'none' | 'add'

/** `x` with rows of `updates` put where `indices` say, or added there; equal indices with `none` are an error of the caller. */
export function scatterRows(
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  reduction: Reduction = 'none',
): Tensor {
  checkIndices('ScatterRows', indices)
  if (x.rank < 1 || !sameShape(updates.shape, [...indices.shape, ...x.shape.slice(1)])) {
    throw shapeError(
      'ScatterRows',
      `${shapeText(updates.shape)} by indices ${shapeText(indices.shape)} into ${shapeText(x.shape)}`,
    )
  }
  if (x.dtype !== updates.dtype) throw dtypeError('ScatterRows', `${updates.dtype} into ${x.dtype}`)
  const rows = unsqueeze(cast(indices, 'int64'), -1)
  const output = { dtype: x.dtype, shape: x.shape }
  return makeNode('ScatterND', [x, rows, updates], [output], { attributes: { reduction } })[0]!
}

/** `x` with each update put, or added, where its index along the axis says. */
export function scatterElements(
  x: Tensor,
  indices: Tensor,
  updates: Tensor,
  axis: number,
  reduction: Reduction = 'none',
): Tensor {
  checkIndices('ScatterElements', indices)
  const at = axisOf(axis, x, 'ScatterElements')
  const fits = x.rank === indices.rank && x.shape.every((dim, i) => i === at || dim === indices.shape[i])
  if (!fits || !sameShape(indices.shape, updates.shape)) {
    throw shapeError(
      'ScatterElements',
      `${shapeText(updates.shape)} by indices ${shapeText(indices.shape)} into ${shapeText(x.shape)}`,
    )
  }
  if (x.dtype !== updates.dtype) throw dtypeError('ScatterElements', `${updates.dtype} into ${x.dtype}`)
  return makeNode('ScatterElements', [x, indices, updates], [{ dtype: x.dtype, shape: x.shape }], {
    attributes: { axis: at, reduction },
  })[0]!
}

export function zeros(shape: Shape, dtype: Tensor['dtype'] = 'float32'): Tensor {
  return expand(scalar(0, dtype), shape)
}

export function ones(shape: Shape, dtype: Tensor['dtype'] = 'float32'): Tensor {
  return expand(scalar(1, dtype), shape)
}

/** 0, 1, … size - 1 as int64 [size]. */
export function range(size: Dim): Tensor {
  return makeNode('Range', [], [{ dtype: 'int64', shape: [size] }], { sizes: [[size]] })[0]!
}

/** 1 where the last axis equals the index, else 0: shape `indices + [depth]`. */
export function oneHot(indices: Tensor, depth: Dim, dtype: Tensor['dtype'] = 'float32'): Tensor {
  checkIndices('OneHot', indices)
  return cast(equal(unsqueeze(cast(indices, 'int64'), -1), range(depth)), dtype)
}

/** Along an axis, from the last element to the first. */
export function flip(x: Tensor, axis: number): Tensor {
  const at = axisOf(axis, x, 'Flip')
  const size = x.shape[at]!
  const last = cast(sub(dimSize(size), 1), 'int64')
  return gather(x, sub(last, range(size)), at)
}

/** The `k` largest along an axis, largest first: values and int64 indices. */
export function topK(x: Tensor, k: number, axis = -1): { values: Tensor; indices: Tensor } {
  const at = axisOf(axis, x, 'TopK')
  const size = x.shape[at]!
  if (!Number.isInteger(k) || k < 1 || (typeof size === 'number' && k > size)) {
    throw shapeError('TopK', `${k} elements of axis ${axis} of ${shapeText(x.shape)}`)
  }
  const shape = x.shape.map((dim, i) => (i === at ? k : dim))
  const [values, indices] = makeNode(
    'TopK',
    [x, constant(BigInt64Array.of(BigInt(k)), [1])],
    [
      { dtype: x.dtype, shape },
      { dtype: 'int64', shape },
    ],
    { attributes: { axis: at } },
  )
  return { values: values!, indices: indices! }
}

export interface CumSumOptions {
  /** Leave each element itself out of its sum. */
  exclusive?: boolean
  /** From the end. */
  reverse?: boolean
}

/** Running sums along an axis. */
export function cumSum(
  x: Tensor,
  axis: number,
  { exclusive = false, reverse = false }: CumSumOptions = {},
): Tensor {
  const at = axisOf(axis, x, 'CumSum')
  return makeNode('CumSum', [x, scalar(at, 'int64')], [{ dtype: x.dtype, shape: x.shape }], {
    attributes: { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 },
  })[0]!
}
