// Operations that move elements and change none: reshape, transpose, slice, concat, split, pad.
import {
  addDims,
  type Dim,
  divDims,
  elements,
  mulDims,
  sameShape,
  type Shape,
  shapeText,
  subDims,
} from '../dim.ts'
import { axisOf, dtypeError, makeNode, shapeError, type Tensor } from '../tensor.ts'

/**
 * The same elements in another shape; one dimension may be -1 and is worked out. Throws SHAPE_MISMATCH when
 * the numbers of elements differ (or cannot be shown to be equal).
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const open = shape.flatMap((dim, i) => (dim === -1 ? [i] : []))
  let target: Shape = shape
  if (open.length === 1) {
    const known = shape.reduce<Dim>((product, dim) => (dim === -1 ? product : mulDims(product, dim)), 1)
    const rest = divDims(elements(x.shape), known)
    if (rest === null) {
      throw shapeError('Reshape', `${shapeText(x.shape)} does not divide into ${shapeText(shape)}`)
    }
    target = shape.map((dim) => (dim === -1 ? rest : dim))
  }
  if (open.length > 1 || elements(target) !== elements(x.shape)) {
    throw shapeError(
      'Reshape',
      `${shapeText(x.shape)} has ${elements(x.shape)} elements, ${shapeText(shape)} has ${elements(target)}`,
    )
  }
  if (sameShape(target, x.shape)) return x
  return makeNode('Reshape', [x], [{ dtype: x.dtype, shape: target }], { sizes: [target] })[0]!
}

/** A new axis of size 1 at `axis`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = axisOf(axis, x, 'Unsqueeze', 1)
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)])
}

/** Without an axis of size 1. */
export function squeeze(x: Tensor, axis: number): Tensor {
  const at = axisOf(axis, x, 'Squeeze')
  if (x.shape[at] !== 1) throw shapeError('Squeeze', `axis ${axis} of ${shapeText(x.shape)} is not 1`)
  return reshape(
    x,
    x.shape.filter((_, i) => i !== at),
  )
}

/** Axes in a new order; default: the last two change places. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  if (order === undefined && x.rank < 2)
    throw shapeError('Transpose', `${shapeText(x.shape)} has no two axes`)
  const axes = (order ?? [...x.shape.keys()].map((i) => (i < x.rank - 2 ? i : 2 * x.rank - 3 - i))).map(
    (axis) => axisOf(axis, x, 'Transpose'),
  )
  if (axes.length !== x.rank || new Set(axes).size !== x.rank) {
    throw shapeError('Transpose', `[${axes.join(', ')}] is no order of the axes of ${shapeText(x.shape)}`)
  }
  if (axes.every((axis, i) => axis === i)) return x
  const shape = axes.map((axis) => x.shape[axis]!)
  return makeNode('Transpose', [x], [{ dtype: x.dtype, shape }], { attributes: { perm: axes } })[0]!
}

/**
 * Elements from `start` up to but not including `end` along an axis, each `step`-th; negative numbers count from
 * its end. Throws SHAPE_MISMATCH.
 */
export function slice(x: Tensor, axis: number, start: Dim, end: Dim, step = 1): Tensor {
  const at = axisOf(axis, x, 'Slice')
  const size = x.shape[at]!
  const from = typeof start === 'number' && start < 0 ? addDims(size, start) : start
  const to = typeof end === 'number' && end < 0 ? addDims(size, end) : end
  const span = subDims(to, from)
  const beyond = subDims(size, to)
  if (!Number.isInteger(step) || step < 1) throw shapeError('Slice', `a step of ${step}`)
  for (const part of [from, span, beyond]) {
    if (typeof part === 'number' && part < 0) {
      throw shapeError('Slice', `${from} to ${to} is not within axis ${axis} of ${shapeText(x.shape)}`)
    }
  }
  const length = stepsOf(span, step)
  if (length === null)
    throw shapeError('Slice', `${span} elements by steps of ${step} are not a known number`)
  const shape = x.shape.map((dim, i) => (i === at ? length : dim))
  if (step === 1 && sameShape(shape, x.shape)) return x
  const sizes = [[from], [to], [at], ...(step === 1 ? [] : [[step]])]
  return makeNode('Slice', [x], [{ dtype: x.dtype, shape }], { sizes })[0]!
}

/** Elements of a span by steps, rounded up: of a named size where it is n·step or n·step + 1. */
function stepsOf(span: Dim, step: number): Dim | null {
  if (step === 1) return span
  if (typeof span === 'number') return Math.ceil(span / step)
  const whole = divDims(span, step)
  if (whole !== null) return whole
  const fewer = divDims(subDims(span, 1), step)
  return fewer === null ? null : addDims(fewer, 1)
}

/** Several tensors of one shape along a new axis. */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  return concat(
    xs.map((x) => unsqueeze(x, axis)),
    axis,
  )
}

/** The whole axis, so many times one after the other. */
export function tile(x: Tensor, axis: number, times: number): Tensor {
  if (!Number.isInteger(times) || times < 1) throw shapeError('Tile', `${times} times`)
  return concat(
    Array.from({ length: times }, () => x),
    axis,
  )
}

/** One after the other along an axis. Throws SHAPE_MISMATCH when the other axes differ. */
export function concat(xs: readonly Tensor[], axis: number): Tensor {
  const first = xs[0]
  if (!first) throw shapeError('Concat', 'there is nothing to join')
  if (xs.length === 1) return first
  const at = axisOf(axis, first, 'Concat')
  for (const x of xs) {
    if (x.dtype !== first.dtype) throw dtypeError('Concat', `${first.dtype} and ${x.dtype} do not mix`)
    const fits = x.rank === first.rank && x.shape.every((dim, i) => i === at || dim === first.shape[i])
    if (!fits) {
      throw shapeError(
        'Concat',
        `${shapeText(first.shape)} and ${shapeText(x.shape)} differ beside axis ${axis}`,
      )
    }
  }
  const total = xs.reduce<Dim>((sum, x) => addDims(sum, x.shape[at]!), 0)
  const shape = first.shape.map((dim, i) => (i === at ? total : dim))
  return makeNode('Concat', xs, [{ dtype: first.dtype, shape }], { attributes: { axis: at } })[0]!
}

/** Pieces of given sizes along an axis; they must add up to it. */
export function split(x: Tensor, sizes: readonly Dim[], axis: number): readonly Tensor[] {
  const at = axisOf(axis, x, 'Split')
  const total = sizes.reduce<Dim>(addDims, 0)
  if (total !== x.shape[at]) {
    throw shapeError(
      'Split',
      `[${sizes.join(', ')}] add up to ${total}, axis ${axis} is of ${shapeText(x.shape)}`,
    )
  }
  if (sizes.length === 1) return [x]
  const outputs = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((dim, i) => (i === at ? size : dim)),
  }))
  return makeNode('Split', [x], outputs, { attributes: { axis: at }, sizes: [sizes] })
}

/** Zeros before and after, along one axis. */
export function pad(x: Tensor, axis: number, before: Dim, after: Dim): Tensor {
  const at = axisOf(axis, x, 'Pad')
  if (before === 0 && after === 0) return x
  const shape = x.shape.map((dim, i) => (i === at ? addDims(addDims(before, dim), after) : dim))
  const befores = x.shape.map((_, i): Dim => (i === at ? before : 0))
  const afters = x.shape.map((_, i): Dim => (i === at ? after : 0))
  return makeNode('Pad', [x], [{ dtype: x.dtype, shape }], { sizes: [[...befores, ...afters]] })[0]!
}
