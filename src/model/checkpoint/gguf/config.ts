// The metadata of a GGUF file and a model's config: each family reads and writes its own config.json, so metadata are
// turned into that and out of it.
// Two things that a GGUF file has no key for are kept under `tessera.`: which family it is (llama.cpp has one for two),
// and the numbers behind Llama 3's frequencies, of which the file has only the result (rope_freqs).
import { TesseraError } from '../../../core/index.ts'
import type { GgufEntry, GgufValue } from '../../../tokenizer/index.ts'
import type { DecoderConfig, RopeScaling } from '../../config.ts'
import type { Family } from '../../families/family.ts'
import { familyOf } from '../../families/index.ts'
import { rotaryFrequencies } from '../../rope.ts'
import { GGUF_ARCHITECTURES, type GgufArchitecture } from './architectures.ts'

const FAMILY = 'tessera.family'
const LLAMA3 = 'tessera.rope.llama3'
/** Divisors of the rotary frequencies, `[headDim / 2]`. */
export const ROPE_FREQS = 'rope_freqs.weight'

function ggufError(message: string, where: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', message, { where })
}

/** The double that a float32 was written for: the shortest that rounds to it. */
function decimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

class Keys {
  private readonly values: ReadonlyMap<string, GgufValue>
  private readonly architecture: string

  constructor(values: ReadonlyMap<string, GgufValue>, architecture: string) {
    this.values = values
    this.architecture = architecture
  }

  /** A number; where the file has one per layer, they must be equal. */
  number(key: string): number | undefined {
    const full = `${this.architecture}.${key}`
    const value = this.values.get(full)
    if (value === undefined) return undefined
    const first = Array.isArray(value) ? value[0] : value
    if (Array.isArray(value) && value.some((one) => one !== first)) {
      throw new TesseraError('FORMAT_UNSUPPORTED', 'Layers of different sizes', { where: full })
    }
    if (typeof first !== 'number') throw ggufError(`${JSON.stringify(first)} is no number`, full)
    return first
  }

  needed(key: string): number {
    const value = this.number(key)
    if (value === undefined) throw ggufError('The key is missing', `${this.architecture}.${key}`)
    return value
  }

  text(key: string): string | undefined {
    const value = this.values.get(`${this.architecture}.${key}`)
    return typeof value === 'string' ? value : undefined
  }
}

export interface GgufModel {
  architecture: GgufArchitecture
  family: Family
  config: DecoderConfig
}

/** What the model of a file is. `shapeOf`: of a tensor by name; `ropeFreqs`: that tensor's numbers, if it is there. */
export function configOf(
  metadata: ReadonlyMap<string, GgufValue>,
  shapeOf: (tensor: string) => readonly number[] | undefined,
  ropeFreqs: Float32Array | null,
): GgufModel {
  const name = metadata.get('general.architecture')
  const architecture = GGUF_ARCHITECTURES.find((one) => one.name === name)
  if (!architecture) {
    throw new TesseraError(
      'FORMAT_UNSUPPORTED',
      `Models of the architecture ${JSON.stringify(name ?? null)}`,
      {
        where: 'general.architecture',
        hint: `There are: ${GGUF_ARCHITECTURES.map((one) => one.name).join(', ')}`,
      },
    )
  }
  const { models } = architecture
  const said = metadata.get(FAMILY)
  const hf = typeof said === 'string' && Object.hasOwn(models, said) ? models[said] : Object.values(models)[0]
  const keys = new Keys(metadata, architecture.name)
  // llama.cpp attends to everything in these architectures, whatever the key says; only our own files mean it.
  const window = said === undefined ? null : (keys.number('attention.sliding_window') ?? null)
  if ((keys.number('expert_count') ?? 0) > 0) {
    throw new TesseraError('FORMAT_UNSUPPORTED', 'A mixture of experts', {
      where: `${architecture.name}.expert_count`,
    })
  }
  const vocabSize = shapeOf('token_embd.weight')?.[0]
  if (vocabSize === undefined) throw ggufError('The embeddings are missing', 'token_embd.weight')
  const json: Record<string, unknown> = {
    architectures: [hf],
    vocab_size: vocabSize,
    tie_word_embeddings: shapeOf('output.weight') === undefined,
    bos_token_id: metadata.get('tokenizer.ggml.bos_token_id') ?? null,
    eos_token_id: metadata.get('tokenizer.ggml.eos_token_id') ?? null,
    ...(architecture.name === 'gpt2' ? gpt2Json(keys) : llamaJson(keys, window)),
  }
  const family = familyOf(json)
  const config = family.config(json)
  if (!ropeFreqs) return { architecture, family, config }
  return {
    architecture,
    family,
    config: { ...config, ropeScaling: llama3Of(metadata, keys, config, ropeFreqs) },
  }
}

function gpt2Json(keys: Keys): Record<string, unknown> {
  return {
    n_embd: keys.needed('embedding_length'),
    n_layer: keys.needed('block_count'),
    n_head: keys.needed('attention.head_count'),
    n_inner: keys.needed('feed_forward_length'),
    n_positions: keys.needed('context_length'),
    layer_norm_epsilon: decimal(keys.needed('attention.layer_norm_epsilon')),
  }
}

function llamaJson(keys: Keys, window: number | null): Record<string, unknown> {
  const dim = keys.needed('embedding_length')
  const heads = keys.needed('attention.head_count')
  const headDim = keys.number('attention.key_length') ?? dim / heads
  for (const key of ['attention.value_length', 'rope.dimension_count']) {
    const other = keys.number(key) ?? headDim
    if (other !== headDim) {
      throw new TesseraError('FORMAT_UNSUPPORTED', `Keys of ${headDim} numbers, but ${key} is ${other}`, {
        hint: 'Keys, values and rotations are of one width',
      })
    }
  }
  return {
    hidden_size: dim,
    num_hidden_layers: keys.needed('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: keys.number('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    intermediate_size: keys.needed('feed_forward_length'),
    rms_norm_eps: decimal(keys.needed('attention.layer_norm_rms_epsilon')),
    max_position_embeddings: keys.needed('context_length'),
    rope_theta: decimal(keys.number('rope.freq_base') ?? 10_000),
    rope_scaling: scalingJson(keys),
    ...(window === null
      ? { sliding_window: null }
      : { sliding_window: window, use_sliding_window: true, max_window_layers: 0 }),
  }
}

function scalingJson(keys: Keys): unknown {
  const kind = keys.text('rope.scaling.type') ?? 'none'
  if (kind === 'none') return null
  const factor = keys.number('rope.scaling.factor')
  // Any other kind is passed on for the family to refuse by name.
  return { rope_type: kind, ...(factor === undefined ? {} : { factor: decimal(factor) }) }
}

/** Llama 3's scaling, found again from its result. Throws FORMAT_UNSUPPORTED for divisors of another kind. */
function llama3Of(
  metadata: ReadonlyMap<string, GgufValue>,
  keys: Keys,
  config: DecoderConfig,
  divisors: Float32Array,
): RopeScaling {
  const kept = metadata.get(LLAMA3)
  const numbers = Array.isArray(kept) ? kept.map((one) => decimal(Number(one))) : []
  const [
    factor = decimal(divisors.at(-1) ?? 1),
    lowFrequency = 1,
    highFrequency = 4,
    original = keys.number('rope.scaling.original_context_length') ?? 8192,
  ] = numbers
  const scaling: RopeScaling = { kind: 'llama3', factor, lowFrequency, highFrequency, original }
  const expected = ropeDivisors({ ...config, ropeScaling: scaling })
  const same =
    divisors.length === expected.length &&
    divisors.every((one, i) => Math.abs(one - expected[i]!) <= 1e-5 * Math.abs(expected[i]!))
  if (same) return scaling
  throw new TesseraError(
    'FORMAT_UNSUPPORTED',
    'Rotary frequencies that are not scaled as Llama 3 scales them',
    {
      where: ROPE_FREQS,
    },
  )
}

/** What llama.cpp divides each rotary frequency by. */
export function ropeDivisors(config: DecoderConfig): Float32Array {
  const plain = rotaryFrequencies({ ...config, ropeScaling: { kind: 'none' } })
  return Float32Array.from(rotaryFrequencies(config), (one, i) => plain[i]! / one)
}

/** The architecture that llama.cpp has for a config. Throws FORMAT_UNSUPPORTED. */
export function architectureFor(config: DecoderConfig): GgufArchitecture {
  const { activation } = config
  if (config.family === 'gpt2' && activation && !/^gelu_(new|pytorch_tanh)$/.test(activation)) {
    throw new TesseraError('FORMAT_UNSUPPORTED', `A GGUF file of GPT-2 with ${activation}`, {
      hint: 'llama.cpp computes gelu_new',
    })
  }
  const found = GGUF_ARCHITECTURES.find(({ models }) => Object.hasOwn(models, config.family))
  if (found) return found
  throw new TesseraError('FORMAT_UNSUPPORTED', `A GGUF file of ${config.family}`, {
    hint: `There are: ${GGUF_ARCHITECTURES.flatMap(({ models }) => Object.keys(models)).join(', ')}`,
  })
}

/** The keys of a model, without its tokenizer. */
export function metadataOf(architecture: GgufArchitecture, config: DecoderConfig): Record<string, GgufEntry> {
  const { name } = architecture
  const entries: Record<string, GgufEntry> = { 'general.architecture': { text: name } }
  const whole = (key: string, value: number) => (entries[`${name}.${key}`] = { u32: value })
  const float = (key: string, value: number) => (entries[`${name}.${key}`] = { f32: value })
  whole('context_length', config.maxPositions)
  whole('embedding_length', config.dim)
  whole('block_count', config.layers)
  whole('feed_forward_length', config.hidden)
  whole('attention.head_count', config.heads)
  whole('vocab_size', config.vocabSize)
  if (name === 'gpt2') {
    float('attention.layer_norm_epsilon', config.epsilon)
    return entries
  }
  whole('attention.head_count_kv', config.kvHeads)
  whole('attention.key_length', config.headDim)
  whole('attention.value_length', config.headDim)
  whole('rope.dimension_count', config.headDim)
  float('attention.layer_norm_rms_epsilon', config.epsilon)
  float('rope.freq_base', config.ropeTheta)
  if (config.slidingWindow !== null) whole('attention.sliding_window', config.slidingWindow)
  const scaling = config.ropeScaling
  if (scaling.kind === 'linear') {
    entries[`${name}.rope.scaling.type`] = { text: 'linear' }
    float('rope.scaling.factor', scaling.factor)
  } else if (scaling.kind === 'llama3') {
    const { factor, lowFrequency, highFrequency, original } = scaling
    entries[LLAMA3] = { f32s: [factor, lowFrequency, highFrequency, original] }
  }
  const isFirst = config.family === Object.keys(architecture.models)[0]
  if (!isFirst || config.slidingWindow !== null) entries[FAMILY] = { text: config.family }
  return entries
}
