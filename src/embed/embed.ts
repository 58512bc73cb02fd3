// Texts to vectors: the last hidden states of a decoder or an encoder, pooled over the tokens of each text. Texts of
// like length are computed together; a text's vector does not depend on the others beside it.
import { type LongWork, TesseraError, throwIfCancelled } from '../core/index.ts'
import { Encoder, type Model } from '../model/index.ts'

/**
 * How the states of a text's tokens become one vector: their mean, or that of the last token (which in a decoder has
 * seen all others), or that of the first (where BERT has [CLS]).
 */
export type Pooling = 'mean' | 'last' | 'cls'

const POOLINGS: readonly Pooling[] = ['mean', 'last', 'cls']

export interface EmbedOptions extends LongWork {
  /** Default `mean`. */
  pooling?: Pooling
  /** Length 1, so that a dot product is the cosine. Default true. */
  normalise?: boolean
  /** Cut texts that are longer than the model's positions, at their end. Default false: they are refused. */
  truncate?: boolean
}

/** Tokens that are computed together, padding included. */
const BATCH_TOKENS = 4096
/** Tokens of a text that a decoder computes at once. */
const CHUNK = 512

/**
 * One vector `[dim]` for each text, in their order. Texts get what the tokenizer's template adds ([CLS] … [SEP], BOS).
 * Throws ARGUMENT_INVALID (an empty text, no tokenizer), CONTEXT_OVERFLOW, ID_OUT_OF_RANGE, CANCELLED and what
 * computing throws.
 */
export async function embed(
  model: Model | Encoder,
  texts: readonly (string | ArrayLike<number>)[],
  { pooling = 'mean', normalise = true, truncate = false, signal, onProgress }: EmbedOptions = {},
): Promise<Float32Array[]> {
  if (!POOLINGS.includes(pooling)) {
    throw new TesseraError('ARGUMENT_INVALID', `There is no pooling ${JSON.stringify(pooling)}`, {
      where: 'pooling',
      hint: `There are: ${POOLINGS.join(', ')}`,
    })
  }
  const rows = texts.map((text, i) => idsOf(model, text, i, truncate))
  const vectors: Float32Array[] = Array.from({ length: rows.length })
  const states = model instanceof Encoder ? encoderStates : decoderStates
  const order = [...rows.keys()].sort((a, b) => rows[a]!.length - rows[b]!.length)
  let done = 0
  for (const batch of batches(order, rows)) {
    throwIfCancelled(signal)
    const pools = batch.map((i) => new Pool(pooling, rows[i]!.length, model.config.dim))
    await states(
      model as never,
      batch.map((i) => rows[i]!),
      pools,
    )
    for (const [at, i] of batch.entries()) vectors[i] = pools[at]!.vector(normalise)
    done += batch.length
    onProgress?.({ stage: 'embedding', done, total: rows.length, unit: 'items' })
  }
  return vectors
}

function idsOf(
  { tokenizer, config }: Model | Encoder,
  text: string | ArrayLike<number>,
  index: number,
  truncate: boolean,
): Uint32Array {
  const where = `texts[${index}]`
  if (typeof text === 'string' && !tokenizer) {
    throw new TesseraError('ARGUMENT_INVALID', 'The model has no tokenizer', { where, hint: 'Give ids' })
  }
  const maxLength = truncate ? config.maxPositions : undefined
  const ids =
    typeof text === 'string'
      ? tokenizer!.encode(text, maxLength === undefined ? {} : { maxLength })
      : Uint32Array.from(text).subarray(0, maxLength)
  if (ids.length === 0) throw new TesseraError('ARGUMENT_INVALID', 'The text has no tokens', { where })
  if (ids.length > config.maxPositions) {
    throw new TesseraError('CONTEXT_OVERFLOW', `A text of ${ids.length} tokens`, {
      where,
      hint: `The model has ${config.maxPositions} positions: split the text, or let it be truncated`,
    })
  }
  return ids
}

/** Neighbours in length, as many as fit. */
function* batches(order: readonly number[], rows: readonly Uint32Array[]): Generator<number[]> {
  let batch: number[] = []
  for (const i of order) {
    // The newest is the longest.
    if (batch.length > 0 && (batch.length + 1) * rows[i]!.length > BATCH_TOKENS) {
      yield batch
      batch = []
    }
    batch.push(i)
  }
  if (batch.length > 0) yield batch
}

/** The states of one text as they come, to become its vector. */
export class Pool {
  private readonly pooling: Pooling
  private readonly length: number
  private readonly sum: Float64Array

  constructor(pooling: Pooling, length: number, dim: number) {
    this.pooling = pooling
    this.length = length
    this.sum = new Float64Array(dim)
  }

  /** The state `[dim]` of token `t`, at `from` in `states`. */
  add(t: number, states: Float32Array, from: number): void {
    if (this.pooling === 'cls' ? t > 0 : this.pooling === 'last' && t < this.length - 1) return
    for (let i = 0; i < this.sum.length; i++) this.sum[i]! += states[from + i]!
  }

  vector(normalise: boolean): Float32Array {
    const { sum } = this
    const norm = Math.sqrt(sum.reduce((total, x) => total + x * x, 0))
    const by = normalise ? norm : this.pooling === 'mean' ? this.length : 1
    return Float32Array.from(sum, (x) => (by > 0 ? x / by : 0))
  }
}

async function decoderStates(
  model: Model,
  rows: readonly Uint32Array[],
  pools: readonly Pool[],
): Promise<void> {
  const { dim, layers } = model.config
  const longest = Math.max(...rows.map(({ length }) => length))
  const cache = model.cache({ lanes: rows.length, capacity: longest })
  try {
    for (let from = 0; from < longest; from += CHUNK) {
      const ids = rows.map((row) => row.subarray(from, from + CHUNK))
      const { hidden } = await model.step({ ids, cache, want: { logits: 'none', hidden: [layers] } })
      const states = hidden[layers]!
      const time = states.length / (rows.length * dim)
      for (const [lane, own] of ids.entries()) {
        for (let t = 0; t < own.length; t++) pools[lane]!.add(from + t, states, (lane * time + t) * dim)
      }
    }
  } finally {
    cache.release()
  }
}

async function encoderStates(
  model: Encoder,
  rows: readonly Uint32Array[],
  pools: readonly Pool[],
): Promise<void> {
  const { hidden, time } = await model.encode(rows)
  const { dim } = model.config
  for (const [lane, row] of rows.entries()) {
    for (let t = 0; t < row.length; t++) pools[lane]!.add(t, hidden, (lane * time + t) * dim)
  }
}
