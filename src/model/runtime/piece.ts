// One run of a model's graph: what it is fed, and where its outputs go. The cache's arrays are fed as they lie, and the
// new keys and values are written right behind them.
import type { NativeTensor, Session } from '../../tensor/index.ts'
import type { Cache } from '../cache/cache.ts'
import type { DecoderConfig } from '../config.ts'
import { rotaryFrequencies } from '../rope.ts'
import { maskOf } from './mask.ts'
import type { NewTokens } from './tokens.ts'

/** What a step needs of its model. */
export interface StepModel {
  readonly config: DecoderConfig
  readonly patchable: readonly string[]
  /** Whether a step attends to its own rows in the cache (in-place.ts). */
  readonly inPlace: boolean
  session(prefix: boolean, patched: readonly string[]): Promise<Session>
}

export interface Piece {
  tokens: NewTokens
  /** The caller's, for exactly these tokens. */
  bias: Float32Array | undefined
  /** By name, `[time, lanes, dim]`. */
  patches: Readonly<Record<string, Float32Array>>
  /** Of the new tokens `[time, lanes]`, those that get logits; at least one, since the graph has no empty products. */
  rows: readonly number[]
  /** Outputs beside keys and values. */
  fetch: readonly string[]
}

export interface PieceResult {
  outputs: Readonly<Record<string, NativeTensor>>
  /** Columns of attention between the slots before and the new ones, which stand for nothing. */
  gap: number
}

/** Runs, and appends to the cache. Throws OUT_OF_MEMORY, RUNTIME_FAILED. */
export async function runPiece(
  model: StepModel,
  cache: Cache,
  { tokens, bias, patches, rows, fetch }: Piece,
): Promise<PieceResult> {
  const { config, inPlace } = model
  const { lanes } = cache
  const { time } = tokens
  cache.reserve(time)
  const { prefix, prefixLength, own, ownLength } = cache.rows()
  const patched = Object.keys(patches).filter((name) => name !== 'embeddings')
  // Rows of a prefix are rows of a lane when there is one lane and nothing between.
  const plain = !prefix || (!inPlace && lanes === 1 && ownLength === 0)
  const session = await model.session(!plain, patched)
  const past =
    plain && prefix
      ? { slots: prefix, length: prefixLength }
      : { slots: own, length: inPlace ? ownLength + time : ownLength }
  // ONNX Runtime dies of products over no slots at all: there is always one, hidden.
  const gap = past.length === 0 ? 1 : 0
  const { kvHeads, headDim } = config
  const mask = maskOf({
    cached: cache.positions,
    added: tokens.positions,
    lanes,
    window: config.slidingWindow,
    bias,
    gap,
    kvHeads,
  })
  const feeds = tokenFeeds(session, config, tokens, patches.embeddings ?? tokens.embeddings)
  feeds.rows = session.tensor('int64', BigInt64Array.from(rows, BigInt), [rows.length])
  feeds.bias = session.tensor('float32', mask.data, mask.shape)
  const fetches: Record<string, NativeTensor | null> = {}
  const width = lanes * kvHeads * headDim
  const empty = gap > 0 ? new Float32Array(width) : null
  const seenEnd = past.length * width
  const [addedStart, addedEnd] = [ownLength * width, (ownLength + time) * width]
  const pastShape = [past.length + gap, lanes * kvHeads, headDim]
  const addedShape = [time, lanes, kvHeads * headDim]
  const prefixShape = [prefixLength, kvHeads, headDim]
  for (let layer = 0; layer < config.layers; layer++) {
    for (const { kind, fed, shared, fetched } of namesOf(layer)) {
      const seen = empty ?? past.slots[kind][layer]!.subarray(0, seenEnd)
      feeds[fed] = session.tensor('float32', seen, pastShape)
      if (!plain) {
        const sharedRows = prefix[kind][layer]!.subarray(0, prefixLength * kvHeads * headDim)
        feeds[shared] = session.tensor('float32', sharedRows, prefixShape)
      }
      const target = own[kind][layer]!.subarray(addedStart, addedEnd)
      fetches[fetched] = session.tensor('float32', target, addedShape)
    }
  }
  for (const name of patched) {
    feeds[`patch.${name}`] = session.tensor('float32', patches[name]!, [time, lanes, config.dim])
  }
  for (const name of fetch) fetches[name] = null
  const outputs = await session.runPrepared(feeds, fetches)
  cache.commit(time, tokens.positions)
  return { outputs, gap }
}

interface RowNames {
  kind: 'keys' | 'values'
  fed: string
  shared: string
  fetched: string
}

const rowNames: (readonly RowNames[])[] = []

/** Names of the inputs and outputs with a layer's rows; made once, since a step takes a hundred of them. */
function namesOf(layer: number): readonly RowNames[] {
  rowNames[layer] ??= (['keys', 'values'] as const).map((kind) => {
    const one = kind === 'keys' ? 'Key' : 'Value'
    return {
      kind,
      fed: `past${one}.${layer}`,
      shared: `prefix${one}.${layer}`,
      fetched: `${one.toLowerCase()}.${layer}`,
    }
  })
  return rowNames[layer]
}

const frequenciesOf = new WeakMap<DecoderConfig, Float64Array>()

/**
 * Ids or embeddings, and angles: computed here in double precision, for the new tokens only. Not every family has a use
 * for positions, angles or both; what the graph does not take is not made.
 */
function tokenFeeds(
  session: Session,
  config: DecoderConfig,
  { ids, positions, time, lanes }: NewTokens,
  embeddings: Float32Array | null,
): Record<string, NativeTensor> {
  const count = time * lanes
  const shape = [time, lanes]
  const { used } = session.program
  const float = (data: Float32Array, shape: readonly number[]) => session.tensor('float32', data, shape)
  const feeds: Record<string, NativeTensor> = {
    ids: session.tensor('int64', ids, shape),
    keep: float(Float32Array.of(embeddings ? 0 : 1), []),
    given: embeddings ? float(embeddings, [time, lanes, config.dim]) : float(new Float32Array(1), [1, 1, 1]),
  }
  if (used.has('positions')) {
    const placed = new BigInt64Array(count)
    for (let i = 0; i < count; i++) placed[i] = BigInt(Math.max(0, positions[i]!))
    feeds.positions = session.tensor('int64', placed, shape)
  }
  if (used.has('turns')) {
    const half = config.headDim / 2
    const frequencies = frequenciesOf.get(config) ?? rotaryFrequencies(config)
    frequenciesOf.set(config, frequencies)
    const cos = new Float32Array(count * half)
    const sin = new Float32Array(count * half)
    const turns = new BigInt64Array(count)
    for (let i = 0; i < count; i++) {
      const position = Math.max(0, positions[i]!)
      turns[i] = BigInt(i)
      for (let j = 0; j < half; j++) {
        const angle = position * frequencies[j]!
        cos[i * half + j] = Math.cos(angle)
        sin[i * half + j] = Math.sin(angle)
      }
    }
    feeds.turns = session.tensor('int64', turns, shape)
    feeds.cos = float(cos, [count, half])
    feeds.sin = float(sin, [count, half])
  }
  return feeds
}
