// Attention over a cache that the caller owns. Keys and values lie slot after slot, `[slots, lanes · kvHeads, headDim]`,
// as the caller's arrays have them; a product with its batch axis second (FusedMatMul, transBatchB) reads
// them in place, so that nothing is packed or copied on the way. Queries that share a head of keys are rows of
// one product. A segment may be one row for all lanes: there the queries of all lanes are rows.
import {
  concat,
  type Dim,
  makeNode,
  mulDims,
  reshape,
  softmax,
  split,
  type Tensor,
  transpose,
} from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'

/** Keys and values that queries look at. */
export interface Segment {
  /** `[slots, lanes · kvHeads, headDim]`; shared: `[slots, kvHeads, headDim]`. */
  keys: Tensor
  values: Tensor
  /** All lanes look at the same ones. */
  shared: boolean
}

export interface AttentionOutput {
  /** `[time, lanes, heads · headDim]`. */
  attended: Tensor
  /** `[lanes · kvHeads, time · groups, slots of all segments]`. */
  probabilities: Tensor
}

/**
 * `queries` `[time, lanes, heads · headDim]`, rotated; `bias` `[1 or lanes · kvHeads, time · groups, slots of all
 * segments]`.
 */
export function attention(
  config: DecoderConfig,
  queries: Tensor,
  segments: readonly Segment[],
  bias: Tensor,
): AttentionOutput {
  const { heads, kvHeads, headDim } = config
  const groups = heads / kvHeads
  const [time, lanes] = queries.shape as [Dim, Dim, number]
  const batch = mulDims(lanes, kvHeads)
  const rows = mulDims(time, groups)
  const byHead = transpose(reshape(queries, [time, batch, groups * headDim]), [1, 0, 2])
  const grouped = reshape(byHead, [batch, rows, headDim])
  const scores = segments.map(({ keys, shared }) => {
    const slots = keys.shape[0]!
    if (!shared) return product(grouped, keys, slots, true, headDim ** -0.5)
    return eachLane(
      product(allLanes(grouped, lanes, kvHeads), keys, slots, true, headDim ** -0.5),
      lanes,
      rows,
    )
  })
  const all = concat(scores, 2)
  // One row for all heads or one for each: a shape that broadcasts, which dimensions do not say.
  const probabilities = softmax(sum(all, bias))
  const shares = split(
    probabilities,
    segments.map(({ keys }) => keys.shape[0]!),
    2,
  )
  const mixed = segments
    .map(({ values, shared }, i) => {
      if (!shared) return product(shares[i]!, values, headDim, false, 1)
      return eachLane(product(allLanes(shares[i]!, lanes, kvHeads), values, headDim, false, 1), lanes, rows)
    })
    .reduce(sum)
  const byTime = transpose(reshape(mixed, [batch, time, groups * headDim]), [1, 0, 2])
  return { attended: reshape(byTime, [time, lanes, heads * headDim]), probabilities }
}

/** A product of matrices `[batch, m, k]` and `b`, whose rows are `[n, batch, k]` (keys) or `[k, batch, n]` (values). */
function product(a: Tensor, b: Tensor, columns: Dim, transposed: boolean, alpha: number): Tensor {
  const shape = [a.shape[0]!, a.shape[1]!, columns]
  return makeNode('FusedMatMul', [a, b], [{ dtype: 'float32', shape }], {
    domain: 'com.microsoft',
    attributes: { transA: 0, transB: transposed ? 1 : 0, transBatchB: 1, alpha: { float: alpha } },
  })[0]!
}

function sum(a: Tensor, b: Tensor): Tensor {
  return makeNode('Add', [a, b], [{ dtype: 'float32', shape: a.shape }])[0]!
}

/** `[lanes · kvHeads, rows, n]` → `[kvHeads, lanes · rows, n]`. */
function allLanes(x: Tensor, lanes: Dim, kvHeads: number): Tensor {
  const [, rows, n] = x.shape as [Dim, Dim, Dim]
  const byHead = transpose(reshape(x, [lanes, kvHeads, rows, n]), [1, 0, 2, 3])
  return reshape(byHead, [kvHeads, mulDims(lanes, rows), n])
}

/** The way back. */
function eachLane(x: Tensor, lanes: Dim, rows: Dim): Tensor {
  const [kvHeads, , n] = x.shape as [Dim, Dim, Dim]
  const byLane = transpose(reshape(x, [kvHeads, lanes, rows, n]), [1, 0, 2, 3])
  return reshape(byLane, [mulDims(lanes, kvHeads), rows, n])
}
