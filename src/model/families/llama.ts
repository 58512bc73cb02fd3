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
import { type DecoderConfig, flagOf, idsOf, numberOf, ropeScalingOf, wholeOf } from '../config.ts'
import type { ForwardInput, Net } from '../net.ts'
import type { Family, WeightSource } from './family.ts'

const ARCHITECTURES = {
  llama: 'LlamaForCausalLM',
  mistral: 'MistralForCausalLM',
  qwen2: 'Qwen2ForCausalLM',
  qwen3: 'Qwen3ForCausalLM',
} as const

function config(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const architecture = (json.architectures as string[] | undefined)?.[0]
  const found = Object.entries(ARCHITECTURES).find(([, name]) => name === architecture)
  const family = found?.[0] ?? 'llama'
  const dim = wholeOf(json, 'hidden_size')
  const heads = wholeOf(json, 'num_attention_heads')
  const kvHeads = wholeOf(json, 'num_key_value_heads', heads)
  const headDim = wholeOf(json, 'head_dim', dim / heads)
  if (heads % kvHeads !== 0 || headDim % 2 !== 0) {
    throw new TesseraError('FORMAT_INVALID', `${heads} heads, ${kvHeads} of keys, of ${headDim} numbers`, {
      where: 'config.json num_key_value_heads',
      hint: 'Heads are a multiple of key heads, and rotary heads have an even size',
    })
  }
  if ((json.hidden_act ?? 'silu') !== 'silu') {
    throw new TesseraError('FORMAT_UNSUPPORTED', `The activation ${JSON.stringify(json.hidden_act)}`, {
      where: 'config.json hidden_act',
      hint: 'This family has silu',
    })
  }
  const window = json.sliding_window
  const slides = family === 'mistral' || (flagOf(json, 'use_sliding_window', false) && family === 'qwen2')
  return {
    family,
    vocabSize: wholeOf(json, 'vocab_size'),
    dim,
    layers: wholeOf(json, 'num_hidden_layers'),
    heads,
    kvHeads,
    headDim,
    hidden: wholeOf(json, 'intermediate_size'),
    epsilon: numberOf(json, 'rms_norm_eps', 1e-6),
    tied: flagOf(json, 'tie_word_embeddings', false),
    maxPositions: wholeOf(json, 'max_position_embeddings', 2048),
    ropeTheta: numberOf(json, 'rope_theta', 10_000),
    ropeScaling: ropeScalingOf(json),
    qkvBias: family === 'qwen2' || flagOf(json, 'attention_bias', false),
    qkNorm: family === 'qwen3',
    slidingWindow: slides && typeof window === 'number' ? window : null,
    bos: idsOf(json, 'bos_token_id')[0] ?? null,
    eos: idsOf(json, 'eos_token_id'),
  }
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
    attention_bias: c.qkvBias && c.family === 'llama',
    ...(c.slidingWindow === null ? {} : { sliding_window: c.slidingWindow }),
    bos_token_id: c.bos,
    eos_token_id: c.eos.length === 1 ? c.eos[0] : c.eos,
    torch_dtype: 'float32',
  }
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
    map[`${at}qkv`] = from(...qkv.map((name) => `${name}.weight`))
    if (c.qkvBias) map[`${at}qkv.bias`] = asIs(...qkv.map((name) => `${name}.bias`))
    if (c.qkNorm) {
      map[`${at}queryNorm`] = asIs(`${hf}self_attn.q_norm.weight`)
      map[`${at}keyNorm`] = asIs(`${hf}self_attn.k_norm.weight`)
    }
    map[`${at}out`] = from(`${hf}self_attn.o_proj.weight`)
    map[`${at}norm2`] = asIs(`${hf}post_attention_layernorm.weight`)
    map[`${at}gateUp`] = from(`${hf}mlp.gate_proj.weight`, `${hf}mlp.up_proj.weight`)
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
  architectures: Object.values(ARCHITECTURES),
  config,
  configJson,
  parameters,
  sources,
  forward,
  logits,
}
