// Llama and its near relatives: Llama 1–3, SmolLM2, TinyLlama, Mistral, Qwen2 (biases on queries, keys and
// values), Qwen3 (norms of each head's queries and keys). Pre-norm decoder, rotary positions, grouped
// queries, SwiGLU (Touvron et al. 2023; Grattafiori et al. 2024; Yang et al. 2024, 2025).
import {
  add,
  mul,
  type ParameterSpecs,
  reshape,
  rmsNorm,
  silu,
  split,
  type Tensor,
} from '../../tensor/index.ts'
import { TesseraError } from '../../core/index.ts'
import { type DecoderConfig, expectSetting, flagOf, idsOf, numberOf, ropeOf, wholeOf } from '../config.ts'
import type { ForwardInput, Net } from '../net.ts'
import type { Family, WeightSource } from './family.ts'

const ARCHITECTURES = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
} as const

/** What Hugging Face takes for granted where config.json is silent, by family. */
const DEFAULTS = {
  llama: { positions: 2048 },
  mistral: { positions: 131_072, kvHeads: 8, window: 4096 },
  qwen2: { positions: 32_768, kvHeads: 32 },
  qwen3: { positions: 32_768, kvHeads: 32, headDim: 128 },
} as const satisfies Record<
  keyof typeof ARCHITECTURES,
  { positions: number; kvHeads?: number; headDim?: number; window?: number }
>

function config(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const architecture = (json.architectures as string[] | undefined)?.[0]
  const found = Object.entries(ARCHITECTURES).find(([, name]) => name === architecture)
  const family = (found?.[0] ?? 'llama') as keyof typeof ARCHITECTURES
  const standard: { positions: number; kvHeads?: number; headDim?: number } = DEFAULTS[family]
  const dim = wholeOf(json, 'hidden_size')
  const heads = wholeOf(json, 'num_attention_heads')
  const layers = wholeOf(json, 'num_hidden_layers')
  const kvHeads = wholeOf(json, 'num_key_value_heads', standard.kvHeads ?? heads)
  const headDim = wholeOf(json, 'head_dim', standard.headDim ?? dim / heads)
  if (heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new TesseraError('FORMAT_INVALID', `${heads} heads, ${kvHeads} of keys, of ${headDim} numbers`, {
      where: 'config.json num_key_value_heads',
      hint: 'Heads are a multiple of key heads, and rotary heads have an even size',
    })
  }
  expectSetting(json, 'hidden_act', 'silu')
  expectSetting(json, 'mlp_bias', false)
  expectSetting(json, 'partial_rotary_factor', 1)
  // Hugging Face would put biases on the output projection, too, which Qwen2 does not have.
  if (family !== 'qwen2') expectSetting(json, 'attention_bias', false)
  const rope = ropeOf(json)
  return {
    family,
    vocabSize: wholeOf(json, 'vocab_size'),
    dim,
    layers,
    heads,
    kvHeads,
    headDim,
    hidden: wholeOf(json, 'intermediate_size'),
    epsilon: numberOf(json, 'rms_norm_eps', 1e-6),
    tied: flagOf(json, 'tie_word_embeddings', false),
    maxPositions: wholeOf(json, 'max_position_embeddings', standard.positions),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    qkvBias: family === 'qwen2',
    qkNorm: family === 'qwen3',
    slidingWindow: windowOf(json, family, layers),
    bos: idsOf(json, 'bos_token_id')[0] ?? null,
    eos: idsOf(json, 'eos_token_id'),
  }
}

/**
 * Mistral's window holds in all layers, and is 4096 unless config.json says something else or null. Qwen's holds
 * from layer `max_window_layers` on, and only where `use_sliding_window` is set.
 */
function windowOf(
  json: Readonly<Record<string, unknown>>,
  family: keyof typeof ARCHITECTURES,
  layers: number,
): number | null {
  if (family === 'llama') return null
  const window = json.sliding_window
  if (family === 'mistral') {
    return window === null ? null : wholeOf(json, 'sliding_window', DEFAULTS.mistral.window)
  }
  if (!flagOf(json, 'use_sliding_window', false) || window === null) return null
  const first = wholeOf(json, 'max_window_layers', 28, 0)
  if (first >= layers) return null
  if (first > 0) {
    throw new TesseraError('FORMAT_UNSUPPORTED', `A window in the layers from ${first} on only`, {
      where: 'config.json max_window_layers',
      hint: 'All layers have the window, or none',
    })
  }
  return wholeOf(json, 'sliding_window', 4096)
}

function configJson(c: DecoderConfig): Record<string, unknown> {
  const scaling = c.ropeScaling
  return {
    architectures: [ARCHITECTURES[c.family as keyof typeof ARCHITECTURES] ?? ARCHITECTURES.llama],
    model_type: c.family,
    vocab_size: c.vocabSize,
    hidden_size: c.dim,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: c.headDim,
    intermediate_size: c.hidden,
    hidden_act: 'silu',
    rms_norm_eps: c.epsilon,
    tie_word_embeddings: c.tied,
    max_position_embeddings: c.maxPositions,
    rope_theta: c.ropeTheta,
    rope_scaling:
      scaling.kind === 'none'
        ? null
        : scaling.kind === 'linear'
          ? { rope_type: 'linear', factor: scaling.factor }
          : {
              rope_type: 'llama3',
              factor: scaling.factor,
              low_freq_factor: scaling.lowFrequency,
              high_freq_factor: scaling.highFrequency,
              original_max_position_embeddings: scaling.original,
            },
    ...windowJson(c),
    bos_token_id: c.bos,
    eos_token_id: c.eos.length === 1 ? c.eos[0] : c.eos,
    torch_dtype: 'float32',
  }
}

function windowJson(c: DecoderConfig): Record<string, unknown> {
  if (c.family === 'mistral') return { sliding_window: c.slidingWindow }
  if (c.slidingWindow === null) return {}
  return { use_sliding_window: true, sliding_window: c.slidingWindow, max_window_layers: 0 }
}

/** Widths of queries, keys and values, side by side in one product. */
function qkvWidths(c: DecoderConfig): [number, number, number] {
  return [c.heads * c.headDim, c.kvHeads * c.headDim, c.kvHeads * c.headDim]
}

function parameters(c: DecoderConfig): ParameterSpecs {
  const deviation = 0.02
  // Output projections begin smaller, so that the residual stream does not grow with depth (GPT-2).
  const residual = deviation / Math.sqrt(2 * c.layers)
  const matrix = (rows: number, columns: number, deviation: number, hidden = 0) => ({
    shape: [rows, columns],
    initial: { deviation },
    hidden,
  })
  const gain = (size: number) => ({ shape: [size], initial: { constant: 1 } })
  const bias = (size: number) => ({ shape: [size], initial: { constant: 0 } })
  const qkv = qkvWidths(c).reduce((sum, width) => sum + width, 0)
  const specs: Record<string, ParameterSpecs[string]> = { embedding: matrix(c.vocabSize, c.dim, deviation) }
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    specs[`${at}norm1`] = gain(c.dim)
    specs[`${at}qkv`] = matrix(c.dim, qkv, deviation, c.heads === c.kvHeads ? 3 : 1)
    if (c.qkvBias) specs[`${at}qkv.bias`] = bias(qkv)
    if (c.qkNorm) {
      specs[`${at}queryNorm`] = gain(c.headDim)
      specs[`${at}keyNorm`] = gain(c.headDim)
    }
    specs[`${at}out`] = matrix(c.heads * c.headDim, c.dim, residual, 1)
    specs[`${at}norm2`] = gain(c.dim)
    specs[`${at}gateUp`] = matrix(c.dim, 2 * c.hidden, deviation, 2)
    specs[`${at}down`] = matrix(c.hidden, c.dim, residual, 1)
  }
  specs.norm = gain(c.dim)
  if (!c.tied) specs.head = matrix(c.dim, c.vocabSize, deviation)
  return specs
}

function sources(c: DecoderConfig): Record<string, WeightSource> {
  const from = (...names: string[]): WeightSource => ({ names, transposed: true })
  const asIs = (...names: string[]): WeightSource => ({ names, transposed: false })
  const map: Record<string, WeightSource> = { embedding: asIs('model.embed_tokens.weight') }
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const hf = `model.layers.${l}.`
    const qkv = ['q', 'k', 'v'].map((part) => `${hf}self_attn.${part}_proj`)
    map[`${at}norm1`] = asIs(`${hf}input_layernorm.weight`)
    const widths = qkvWidths(c)
    map[`${at}qkv`] = { ...from(...qkv.map((name) => `${name}.weight`)), widths }
    if (c.qkvBias) map[`${at}qkv.bias`] = { ...asIs(...qkv.map((name) => `${name}.bias`)), widths }
    if (c.qkNorm) {
      map[`${at}queryNorm`] = asIs(`${hf}self_attn.q_norm.weight`)
      map[`${at}keyNorm`] = asIs(`${hf}self_attn.k_norm.weight`)
    }
    map[`${at}out`] = from(`${hf}self_attn.o_proj.weight`)
    map[`${at}norm2`] = asIs(`${hf}post_attention_layernorm.weight`)
    map[`${at}gateUp`] = {
      ...from(`${hf}mlp.gate_proj.weight`, `${hf}mlp.up_proj.weight`),
      widths: [c.hidden, c.hidden],
    }
    map[`${at}down`] = from(`${hf}mlp.down_proj.weight`)
  }
  map.norm = asIs('model.norm.weight')
  if (!c.tied) map.head = from('lm_head.weight')
  return map
}

function forward(c: DecoderConfig, net: Net, { embeddings, ids }: ForwardInput): Tensor {
  let x = net.note('embeddings', embeddings ?? net.embed('embedding', ids!))
  const [batch, time] = x.shape as [Tensor['shape'][number], Tensor['shape'][number]]
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const normed = rmsNorm(x, net.weight(`${at}norm1`), c.epsilon)
    let qkv = net.linear(normed, `${at}qkv`)
    if (c.qkvBias) qkv = add(qkv, net.weight(`${at}qkv.bias`))
    const [q, k, v] = split(
      reshape(qkv, [batch, time, c.heads + 2 * c.kvHeads, c.headDim]),
      [c.heads, c.kvHeads, c.kvHeads],
      2,
    ) as [Tensor, Tensor, Tensor]
    const queries = c.qkNorm ? rmsNorm(q, net.weight(`${at}queryNorm`), c.epsilon) : q
    const keys = c.qkNorm ? rmsNorm(k, net.weight(`${at}keyNorm`), c.epsilon) : k
    const attended = net.attend(l, net.rotate(queries), net.rotate(keys), v)
    x = net.note(`${at}attention`, add(x, net.linear(attended, `${at}out`)))
    const [gate, up] = split(
      net.linear(rmsNorm(x, net.weight(`${at}norm2`), c.epsilon), `${at}gateUp`),
      [c.hidden, c.hidden],
      -1,
    ) as [Tensor, Tensor]
    x = net.note(`${at}output`, add(x, net.linear(mul(silu(gate), up), `${at}down`)))
  }
  return rmsNorm(x, net.weight('norm'), c.epsilon)
}

function logits(c: DecoderConfig, net: Net, states: Tensor): Tensor {
  return c.tied ? net.unembed(states, 'embedding') : net.linear(states, 'head')
}

export const llama: Family = {
  name: 'llama',
  kind: 'decoder',
  architectures: Object.values(ARCHITECTURES),
  config,
  configJson,
  parameters,
  sources,
  forward,
  logits,
}
