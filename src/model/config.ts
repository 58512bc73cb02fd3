// What a decoder is made of, read from a Hugging Face config.json: one shape for all families, so that a cache,
// a server or an export need not know which one a model is of.
import { TesseraError } from '../core/index.ts'

/** How rotary angles are stretched for long contexts. */
export type RopeScaling =
  | { kind: 'none' }
  | { kind: 'linear'; factor: number }
  /** Llama 3.1: low frequencies are divided by `factor`, high ones kept, smoothly between. */
  | { kind: 'llama3'; factor: number; lowFrequency: number; highFrequency: number; original: number }

/** Activations of feed-forward layers, by Hugging Face's names. */
export type Activation = 'gelu' | 'gelu_new' | 'gelu_pytorch_tanh' | 'relu' | 'silu'

/** What an encoder has besides (BERT). */
export interface EncoderDetails {
  /** Rows of the token type embedding: which sentence a token is of. */
  tokenTypes: number
  /** A dense layer with tanh over the first token's state. */
  pooler: boolean
  /** The head that names masked tokens. */
  maskedHead: boolean
}

/** What an encoder–decoder has besides (T5); `layers` are the encoder's. */
export interface Seq2SeqDetails {
  /** The feed-forward layer has a gate (T5 1.1, ByT5). */
  gated: boolean
  decoderLayers: number
  /** Distances fall into so many buckets, all from `maxDistance` on into the last. */
  buckets: number
  maxDistance: number
  pad: number
  /** The id that a decoder's input begins with. */
  start: number
}

export interface DecoderConfig {
  family: string
  vocabSize: number
  /** Width of the residual stream. */
  dim: number
  layers: number
  heads: number
  /** Heads of keys and values; each serves heads / kvHeads queries. */
  kvHeads: number
  headDim: number
  /** Width of the feed-forward layer. */
  hidden: number
  epsilon: number
  /** Input and output embeddings are one matrix. */
  tied: boolean
  maxPositions: number
  ropeTheta: number
  ropeScaling: RopeScaling
  /** Biases on queries, keys and values (Qwen2), or on every projection (GPT-2). */
  qkvBias: boolean
  /** RMS norms of each head's queries and keys before rotation (Qwen3). */
  qkNorm: boolean
  /** Attends to this many tokens before, itself included; null: all. */
  slidingWindow: number | null
  bos: number | null
  eos: readonly number[]
  /** Of the feed-forward layer, where the family has a choice. */
  activation?: Activation
  /** Of families whose `kind` is encoder. */
  encoder?: EncoderDetails
  /** Of families whose `kind` is encoder-decoder. */
  seq2seq?: Seq2SeqDetails
}

type Json = Readonly<Record<string, unknown>>

function configError(message: string, where: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', message, { where: `config.json ${where}` })
}

/** A whole number from `least` on; `standard` when it is absent. */
export function wholeOf(json: Json, key: string, standard?: number, least = 1): number {
  const value = json[key] ?? standard
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > 2 ** 31) {
    throw configError(`${JSON.stringify(value ?? null)} is no whole number from ${least} on`, key)
  }
  return value
}

export function numberOf(json: Json, key: string, standard: number): number {
  const value = json[key] ?? standard
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw configError(`${JSON.stringify(value)} is no number`, key)
  }
  return value
}

export function flagOf(json: Json, key: string, standard: boolean): boolean {
  const value = json[key] ?? standard
  if (typeof value !== 'boolean') throw configError(`${JSON.stringify(value)} is neither true nor false`, key)
  return value
}

/** Throws FORMAT_UNSUPPORTED for an activation that we do not have. */
export function activationOf(json: Json, key: string, standard: Activation): Activation {
  const value = json[key] ?? standard
  const known: readonly Activation[] = ['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'relu', 'silu']
  const found = known.find((name) => name === value)
  if (!found) {
    throw new TesseraError('FORMAT_UNSUPPORTED', `The activation ${JSON.stringify(value)}`, {
      where: `config.json ${key}`,
      hint: `There are: ${known.join(', ')}`,
    })
  }
  return found
}

/** Throws FORMAT_UNSUPPORTED where a switch is not as the family that we implement has it. */
export function expectSetting(json: Json, key: string, only: unknown): void {
  const value = json[key] ?? only
  if (value !== only) {
    throw new TesseraError('FORMAT_UNSUPPORTED', `${key} is ${JSON.stringify(value)}`, {
      where: `config.json ${key}`,
      hint: `Only ${JSON.stringify(only)} is supported`,
    })
  }
}

/** One id, several, or none. */
export function idsOf(json: Json, key: string): number[] {
  const value = json[key]
  const list = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]
  for (const id of list) {
    if (!Number.isSafeInteger(id) || (id as number) < 0)
      throw configError(`${JSON.stringify(id)} is no id`, key)
  }
  return list as number[]
}

/**
 * Rotary positions: `rope_theta` and `rope_scaling`, or both in `rope_parameters`, as newer files have them. Throws
 * FORMAT_UNSUPPORTED for a kind of scaling that we do not implement.
 */
export function ropeOf(json: Json): { theta: number; scaling: RopeScaling } {
  const key = json.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const settings = (json[key] ?? {}) as Json
  if (typeof settings !== 'object') throw configError(`${key} is no object`, key)
  const theta = numberOf(settings, 'rope_theta', numberOf(json, 'rope_theta', 10_000))
  return { theta, scaling: scalingOf(settings, key, json) }
}

function scalingOf(settings: Json, key: string, json: Json): RopeScaling {
  const kind = settings.rope_type ?? settings.type ?? 'default'
  if (kind === 'default') return { kind: 'none' }
  if (kind === 'linear') return { kind: 'linear', factor: numberOf(settings, 'factor', 1) }
  if (kind === 'llama3') {
    return {
      kind: 'llama3',
      factor: numberOf(settings, 'factor', 8),
      lowFrequency: numberOf(settings, 'low_freq_factor', 1),
      highFrequency: numberOf(settings, 'high_freq_factor', 4),
      original: numberOf(
        settings,
        'original_max_position_embeddings',
        numberOf(json, 'original_max_position_embeddings', 8192),
      ),
    }
  }
  throw new TesseraError('FORMAT_UNSUPPORTED', `Rotary scaling of the kind ${JSON.stringify(kind)}`, {
    where: `config.json ${key}`,
    hint: 'There are: default, linear, llama3',
  })
}
