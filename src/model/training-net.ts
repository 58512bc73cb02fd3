// A family's forward function in training: weights are inputs of the graph, attention is causal within each
// row of the batch. The same plain form is what inference is tested against.
import {
  attention,
  causalBias,
  expand,
  gather,
  matmul,
  range,
  reshape,
  type Tensor,
  type Tensors,
  transpose,
  unsqueeze,
} from '../tensor/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Family } from './families/family.ts'
import type { Net } from './net.ts'
import { rotate, type Rotation, rotationAt } from './rope.ts'

class TrainingNet implements Net {
  private readonly config: DecoderConfig
  private readonly weights: Tensors
  private readonly positions: Tensor
  private bias: Tensor | null = null
  private rotation: Rotation | null = null

  constructor(config: DecoderConfig, weights: Tensors, positions: Tensor) {
    this.config = config
    this.weights = weights
    this.positions = positions
  }

  weight(name: string): Tensor {
    return this.weights[name]!
  }

  linear(x: Tensor, name: string): Tensor {
    return matmul(x, this.weights[name]!)
  }

  embed(name: string, ids: Tensor): Tensor {
    return gather(this.weights[name]!, ids)
  }

  unembed(x: Tensor, name: string): Tensor {
    return matmul(x, transpose(this.weights[name]!))
  }

  rotate(x: Tensor): Tensor {
    this.rotation ??= rotationAt(this.config, this.positions)
    return rotate(x, this.rotation)
  }

  attend(_: number, queries: Tensor, keys: Tensor, values: Tensor): Tensor {
    const { heads, kvHeads, headDim, slidingWindow } = this.config
    const [batch, time] = queries.shape as [Tensor['shape'][number], Tensor['shape'][number]]
    this.bias ??= causalBias(time, slidingWindow)
    const byHead = (x: Tensor) => {
      const own = transpose(x, [0, 2, 1, 3])
      const groups = heads / (x.shape[2] as number)
      if (groups === 1) return own
      const repeated = expand(unsqueeze(own, 2), [batch, kvHeads, groups, time, headDim])
      return reshape(repeated, [batch, heads, time, headDim])
    }
    const attended = attention(byHead(queries), byHead(keys), byHead(values), { bias: this.bias })
    return reshape(transpose(attended, [0, 2, 1, 3]), [batch, time, heads * headDim])
  }

  note(_: string, x: Tensor): Tensor {
    return x
  }
}

/** Logits `[batch, time, vocab]` of ids `[batch, time]`, positions from 0 on. */
export function trainingLogits(family: Family, config: DecoderConfig, weights: Tensors, ids: Tensor): Tensor {
  const positions = expand(unsqueeze(range(ids.shape[1]!), 0), ids.shape)
  const net = new TrainingNet(config, weights, positions)
  return family.logits(config, net, family.forward(config, net, { embeddings: null, ids, positions }))
}
