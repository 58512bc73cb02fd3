// One step of a model: what the caller gave, in runs of the graph (several for a long text, so that scores stay small),
// and the graph's outputs in the caller's order.
import { TesseraError } from '../../core/index.ts'
import type { Cache } from '../cache/cache.ts'
import type { DecoderConfig } from '../config.ts'
import { runPiece, type StepModel } from './piece.ts'
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
  /**
   * Probabilities `[lanes, heads, time, slots]` by layer; slots = those of the cache, the new ones included. What a hole
   * attends to means nothing.
   */
  attention: Record<number, Float32Array>
}

/** Tokens of one run, all lanes together: scores grow with their number times the cache. */
const MOST_TOKENS = 512

/** The cache is as it was when this throws. */
export async function runStep(model: StepModel, input: StepInput, cache: Cache): Promise<StepResult> {
  const { config } = model
  const { lanes, length } = cache
  const tokens = newTokens(config, input, lanes, cache.nextPositions())
  const { time } = tokens
  const wanted = wantedOf(config, input.want, tokens)
  const { embeddings = tokens.embeddings, ...patches } = patchesOf(model, input.patch, lanes, time)
  // Whoever looks at attention, or says who sees whom, has the tokens in one run.
  const whole = input.bias || wanted.attention.length > 0 || Object.keys(patches).length > 0
  const most = whole ? time : Math.max(1, Math.floor(MOST_TOKENS / lanes))
  const names = [
    ...wanted.hidden.map((layer) => `hidden.${layer}`),
    ...wanted.attention.map((layer) => `attention.${layer}`),
  ]
  const found = new Results(config, wanted, { lanes, time, length })
  try {
    for (let from = 0; from < time; from += most) {
      const to = Math.min(time, from + most)
      const [first, end] = [from * lanes, to * lanes]
      const rows = wanted.rows.filter((row) => row >= first && row < end)
      const piece = {
        time: to - from,
        lanes,
        ids: tokens.ids.subarray(first, end),
        positions: tokens.positions.subarray(first, end),
        embeddings: embeddings && embeddings.subarray(first * config.dim, end * config.dim),
      }
      const { outputs, gap } = await runPiece(model, cache, {
        tokens: piece,
        bias: input.bias,
        patches,
        rows: rows.length > 0 ? rows.map((row) => row - first) : [0],
        fetch: rows.length > 0 ? ['logits', ...names] : names,
      })
      found.take(from, to, rows, (name) => outputs[name]!.data as Float32Array, gap)
    }
  } catch (error) {
    cache.cut(length)
    throw error
  }
  return found.result()
}

/** What the runs of a step give, put together. */
class Results {
  private readonly config: DecoderConfig
  private readonly wanted: Wanted
  private readonly extent: { lanes: number; time: number; length: number }
  private logits: Float32Array | null = null
  /** `[time, lanes, dim]`. */
  private readonly hidden: Record<number, Float32Array> = {}
  private readonly attention: Record<number, Float32Array> = {}

  constructor(
    config: DecoderConfig,
    wanted: Wanted,
    extent: { lanes: number; time: number; length: number },
  ) {
    this.config = config
    this.wanted = wanted
    this.extent = extent
  }

  /** Outputs for the tokens `[from, to)`; of logits, those of `rows`, in their order. */
  take(
    from: number,
    to: number,
    rows: readonly number[],
    data: (name: string) => Float32Array,
    gap: number,
  ): void {
    const { vocabSize, dim } = this.config
    const { lanes, time } = this.extent
    if (rows.length === this.wanted.rows.length) this.logits = rows.length > 0 ? data('logits') : null
    else if (rows.length > 0) {
      this.logits ??= new Float32Array(this.wanted.rows.length * vocabSize)
      const logits = data('logits')
      let taken = 0
      for (const [i, row] of this.wanted.rows.entries()) {
        if (row < from * lanes || row >= to * lanes) continue
        this.logits.set(logits.subarray(taken * vocabSize, (taken + 1) * vocabSize), i * vocabSize)
        taken++
      }
    }
    for (const layer of this.wanted.hidden) {
      const states = data(`hidden.${layer}`)
      if (to - from === time) this.hidden[layer] = states
      else (this.hidden[layer] ??= new Float32Array(time * lanes * dim)).set(states, from * lanes * dim)
    }
    for (const layer of this.wanted.attention) {
      this.attention[layer] = byHead(this.config, data(`attention.${layer}`), { ...this.extent, gap })
    }
  }

  result(): StepResult {
    const { logits, wanted, attention } = this
    const { lanes, time } = this.extent
    const rows = wanted.rows.length / lanes
    const each = rows * this.config.vocabSize
    for (const lane of wanted.absent) logits?.fill(0, lane * each, (lane + 1) * each)
    const hidden = Object.entries(this.hidden).map(([layer, states]) => [
      layer,
      lanesFirst(states, lanes, time),
    ])
    return { logits, rows, hidden: Object.fromEntries(hidden) as StepResult['hidden'], attention }
  }
}

interface Wanted {
  /** Indices into the new tokens `[time, lanes]`, lane by lane, of those that get logits. */
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
  return { rows: none ? [] : rows, absent, hidden, attention }
}

function patchesOf(
  model: StepModel,
  patch: StepInput['patch'],
  lanes: number,
  time: number,
): Record<string, Float32Array> {
  if (!patch) return {}
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

/** `[lanes · kvHeads, time · groups, length + gap + time]` → `[lanes, heads, time, length + time]`. */
function byHead(
  config: DecoderConfig,
  source: Float32Array,
  { lanes, time, length, gap }: { lanes: number; time: number; length: number; gap: number },
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
