// One text to one vector, piece by piece, so that the running batch can take its steps in between; attention is
// causal, so pieces change nothing.
import { Pool } from '../../embed/index.ts'
import type { Model } from '../../model/index.ts'
import type { EmbeddingRequest } from './protocol/embeddings.ts'

/** A function to call until it gives the vector `[dim]`; each call computes at most `chunk` tokens. */
export function embedding(
  model: Model,
  ids: ArrayLike<number>,
  { pooling, normalise }: Pick<EmbeddingRequest, 'pooling' | 'normalise'>,
  chunk: number,
): () => Promise<Float32Array | undefined> {
  const { dim, layers } = model.config
  const cache = model.cache({ capacity: ids.length })
  const pool = new Pool(pooling, ids.length, dim)
  let from = 0
  return async () => {
    const piece = Array.prototype.slice.call(ids, from, from + chunk) as number[]
    const { hidden } = await model.step({ ids: piece, cache, want: { logits: 'none', hidden: [layers] } })
    for (const i of piece.keys()) pool.add(from + i, hidden[layers]!, i * dim)
    from += piece.length
    if (from < ids.length) return undefined
    cache.release()
    return pool.vector(normalise)
  }
}
