// A net over keys and values that come in and go out as `[batch, kvHeads, slots, headDim]`, the form of Hugging
// Face's ONNX exports. The new ones are put behind the past ones: each step gives the whole cache again, which
// costs a copy, and in return any runtime can hold it. Queries that share a head of keys are rows of one
// product, so that keys are never repeated.
import {
  add,
  addDims,
  concat,
  type Dim,
  greater,
  matmul,
  mul,
  mulDims,
  or,
  range,
  reshape,
  slice,
  softmax,
  sub,
  type Tensor,
  transpose,
  unsqueeze,
  where,
} from '../tensor/index.ts'
import type { DecoderConfig } from './config.ts'
import type { AttendOptions, NetWeights } from './net.ts'
import { HIDDEN, paddingBias, WeightedNet } from './plain-net.ts'

/** Whose keys: of the text itself, or of the text that cross attention looks at. */
export type CacheKind = 'own' | 'cross'

/** `[batch, kvHeads, slots, headDim]`. */
export interface KeysValues {
  keys: Tensor
  values: Tensor
}

export interface CachedInput {
  /** int64 `[batch, time]`. */
  positions: Tensor
  /** Keys and values so far; of cross attention either none or all of them. */
  past(kind: CacheKind, layer: number): KeysValues
  /** int64 `[batch, past + time]`, 0 at padding. */
  mask?: Tensor
  /** int64 `[batch, length]` of the other text. */
  crossMask?: Tensor
}

export class CachedNet extends WeightedNet {
  /** Past and new ones, by layer. */
  readonly present: Record<CacheKind, KeysValues[]> = { own: [], cross: [] }
  private readonly input: CachedInput
  private readonly hidden = new Map<CacheKind, Tensor | null>()

  constructor(config: DecoderConfig, weights: NetWeights, input: CachedInput) {
    super(config, weights, input.positions)
    this.input = input
  }

  attend(
    layer: number,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    { scale, bias, cross = false }: AttendOptions = {},
  ): Tensor {
    const { heads, kvHeads, headDim } = this.config
    const kind = cross ? 'cross' : 'own'
    const [batch, time] = queries.shape as [Dim, Dim]
    const past = this.input.past(kind, layer)
    const behind = (before: Tensor, x: Tensor) => concat([before, transpose(x, [0, 2, 1, 3])], 2)
    const all = { keys: behind(past.keys, keys), values: behind(past.values, values) }
    this.present[kind][layer] = all
    const slots = all.keys.shape[2]!
    const rows = mulDims(time, heads / kvHeads)
    const grouped = reshape(transpose(queries, [0, 2, 1, 3]), [batch, kvHeads, rows, headDim])
    const factor = scale ?? headDim ** -0.5
    let scores = matmul(grouped, transpose(all.keys))
    if (factor !== 1) scores = mul(scores, factor)
    scores = reshape(scores, [batch, heads, time, slots])
    if (bias) scores = add(scores, bias(this.offsets(past.keys.shape[2]!, time)))
    const hidden = this.hiddenKeys(kind, past.keys.shape[2]!, time)
    if (hidden) scores = add(scores, hidden)
    const shares = reshape(softmax(scores), [batch, kvHeads, rows, slots])
    const mixed = reshape(matmul(shares, all.values), [batch, heads, time, headDim])
    return reshape(transpose(mixed, [0, 2, 1, 3]), [batch, time, heads * headDim])
  }

  /** Slot of the key − slot of the query, `[time, past + time]`. */
  private offsets(past: Dim, time: Dim): Tensor {
    const slots = range(addDims(past, time))
    return sub(unsqueeze(slots, 0), unsqueeze(slice(slots, 0, past, addDims(past, time)), 1))
  }

  private hiddenKeys(kind: CacheKind, past: Dim, time: Dim): Tensor | null {
    let hidden = this.hidden.get(kind)
    if (hidden === undefined) {
      hidden = kind === 'cross' ? this.crossHidden() : this.ownHidden(past, time)
      this.hidden.set(kind, hidden)
    }
    return hidden
  }

  private crossHidden(): Tensor | null {
    return this.input.crossMask ? paddingBias(this.input.crossMask) : null
  }

  /** Later keys, keys before the window, and padding: `[batch, 1, time, slots]`, or `[time, slots]` without a mask. */
  private ownHidden(past: Dim, time: Dim): Tensor {
    const { slidingWindow } = this.config
    const offsets = this.offsets(past, time)
    const later = greater(offsets, 0)
    const unseen = slidingWindow === null ? later : or(later, greater(-slidingWindow + 1, offsets))
    const order = where(unseen, HIDDEN, 0)
    if (!this.input.mask) return order
    // The mask has a length of its own by name; cut to the slots it has theirs.
    return add(order, paddingBias(slice(this.input.mask, 1, 0, addDims(past, time))))
  }
}
