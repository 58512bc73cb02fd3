// Embeddings for tokens that no vocabulary has: the interface that a model's predictor (zett's hypernetwork)
// plugs into, and the cache of its rows. Ordinary base tokens get predicted rows too, so that all rows live
// in one space; special tokens keep the model's own.
import { TesseraError } from '../../core/index.ts'
import type { DynamicToken } from './symbols.ts'

export interface EmbeddingsForTokens {
  /** Numbers in a row. */
  readonly width: number
  /** Base pieces of a token that the predictor sees; the paper: 4 for encoders, 7 for its decoder. */
  readonly mostPieces: number
  /** `[surfaces.length, width]` a row for each token, from at most `mostPieces` base ids each. */
  predict(surfaces: readonly Uint32Array[]): Float32Array | Promise<Float32Array>
  /** `[ids.length, width]` the model's own rows, for special tokens. */
  own(ids: Uint32Array): Float32Array | Promise<Float32Array>
}

export interface TokenRows {
  /** `[tokens, width]` in the order of the tokens asked for. */
  rows: Float32Array
  /** Tokens whose row was there already, and those that were predicted now. */
  hits: number
  misses: number
  /** Tokens with more base pieces than the predictor sees. */
  truncated: number
}

/** Rows of the tokens used last. A row from the cache is the row that was predicted, number for number. */
export class RowCache {
  /** Least recently used first. */
  private readonly kept = new Map<string, Float32Array>()
  private readonly model: EmbeddingsForTokens
  private readonly capacity: number

  /** `capacity`: rows to keep, default 5000 (the paper's). A batch with more keeps them until the next. */
  constructor(model: EmbeddingsForTokens, capacity = 5000) {
    if (!Number.isInteger(capacity) || capacity < 0) {
      throw new TesseraError('ARGUMENT_INVALID', `A cache of ${capacity} rows`, { where: 'capacity' })
    }
    this.model = model
    this.capacity = capacity
  }

  get size(): number {
    return this.kept.size
  }

  /** Rows of the tokens of a batch (`BatchState.tokens`). Throws FORMAT_INVALID for rows of another size. */
  async rowsFor(tokens: readonly DynamicToken[]): Promise<TokenRows> {
    const { width, mostPieces } = this.model
    const rows = new Float32Array(tokens.length * width)
    const missing: number[] = []
    const special: number[] = []
    let hits = 0
    let truncated = 0
    for (const [i, token] of tokens.entries()) {
      if (token.special) {
        special.push(i)
        continue
      }
      if (token.pieces.length > mostPieces) truncated++
      const row = this.kept.get(keyOf(token))
      if (!row) {
        missing.push(i)
        continue
      }
      hits++
      rows.set(row, i * width)
    }
    if (special.length > 0) {
      const own = await this.model.own(Uint32Array.from(special, (i) => tokens[i]!.id!))
      this.check(own, special.length)
      special.forEach((i, n) => rows.set(own.subarray(n * width, (n + 1) * width), i * width))
    }
    if (missing.length > 0) {
      const surfaces = missing.map((i) => tokens[i]!.pieces.slice(0, mostPieces))
      const predicted = await this.model.predict(surfaces)
      this.check(predicted, missing.length)
      missing.forEach((i, n) => rows.set(predicted.subarray(n * width, (n + 1) * width), i * width))
    }
    this.remember(tokens, rows)
    return { rows, hits, misses: missing.length, truncated }
  }

  /** Makes the batch the most recently used, then lets go of what is too much, never of the batch itself. */
  private remember(tokens: readonly DynamicToken[], rows: Float32Array): void {
    const { width } = this.model
    const batch = new Set<string>()
    for (const [i, token] of tokens.entries()) {
      if (token.special) continue
      const key = keyOf(token)
      batch.add(key)
      const row = this.kept.get(key) ?? rows.slice(i * width, (i + 1) * width)
      this.kept.delete(key)
      this.kept.set(key, row)
    }
    for (const key of this.kept.keys()) {
      if (this.kept.size <= this.capacity || batch.has(key)) return
      this.kept.delete(key)
    }
  }

  private check(rows: Float32Array, count: number): void {
    if (rows.length === count * this.model.width) return
    throw new TesseraError('FORMAT_INVALID', `${rows.length} numbers for ${count} tokens`, {
      where: 'embeddings',
      hint: `The model says that a row has ${this.model.width} numbers`,
    })
  }
}

function keyOf(token: DynamicToken): string {
  return token.pieces.join(' ')
}
