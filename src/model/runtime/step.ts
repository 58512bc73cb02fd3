// One step of a model: inputs of the graph from what the caller gave, the run, and its outputs in the caller's order.
// The cache's arrays are fed as they lie, and the new keys and values are written right behind them.
import { TesseraError } from '../../core/index.ts'
import type { NativeTensor, Session } from '../../tensor/index.ts'
import type { Cache } from '../cache/cache.ts'
import type { DecoderConfig } from '../config.ts'
import { rotaryFrequencies } from '../rope.ts'
import { maskOf } from './mask.ts'
import { lanesFirst, newTokens, type NewTokens, type StepTokens, timeFirst } from './tokens.ts'

export interface StepInput extends StepTokens {
  /**
   * Added to the scores, `[lanes or 1, time, cache.length + time]`. Default: causal, within the sliding window. Given,
   * it alone decides who sees whom; holes stay hidden. -Infinity or any large negative number hides.
   */
  bias?: Float32Array
  /** New keys and values are appended. Without: a fresh one, thrown away. */
  cache?: Cache
  want?: {
    /** `last` (default): of each lane's newest token; indices: of these new tokens, the same for all lanes. */
    logits?: 'last' | 'all' | 'none' | readonly number[]
    /** Layers: 0 = embeddings, i = after layer i, the number of layers = after the last norm. */
    hidden?: readonly number[]
    /** Layers from 0 on. */
    attention?: readonly number[]
  }
  /** Values `[lanes, time, dim]` to go on with in place of those that were computed, by `model.patchable` name. */
  patch?: Readonly<Record<string, Float32Array>>
}

export interface StepResult {
  /** `[lanes, rows, vocab]`; null when none were wanted. Zeros for a lane without a new token. */
  logits: Float32Array | null
  rows: number
  /** `[lanes, time, dim]` by layer. */
  hidden: Record<number, Float32Array>
  /** Probabilities `[lanes, heads, time, slots]` by layer; slots = those of the cache, the new ones included. */
  attention: Record<number, Float32Array>
}

/** What a step needs of its model. */
export interface StepModel {
  readonly config: DecoderConfig
  readonly patchable: readonly string[]
  /** Whether a step attends to its own rows in the cache (in-place.ts). */
  readonly inPlace: boolean
  session(prefix: boolean, patched: readonly string[]): Promise<Session>
}

export async function runStep(model: StepModel, input: StepInput, cache: Cache): Promise<StepResult> {
  const { config } = model
  const { lanes } = cache
  const tokens = newTokens(config, input, lanes, cache.nextPositions())
  const { time } = tokens
  const wanted = wantedOf(config, input.want, tokens)
  const patches = patchesOf(model, input.patch, lanes, time)
  cache.reserve(time)
  const { prefix, prefixLength, own, ownLength } = cache.rows()
  const { inPlace } = model
  // Rows of a prefix are rows of a lane when there is one lane and nothing between.
  const plain = !prefix || (!inPlace && lanes === 1 && ownLength === 0)
  const session = await model.session(
    !plain,
    Object.keys(patches).filter((name) => name !== 'embeddings'),
  )
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
    bias: input.bias,
    gap,
    kvHeads,
  })
  const feeds = tokenFeeds(session, config, tokens, patches.embeddings ?? tokens.embeddings)
  feeds.bias = session.tensor('float32', mask.data, mask.shape)
  feeds.rows = session.tensor('int64', BigInt64Array.from(wanted.rows, BigInt), [wanted.rows.length])
  const fetches: Record<string, NativeTensor | null> = {}
  const width = lanes * kvHeads * headDim
  const empty = gap > 0 ? new Float32Array(width) : null
  const added = [time, lanes, kvHeads * headDim]
  for (let layer = 0; layer < config.layers; layer++) {
    for (const kind of ['Key', 'Value'] as const) {
      const of = kind === 'Key' ? 'keys' : 'values'
      const seen = empty ?? past.slots[of][layer]!.subarray(0, past.length * width)
      feeds[`past${kind}.${layer}`] = session.tensor('float32', seen, [
        past.length + gap,
        lanes * kvHeads,
        headDim,
      ])
      if (!plain) {
        const shared = prefix[of][layer]!.subarray(0, prefixLength * kvHeads * headDim)
        feeds[`prefix${kind}.${layer}`] = session.tensor('float32', shared, [prefixLength, kvHeads, headDim])
      }
      const target = own[of][layer]!.subarray(ownLength * width, (ownLength + time) * width)
      fetches[`${kind.toLowerCase()}.${layer}`] = session.tensor('float32', target, added)
    }
  }
  for (const [name, values] of Object.entries(patches)) {
    if (name !== 'embeddings')
      feeds[`patch.${name}`] = session.tensor('float32', values, [time, lanes, config.dim])
  }
  if (wanted.logits) fetches.logits = null
  for (const layer of wanted.hidden) fetches[`hidden.${layer}`] = null
  for (const layer of wanted.attention) fetches[`attention.${layer}`] = null
  const used = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.program.used.has(name)))
  const outputs = await session.runPrepared(used, fetches)
  const length = cache.length
  cache.commit(time, tokens.positions)
  return resultOf(config, outputs, wanted, { lanes, time, length, gap })
}

interface Wanted {
  logits: boolean
  /** Indices into the new tokens `[time, lanes]`, lane by lane. */
  rows: number[]
  /** Lanes that have none. */
  absent: number[]
  hidden: readonly number[]
  attention: readonly number[]
}

function wantedOf(
  config: DecoderConfig,
  want: StepInput['want'] = {},
  { time, lanes, positions }: NewTokens,
): Wanted {
  const { logits = 'last', hidden = [], attention = [] } = want
  const check = (list: readonly number[], below: number, what: string) => {
    for (const one of list) {
      if (!Number.isSafeInteger(one) || one < 0 || one >= below) {
        throw new TesseraError('ARGUMENT_INVALID', `There is no ${what} ${one}; they are below ${below}`)
      }
    }
  }
  check(hidden, config.layers + 1, 'layer')
  check(attention, config.layers, 'layer')
  const rows: number[] = []
  const absent: number[] = []
  for (let lane = 0; lane < lanes; lane++) {
    if (logits === 'last' || logits === 'none') {
      let last = time - 1
      while (last >= 0 && positions[last * lanes + lane]! < 0) last--
      if (last < 0) absent.push(lane)
      rows.push(Math.max(0, last) * lanes + lane)
    } else {
      const list = logits === 'all' ? Array.from({ length: time }, (_, t) => t) : logits
      check(list, time, 'new token')
      rows.push(...list.map((t) => t * lanes + lane))
    }
  }
  const none = logits === 'none' || rows.length === 0
  return { logits: !none, rows: none ? [0] : rows, absent, hidden, attention }
}

function patchesOf(
  model: StepModel,
  patch: StepInput['patch'] = {},
  lanes: number,
  time: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(patch)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, values]) => {
        if (!model.patchable.includes(name)) {
          throw new TesseraError(
            'ARGUMENT_INVALID',
            `The model has no value ${JSON.stringify(name)} to patch`,
            {
              hint: `It has: ${model.patchable.slice(0, 6).join(', ')}, …`,
            },
          )
        }
        if (values.length !== lanes * time * model.config.dim) {
          throw new TesseraError(
            'SHAPE_MISMATCH',
            `${values.length} numbers for ${name}, which is [${lanes}, ${time}, ${model.config.dim}]`,
          )
        }
        return [name, timeFirst(values, lanes, time)]
      }),
  )
}

/** Ids or embeddings, and angles: computed here in double precision, for the new tokens only. */
function tokenFeeds(
  session: Session,
  config: DecoderConfig,
  { ids, positions, time, lanes }: NewTokens,
  embeddings: Float32Array | null,
): Record<string, NativeTensor> {
  const count = time * lanes
  const half = config.headDim / 2
  const frequencies = rotaryFrequencies(config)
  const cos = new Float32Array(count * half)
  const sin = new Float32Array(count * half)
  const turns = new BigInt64Array(count)
  const placed = new BigInt64Array(count)
  for (let i = 0; i < count; i++) {
    const position = Math.max(0, positions[i]!)
    turns[i] = BigInt(i)
    placed[i] = BigInt(position)
    for (let j = 0; j < half; j++) {
      const angle = position * frequencies[j]!
      cos[i * half + j] = Math.cos(angle)
      sin[i * half + j] = Math.sin(angle)
    }
  }
  const shape = [time, lanes]
  const float = (data: Float32Array, shape: readonly number[]) => session.tensor('float32', data, shape)
  return {
    ids: session.tensor('int64', ids, shape),
    keep: float(Float32Array.of(embeddings ? 0 : 1), []),
    given: embeddings ? float(embeddings, [time, lanes, config.dim]) : float(new Float32Array(1), [1, 1, 1]),
    positions: session.tensor('int64', placed, shape),
    turns: session.tensor('int64', turns, shape),
    cos: float(cos, [count, half]),
    sin: float(sin, [count, half]),
  }
}

interface Extent {
  lanes: number
  time: number
  /** Slots before the step. */
  length: number
  gap: number
}

function resultOf(
  config: DecoderConfig,
  outputs: Readonly<Record<string, NativeTensor>>,
  wanted: Wanted,
  extent: Extent,
): StepResult {
  const { lanes, time } = extent
  const data = (name: string) => outputs[name]!.data as Float32Array
  const logits = wanted.logits ? data('logits') : null
  const rows = wanted.logits ? wanted.rows.length / lanes : 0
  for (const lane of wanted.absent)
    logits?.fill(0, lane * rows * config.vocabSize, (lane + 1) * rows * config.vocabSize)
  return {
    logits,
    rows,
    hidden: Object.fromEntries(wanted.hidden.map((l) => [l, lanesFirst(data(`hidden.${l}`), lanes, time)])),
    attention: Object.fromEntries(
      wanted.attention.map((l) => [l, byHead(config, data(`attention.${l}`), extent)]),
    ),
  }
}

/** `[lanes · kvHeads, time · groups, length + gap + time]` → `[lanes, heads, time, length + time]`. */
function byHead(
  config: DecoderConfig,
  source: Float32Array,
  { lanes, time, length, gap }: Extent,
): Float32Array {
  const { heads, kvHeads } = config
  const groups = heads / kvHeads
  const columns = length + gap + time
  const result = new Float32Array(lanes * heads * time * (length + time))
  let at = 0
  for (let lane = 0; lane < lanes; lane++) {
    for (let head = 0; head < heads; head++) {
      for (let t = 0; t < time; t++) {
        const row = ((lane * kvHeads + Math.floor(head / groups)) * time + t) * groups + (head % groups)
        const start = row * columns
        result.set(source.subarray(start, start + length), at)
        result.set(source.subarray(start + length + gap, start + columns), at + length)
        at += length + time
      }
    }
  }
  return result
}
