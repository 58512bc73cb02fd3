// What a decoder is made of, read from a Hugging Face config.json: one shape for all families, so that a cache,
// a server or an export need not know which one a model is of.
import { TesseraError } from '../core/index.ts'

/** How rotary angles are stretched for long contexts. */
export type RopeScaling =
  | { kind: 'none' }
  | { kind: 'linear'; factor: number }
  /** Llama 3.1: low frequencies are divided by `factor`, high ones kept, smoothly between. */
  | { kind: 'llama3'; factor: number; lowFrequency: number; highFrequency: number; original: number }

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

/** Throws FORMAT_UNSUPPORTED for a kind that we do not implement. */
export function ropeScalingOf(json: Json): RopeScaling {
  const scaling = (json.rope_scaling ?? null) as Json | null
  if (scaling === null) return { kind: 'none' }
  if (typeof scaling !== 'object') throw configError('rope_scaling is no object', 'rope_scaling')
  const kind = scaling.rope_type ?? scaling.type
  if (kind === 'default') return { kind: 'none' }
  if (kind === 'linear') return { kind: 'linear', factor: numberOf(scaling, 'factor', 1) }
  if (kind === 'llama3') {
    return {
      kind: 'llama3',
      factor: numberOf(scaling, 'factor', 8),
      lowFrequency: numberOf(scaling, 'low_freq_factor', 1),
      highFrequency: numberOf(scaling, 'high_freq_factor', 4),
      original: numberOf(scaling, 'original_max_position_embeddings', 8192),
    }
  }
  throw new TesseraError('FORMAT_UNSUPPORTED', `Rotary scaling of the kind ${JSON.stringify(kind)}`, {
    where: 'config.json rope_scaling',
    hint: 'There are: default, linear, llama3',
  })
}
