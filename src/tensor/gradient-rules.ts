// How each operation passes a gradient back: the vector-Jacobian products of reverse-mode differentiation, as
// operations themselves, so that gradients can be differentiated again.
import type { Dim } from './dim.ts'
import { addDims, elements, mulDims, subDims } from './dim.ts'
import * as e from './ops/elementwise.ts'
import { customRuleOf } from './ops/gradient-control.ts'
import { cumSum, gather, gatherElements, scatterElements, scatterRows, zeros } from './ops/index-ops.ts'
import { concat, pad, reshape, slice, split, squeeze, transpose, unsqueeze } from './ops/layout.ts'
import { matmul, softmax } from './ops/contract.ts'
import { convGradient, convTransposeGradient } from './ops/conv.ts'
import { tril, triu } from './ops/masks.ts'
import { expand, foldedElements, sum, unbroadcast } from './ops/reduce.ts'
import type { GraphNode, Tensor } from './tensor.ts'

/** Gradients of a node's inputs, given those of its outputs (null: nothing flows into that output). */
export type GradientRule = (
  node: GraphNode,
  gradients: readonly (Tensor | null)[],
) => readonly (Tensor | null)[]

type Unary = (gradient: Tensor, x: Tensor, y: Tensor) => Tensor | null

const unary =
  (rule: Unary): GradientRule =>
  (node, [gradient]) => [rule(gradient!, node.inputs[0]!, node.outputs[0]!)]

type Binary = (gradient: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor | null, Tensor | null]

const binary =
  (rule: Binary): GradientRule =>
  (node, [gradient]) => {
    const [a, b] = node.inputs as [Tensor, Tensor]
    const [da, db] = rule(gradient!, a, b, node.outputs[0]!)
    return [da && unbroadcast(da, a.shape), db && unbroadcast(db, b.shape)]
  }

/** Larger or smaller of two: the gradient goes to the one that was taken, half to each of equals. */
const extremum = (taken: (a: Tensor, b: Tensor) => Tensor): GradientRule =>
  binary((g, a, b) => {
    const share = (x: Tensor, y: Tensor) =>
      e.mul(e.add(e.cast(taken(x, y), g.dtype), e.mul(e.cast(e.equal(x, y), g.dtype), 0.5)), g)
    return [share(a, b), share(b, a)]
  })

function axesOf(node: GraphNode): number[] {
  return Array.from(node.inputs[1]!.node.data as BigInt64Array, Number)
}

/** The output of a reduction with its reduced axes back as 1. */
function withAxes(x: Tensor, node: GraphNode): Tensor {
  const axes = axesOf(node)
  return reshape(
    x,
    node.inputs[0]!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  )
}

const reducedExtremum: GradientRule = (node, [gradient]) => {
  const x = node.inputs[0]!
  const hit = e.cast(e.equal(x, withAxes(node.outputs[0]!, node)), x.dtype)
  const ties = sum(hit, axesOf(node), { keep: true })
  return [e.mul(e.div(hit, ties), withAxes(gradient!, node)), null]
}

/** Zeros behind each element along an axis, so that the axis is `step` times as long. */
function spread(x: Tensor, axis: number, step: number): Tensor {
  const wide = pad(unsqueeze(x, axis + 1), axis + 1, 0, step - 1)
  return reshape(
    wide,
    x.shape.map((dim, i) => (i === axis ? mulDims(dim, step) : dim)),
  )
}

const noGradient: GradientRule = (node) => node.inputs.map(() => null)

const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI)

const RULES: Readonly<Record<string, GradientRule>> = {
  Neg: unary((g) => e.neg(g)),
  Abs: unary((g, x) => e.mul(g, e.sign(x))),
  Sign: noGradient,
  Exp: unary((g, _, y) => e.mul(g, y)),
  Log: unary((g, x) => e.div(g, x)),
  Sqrt: unary((g, _, y) => e.div(g, e.mul(y, 2))),
  Reciprocal: unary((g, _, y) => e.neg(e.mul(g, e.mul(y, y)))),
  Tanh: unary((g, _, y) => e.mul(g, e.sub(1, e.mul(y, y)))),
  Sigmoid: unary((g, _, y) => e.mul(g, e.mul(y, e.sub(1, y)))),
  Erf: unary((g, x) => e.mul(g, e.mul(e.exp(e.neg(e.mul(x, x))), TWO_OVER_ROOT_PI))),
  Sin: unary((g, x) => e.mul(g, e.cos(x))),
  Cos: unary((g, x) => e.neg(e.mul(g, e.sin(x)))),
  Relu: unary((g, x) => e.mul(g, e.cast(e.greater(x, 0), g.dtype))),
  Floor: noGradient,
  Ceil: noGradient,
  Round: noGradient,
  Add: binary((g) => [g, g]),
  Sub: binary((g) => [g, e.neg(g)]),
  Mul: binary((g, a, b) => [e.mul(g, b), e.mul(g, a)]),
  Div: binary((g, a, b) => {
    const da = e.div(g, b)
    return [da, e.neg(e.div(e.mul(da, a), b))]
  }),
  Pow: binary((g, a, b, y) => [
    e.mul(g, e.mul(b, e.pow(a, e.sub(b, 1)))),
    // a^b log a tends to 0 with a; log 0 itself would make it NaN.
    e.mul(g, e.mul(y, e.log(e.where(e.greater(a, 0), a, e.add(e.mul(a, 0), 1))))),
  ]),
  Max: extremum(e.greater),
  Min: extremum(e.less),
  Where: (node, [gradient]) => {
    const [condition, a, b] = node.inputs as [Tensor, Tensor, Tensor]
    const nothing = e.mul(gradient!, 0)
    return [
      null,
      unbroadcast(e.where(condition, gradient!, nothing), a.shape),
      unbroadcast(e.where(condition, nothing, gradient!), b.shape),
    ]
  },
  Cast: unary((g, x) => (x.dtype === 'float32' || x.dtype === 'float16' ? e.cast(g, x.dtype) : null)),
  Expand: unary((g, x) => unbroadcast(g, x.shape)),
  Reshape: unary((g, x) => reshape(g, x.shape)),
  Transpose: (node, [gradient]) => {
    const perm = node.attributes.perm as readonly number[]
    return [
      transpose(
        gradient!,
        perm.map((_, i) => perm.indexOf(i)),
      ),
    ]
  },
  ReduceSum: (node, [gradient]) => [expand(withAxes(gradient!, node), node.inputs[0]!.shape), null],
  ReduceMean: (node, [gradient]) => {
    const x = node.inputs[0]!
    const share = e.div(withAxes(gradient!, node), foldedElements(x.shape, axesOf(node)))
    return [expand(share, x.shape), null]
  },
  ReduceMax: reducedExtremum,
  ReduceMin: reducedExtremum,
  Slice: (node, [gradient]) => {
    const x = node.inputs[0]!
    const [from, to, axis, step = 1] = node.sizes.map((size) => size[0]!) as [Dim, Dim, number, number?]
    if (step === 1) return [pad(gradient!, axis, from, subDims(x.shape[axis]!, to))]
    // Each element gets step - 1 zeros behind it; those of the last one may reach over the end.
    const wide = spread(gradient!, axis, step)
    const over = subDims(addDims(from, wide.shape[axis]!), x.shape[axis]!)
    return typeof over === 'number' && over > 0
      ? [pad(slice(wide, axis, 0, subDims(wide.shape[axis]!, over)), axis, from, 0)]
      : [pad(wide, axis, from, mulDims(over, -1))]
  },
  Pad: (node, [gradient]) => {
    const x = node.inputs[0]!
    const before = node.sizes[0]!.slice(0, x.rank)
    const axis = x.shape.findIndex((dim, i) => dim !== gradient!.shape[i])
    const from = before[axis]!
    return [slice(gradient!, axis, from, subDims(gradient!.shape[axis]!, node.sizes[0]![x.rank + axis]!))]
  },
  Concat: (node, [gradient]) => {
    const axis = node.attributes.axis as number
    return split(
      gradient!,
      node.inputs.map((x) => x!.shape[axis]!),
      axis,
    )
  },
  Split: (node, gradients) => {
    const parts = node.outputs.map((y, i) => gradients[i] ?? zeros(y.shape, y.dtype))
    return [concat(parts, node.attributes.axis as number)]
  },
  Gather: (node, [gradient]) => {
    const [x, indices] = node.inputs as [Tensor, Tensor]
    const axis = node.attributes.axis as number
    if (axis === 0) return [scatterRows(zeros(x.shape, x.dtype), indices, gradient!, 'add'), null]
    // The rows are counted along axis 0, so the picked axis and the indices' axes are brought to the front.
    const picked = indices.shape.map((_, i) => axis + i)
    const others = gradient!.shape.map((_, i) => i).filter((i) => !picked.includes(i))
    const front = [axis, ...x.shape.map((_, i) => i).filter((i) => i !== axis)]
    const rows = scatterRows(
      zeros(
        front.map((i) => x.shape[i]!),
        x.dtype,
      ),
      indices,
      transpose(gradient!, [...picked, ...others]),
      'add',
    )
    return [
      transpose(
        rows,
        front.map((_, i) => front.indexOf(i)),
      ),
      null,
    ]
  },
  GatherElements: (node, [gradient]) => {
    const [x, indices] = node.inputs as [Tensor, Tensor]
    return [
      scatterElements(zeros(x.shape, x.dtype), indices, gradient!, node.attributes.axis as number, 'add'),
      null,
    ]
  },
  ScatterND: (node, [gradient]) => {
    const [, rows, updates] = node.inputs as [Tensor, Tensor, Tensor]
    const indices = squeeze(rows, -1)
    const nothing = zeros(updates.shape, updates.dtype)
    const kept = node.attributes.reduction === 'add' ? gradient! : scatterRows(gradient!, indices, nothing)
    return [kept, null, gather(gradient!, indices)]
  },
  ScatterElements: (node, [gradient]) => {
    const [, indices, updates] = node.inputs as [Tensor, Tensor, Tensor]
    const axis = node.attributes.axis as number
    const nothing = zeros(updates.shape, updates.dtype)
    const kept =
      node.attributes.reduction === 'add' ? gradient! : scatterElements(gradient!, indices, nothing, axis)
    return [kept, null, gatherElements(gradient!, indices, axis)]
  },
  TopK: (node, [gradient]) => {
    const x = node.inputs[0]!
    const axis = node.attributes.axis as number
    return [
      gradient ? scatterElements(zeros(x.shape, x.dtype), node.outputs[1]!, gradient, axis, 'add') : null,
      null,
    ]
  },
  CumSum: (node, [gradient]) => {
    const axis = Number((node.inputs[1]!.node.data as BigInt64Array)[0])
    const { exclusive, reverse } = node.attributes
    return [cumSum(gradient!, axis, { exclusive: exclusive === 1, reverse: reverse !== 1 }), null]
  },
  Trilu: (node, [gradient]) => {
    const diagonal = Number((node.inputs[1]!.node.data as BigInt64Array)[0])
    return [node.attributes.upper === 1 ? triu(gradient!, diagonal) : tril(gradient!, diagonal), null]
  },
  Conv: (node, [gradient]) => convGradient(node, gradient!),
  ConvTranspose: (node, [gradient]) => convTransposeGradient(node, gradient!),
  MatMul: (node, [gradient]) => {
    const [a, b] = node.inputs as [Tensor, Tensor]
    const da = unbroadcast(matmul(gradient!, transpose(b)), a.shape)
    if (b.rank > 2) return [da, unbroadcast(matmul(transpose(a), gradient!), b.shape)]
    // One product over all rows is faster than a product for each batch and a sum.
    const rows = (x: Tensor) => reshape(x, [elements(x.shape.slice(0, -1)), x.shape.at(-1)!])
    return [da, matmul(transpose(rows(a)), rows(gradient!))]
  },
  Softmax: (node, [gradient]) => {
    const y = node.outputs[0]!
    const axis = node.attributes.axis as number
    const along = sum(e.mul(gradient!, y), [axis], { keep: true })
    return [e.mul(y, e.sub(gradient!, along))]
  },
  LogSoftmax: (node, [gradient]) => {
    const axis = node.attributes.axis as number
    const p = softmax(node.inputs[0]!, axis)
    return [e.sub(gradient!, e.mul(p, sum(gradient!, [axis], { keep: true })))]
  },
  StopGradient: noGradient,
  WithGradient: (node, [gradient]) => [null, ...customRuleOf(node)(gradient!)],
  // Whole numbers and truth values have no slope.
  ArgMax: noGradient,
  ArgMin: noGradient,
  IsNaN: noGradient,
  Mod: noGradient,
  Equal: noGradient,
  Less: noGradient,
  LessOrEqual: noGradient,
  Greater: noGradient,
  GreaterOrEqual: noGradient,
  And: noGradient,
  Or: noGradient,
  Not: noGradient,
  Range: noGradient,
  DimSize: noGradient,
}

/** Operators that gradients pass, or are stopped at. */
export const DIFFERENTIABLE: readonly string[] = Object.keys(RULES)

export function ruleOf(op: string): GradientRule | null {
  return Object.hasOwn(RULES, op) ? RULES[op]! : null
}
