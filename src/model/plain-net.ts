// The plain net: attention within the rows of a batch, without a cache, in operations that anyone can check. It
// trains, it runs encoders, and it is what inference with a cache is tested against.
import {
  add,
  attention,
  causalBias,
  type Dim,
  expand,
  gather,
  greater,
  matmul,
  range,
  reshape,
  sub,
  type Tensor,
  type Tensors,
  transpose,
  unsqueeze,
  where,
} from '../tensor/index.ts'
import type { DecoderConfig } from './config.ts'
import type { AttendOptions, Net, NetWeights } from './net.ts'
import { rotate, type Rotation, rotationAt } from './rope.ts'

/** What is added to the score of a key that a query must not see; its share of the softmax is exactly 0. */
export const HIDDEN = -1e9

/** Who sees whom. */
export interface Sight {
  /** Queries see no later key. */
  causal: boolean
  /** int64 `[batch, keys]`, 0 at padding. Default: no padding. */
  mask?: Tensor
  /** The same for the sequence that cross attention looks at. */
  crossMask?: Tensor
}

/** 0 at tokens, a large negative number at padding: `[batch, 1, 1, keys]`. */
export function paddingBias(mask: Tensor): Tensor {
  const [batch, keys] = mask.shape as [Dim, Dim]
  return reshape(where(greater(mask, 0), 0, HIDDEN), [batch, 1, 1, keys])
}

/** Weights that are tensors by name: the inputs of a training graph. */
export function tensorWeights(tensors: Tensors): NetWeights {
  return {
    plain: (name) => tensors[name]!,
    linear: (x, name) => matmul(x, tensors[name]!),
    embed: (name, ids) => gather(tensors[name]!, ids),
    unembed: (x, name) => matmul(x, transpose(tensors[name]!)),
  }
}

/** What all nets share that rotate in the graph: weights, and positions. */
export abstract class WeightedNet implements Net {
  protected readonly config: DecoderConfig
  private readonly weights: NetWeights
  private readonly positions: Tensor
  private rotation: Rotation | null = null

  /** `positions`: int64 `[batch, time]`. */
  constructor(config: DecoderConfig, weights: NetWeights, positions: Tensor) {
    this.config = config
    this.weights = weights
    this.positions = positions
  }

  weight(name: string): Tensor {
    return this.weights.plain(name)
  }

  linear(x: Tensor, name: string): Tensor {
    return this.weights.linear(x, name)
  }

  embed(name: string, ids: Tensor): Tensor {
    return this.weights.embed(name, ids)
  }

  unembed(x: Tensor, name: string): Tensor {
    return this.weights.unembed(x, name)
  }

  rotate(x: Tensor): Tensor {
    this.rotation ??= rotationAt(this.config, this.positions)
    return rotate(x, this.rotation)
  }

  note(_: string, x: Tensor): Tensor {
    return x
  }

  abstract attend(
    layer: number,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    options?: AttendOptions,
  ): Tensor
}

export class PlainNet extends WeightedNet {
  private readonly sight: Sight
  /** Made once, for all layers. */
  private readonly biases = new Map<'own' | 'cross', Tensor | null>()

  constructor(config: DecoderConfig, weights: NetWeights, positions: Tensor, sight: Sight) {
    super(config, weights, positions)
    this.sight = sight
  }

  /** What is hidden, for the scores `[batch, heads, time, keys]`; null: nothing. */
  private hidden(kind: 'own' | 'cross', time: Dim): Tensor | null {
    let bias = this.biases.get(kind)
    if (bias === undefined) {
      const { causal, mask, crossMask } = this.sight
      const padding = kind === 'own' ? mask : crossMask
      bias = padding ? paddingBias(padding) : null
      if (kind === 'own' && causal) {
        const order = causalBias(time, this.config.slidingWindow)
        bias = bias ? add(bias, order) : order
      }
      this.biases.set(kind, bias)
    }
    return bias
  }

  attend(
    _: number,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    { scale, bias, cross = false }: AttendOptions = {},
  ): Tensor {
    const { heads, kvHeads, headDim } = this.config
    const [batch, time] = queries.shape as [Dim, Dim]
    const seen = keys.shape[1]!
    const byHead = (x: Tensor) => {
      const own = transpose(x, [0, 2, 1, 3])
      const groups = heads / (x.shape[2] as number)
      if (groups === 1) return own
      const repeated = expand(unsqueeze(own, 2), [batch, kvHeads, groups, x.shape[1]!, headDim])
      return reshape(repeated, [batch, heads, x.shape[1]!, headDim])
    }
    const own = bias?.(sub(unsqueeze(range(seen), 0), unsqueeze(range(time), 1)))
    const hidden = this.hidden(cross ? 'cross' : 'own', time)
    const both = own && hidden ? add(own, hidden) : (own ?? hidden ?? undefined)
    const attended = attention(byHead(queries), byHead(keys), byHead(values), { bias: both, scale })
    return reshape(transpose(attended, [0, 2, 1, 3]), [batch, time, heads * headDim])
  }
}

/** int64 `[batch, time]`: 0, 1, … in every row. */
export function positionsOf(ids: Tensor): Tensor {
  return expand(unsqueeze(range(ids.shape[1]!), 0), ids.shape)
}
