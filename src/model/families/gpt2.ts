// GPT-2 (Radford et al. 2019): pre-norm decoder with learned positions, layer norms and biases everywhere, one
// matrix for both embeddings. Hugging Face keeps its projections as [in, out] (Conv1D), so nothing is
// transposed; the oldest checkpoints leave out the prefix `transformer.`.
import {
  add,
  gather,
  type ParameterSpec,
  type ParameterSpecs,
  reshape,
  split,
  type Tensor,
} from '../../tensor/index.ts'
import {
  activationOf,
  type DecoderConfig,
  expectSetting,
  flagOf,
  idsOf,
  numberOf,
  wholeOf,
} from '../config.ts'
import type { ForwardInput, Net } from '../net.ts'
import type { Family, WeightSource } from './family.ts'
import { activate, asIs, bias, dense, gain, matrix, norm, turned } from './parts.ts'

function config(json: Readonly<Record<string, unknown>>): DecoderConfig {
  expectSetting(json, 'scale_attn_weights', true)
  expectSetting(json, 'scale_attn_by_inverse_layer_idx', false)
  expectSetting(json, 'add_cross_attention', false)
  const dim = wholeOf(json, 'n_embd', 768)
  const heads = wholeOf(json, 'n_head', 12)
  return {
    family: 'gpt2',
    vocabSize: wholeOf(json, 'vocab_size', 50257),
    dim,
    layers: wholeOf(json, 'n_layer', 12),
    heads,
    kvHeads: heads,
    headDim: wholeOf({ headDim: dim / heads }, 'headDim'),
    hidden: wholeOf(json, 'n_inner', 4 * dim),
    epsilon: numberOf(json, 'layer_norm_epsilon', 1e-5),
    tied: flagOf(json, 'tie_word_embeddings', true),
    maxPositions: wholeOf(json, 'n_positions', 1024),
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: true,
    qkNorm: false,
    slidingWindow: null,
    activation: activationOf(json, 'activation_function', 'gelu_new'),
    bos: idsOf(json, 'bos_token_id')[0] ?? null,
    eos: idsOf(json, 'eos_token_id'),
  }
}

function configJson(c: DecoderConfig): Record<string, unknown> {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    vocab_size: c.vocabSize,
    n_embd: c.dim,
    n_layer: c.layers,
    n_head: c.heads,
    n_inner: c.hidden,
    n_positions: c.maxPositions,
    layer_norm_epsilon: c.epsilon,
    activation_function: c.activation ?? 'gelu_new',
    tie_word_embeddings: c.tied,
    bos_token_id: c.bos,
    eos_token_id: c.eos.length === 1 ? c.eos[0] : c.eos,
    torch_dtype: 'float32',
  }
}

function parameters(c: DecoderConfig): ParameterSpecs {
  const deviation = 0.02
  const residual = deviation / Math.sqrt(2 * c.layers)
  const specs: Record<string, ParameterSpec> = {
    embedding: matrix(c.vocabSize, c.dim, deviation),
    positions: matrix(c.maxPositions, c.dim, 0.01),
  }
  const weight = (name: string, spec: ParameterSpec) => {
    specs[name] = spec
    specs[`${name}.bias`] = bias(spec.shape.at(-1)!)
  }
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    weight(`${at}norm1`, gain(c.dim))
    weight(`${at}qkv`, matrix(c.dim, 3 * c.dim, deviation, 3))
    weight(`${at}out`, matrix(c.dim, c.dim, residual, 1))
    weight(`${at}norm2`, gain(c.dim))
    weight(`${at}up`, matrix(c.dim, c.hidden, deviation, 1))
    weight(`${at}down`, matrix(c.hidden, c.dim, residual, 1))
  }
  weight('norm', gain(c.dim))
  if (!c.tied) specs.head = matrix(c.dim, c.vocabSize, deviation)
  return specs
}

function sources(c: DecoderConfig): Record<string, WeightSource> {
  const map: Record<string, WeightSource> = {
    embedding: asIs('transformer.wte.weight'),
    positions: asIs('transformer.wpe.weight'),
  }
  const weight = (name: string, hf: string) => {
    map[name] = asIs(`${hf}.weight`)
    map[`${name}.bias`] = asIs(`${hf}.bias`)
  }
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const hf = `transformer.h.${l}.`
    weight(`${at}norm1`, `${hf}ln_1`)
    weight(`${at}qkv`, `${hf}attn.c_attn`)
    weight(`${at}out`, `${hf}attn.c_proj`)
    weight(`${at}norm2`, `${hf}ln_2`)
    weight(`${at}up`, `${hf}mlp.c_fc`)
    weight(`${at}down`, `${hf}mlp.c_proj`)
  }
  weight('norm', 'transformer.ln_f')
  if (!c.tied) map.head = turned('lm_head.weight')
  return map
}

function forward(c: DecoderConfig, net: Net, { embeddings, ids, positions }: ForwardInput): Tensor {
  const tokens = net.note('embeddings', embeddings ?? net.embed('embedding', ids!))
  let x = add(tokens, gather(net.weight('positions'), positions))
  const [batch, time] = x.shape as [Tensor['shape'][number], Tensor['shape'][number]]
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const qkv = dense(net, norm(net, x, `${at}norm1`, c.epsilon), `${at}qkv`)
    const [queries, keys, values] = split(
      reshape(qkv, [batch, time, 3 * c.heads, c.headDim]),
      [c.heads, c.heads, c.heads],
      2,
    ) as [Tensor, Tensor, Tensor]
    const attended = net.attend(l, queries, keys, values)
    x = net.note(`${at}attention`, add(x, dense(net, attended, `${at}out`)))
    const up = dense(net, norm(net, x, `${at}norm2`, c.epsilon), `${at}up`)
    const active = activate(up, c.activation ?? 'gelu_new')
    x = net.note(`${at}output`, add(x, dense(net, active, `${at}down`)))
  }
  return norm(net, x, 'norm', c.epsilon)
}

function logits(c: DecoderConfig, net: Net, states: Tensor): Tensor {
  return c.tied ? net.unembed(states, 'embedding') : net.linear(states, 'head')
}

export const gpt2: Family = {
  name: 'gpt2',
  kind: 'decoder',
  architectures: ['GPT2LMHeadModel'],
  config,
  configJson,
  parameters,
  sources,
  spellings: (name) => (name.startsWith('transformer.') ? [name.slice('transformer.'.length)] : []),
  forward,
  logits,
}
