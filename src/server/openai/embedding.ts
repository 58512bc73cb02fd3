// One text to one vector with a decoder: its last hidden states, pooled. Long texts are computed piece by piece, so
// that the running batch can take its steps in between; attention is causal, so pieces change nothing.
import type { Model } from '../../model/index.ts'
import type { EmbeddingRequest } from './protocol/embeddings.ts'

type Pooling = Pick<EmbeddingRequest, 'pooling' | 'normalise'>

/** A function to call until it gives the vector `[dim]`; each call computes at most `chunk` tokens. */
export function embedding(
  model: Model,
  ids: ArrayLike<number>,
  { pooling, normalise }: Pooling,
  chunk: number,
): () => Promise<Float32Array | undefined> {
  const { dim, layers } = model.config
  const cache = model.cache({ capacity: ids.length })
  const sum = new Float64Array(dim)
  let from = 0
  return async () => {
    const end = Math.min(ids.length, from + chunk)
    const piece = Array.prototype.slice.call(ids, from, end) as number[]
    const { hidden } = await model.step({ ids: piece, cache, want: { logits: 'none', hidden: [layers] } })
    const states = hidden[layers]!
    for (let t = from; t < end; t++) {
      if (pooling === 'cls' && t > 0) break
      if (pooling === 'last' && t < ids.length - 1) continue
      for (let i = 0; i < dim; i++) sum[i]! += states[(t - from) * dim + i]!
    }
    from = end
    if (end < ids.length) return undefined
    cache.release()
    const length = normalise ? Math.sqrt(sum.reduce((total, x) => total + x * x, 0)) : count(pooling, ids)
    return Float32Array.from(sum, (x) => (length > 0 ? x / length : 0))
  }
}

/** How many states were added up. */
function count(pooling: Pooling['pooling'], ids: ArrayLike<number>): number {
  return pooling === 'mean' ? ids.length : 1
}
