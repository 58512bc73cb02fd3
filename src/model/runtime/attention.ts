// Attention over a cache that the caller owns. Keys and values lie slot after slot, `[slots, lanes · kvHeads, headDim]`,
// as the caller's arrays have them; a product with its batch axis second (FusedMatMul, transBatchB) reads
// them in place, so that nothing is packed or copied on the way. Queries that share a head of keys are rows of
// one product. In front there may be a prefix, one row for all lanes: there the queries of all lanes are rows.
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

/** Keys or values of one layer: `[slots, kvHeads · lanes, headDim]`. */
export interface LayerRows {
  keys: Tensor
  values: Tensor
}

export interface AttentionInput {
  /** `[time, lanes, heads, headDim]`, rotated. */
  queries: Tensor
  /** `[time, lanes, kvHeads, headDim]`, keys rotated. */
  keys: Tensor
  values: Tensor
  /** The lanes' slots before. */
  past: LayerRows
  /** What all lanes share: `[slots, kvHeads, headDim]`. */
  prefix: LayerRows | null
  /** `[1 or lanes · kvHeads, time · groups, prefix + past + time]`. */
  bias: Tensor
}

export interface AttentionOutput {
  /** `[time, lanes, heads · headDim]`. */
  attended: Tensor
  /** `[lanes · kvHeads, time · groups, prefix + past + time]`. */
  probabilities: Tensor
  /** The new rows of the cache, `[time, lanes · kvHeads, headDim]`. */
  keys: Tensor
  values: Tensor
}

/** A product of matrices `[batch, m, k]` and `b`, whose rows are `[n, batch, k]` (keys) or `[k, batch, n]` (values). */
function product(a: Tensor, b: Tensor, columns: Dim, transposed: boolean, alpha: number): Tensor {
  const shape = [a.shape[0]!, a.shape[1]!, columns]
  return makeNode('FusedMatMul', [a, b], [{ dtype: 'float32', shape }], {
    domain: 'com.microsoft',
    attributes: { transA: 0, transB: transposed ? 1 : 0, transBatchB: 1, alpha: { float: alpha } },
  })[0]!
}

export function attention(config: DecoderConfig, input: AttentionInput): AttentionOutput {
  const { heads, kvHeads, headDim } = config
  const groups = heads / kvHeads
  const [time, lanes] = input.queries.shape as [Dim, Dim, number, number]
  const batch = mulDims(lanes, kvHeads)
  const rows = mulDims(time, groups)
  const keys = reshape(input.keys, [time, batch, headDim])
  const values = reshape(input.values, [time, batch, headDim])
  const byHead = transpose(reshape(input.queries, [time, batch, groups * headDim]), [1, 0, 2])
  const queries = reshape(byHead, [batch, rows, headDim])
  const scale = headDim ** -0.5
  const past = input.past.keys.shape[0]!
  const prefix = input.prefix?.keys.shape[0] ?? 0
  const scores = [
    product(queries, input.past.keys, past, true, scale),
    product(queries, keys, time, true, scale),
  ]
  if (input.prefix) {
    const shared = product(allLanes(queries, lanes, kvHeads), input.prefix.keys, prefix, true, scale)
    scores.unshift(eachLane(shared, lanes, kvHeads, rows))
  }
  const all = concat(scores, 2)
  // A bias of one row for all heads or one for each: a shape that broadcasts, which dimensions do not say.
  const biased = makeNode('Add', [all, input.bias], [{ dtype: 'float32', shape: all.shape }])[0]!
  const probabilities = softmax(biased)
  const sizes = input.prefix ? [prefix, past, time] : [past, time]
  const parts = split(probabilities, sizes, 2)
  const own = sum(
    product(parts.at(-2)!, input.past.values, headDim, false, 1),
    product(parts.at(-1)!, values, headDim, false, 1),
  )
  const mixed = input.prefix
    ? sum(
        own,
        eachLane(
          product(allLanes(parts[0]!, lanes, kvHeads), input.prefix.values, headDim, false, 1),
          lanes,
          kvHeads,
          rows,
        ),
      )
    : own
  const byTime = transpose(reshape(mixed, [batch, time, groups * headDim]), [1, 0, 2])
  return { attended: reshape(byTime, [time, lanes, heads * headDim]), probabilities, keys, values }
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
function eachLane(x: Tensor, lanes: Dim, kvHeads: number, rows: Dim): Tensor {
  const n = x.shape[2]!
  const byLane = transpose(reshape(x, [kvHeads, lanes, rows, n]), [1, 0, 2, 3])
  return reshape(byLane, [mulDims(lanes, kvHeads), rows, n])
}
