// T5, mT5 and ByT5 (Raffel et al. 2020; Xue et al. 2021, 2022): encoder and decoder, RMS norms before each block,
// no biases, and no scaling of the scores: the initial weights have it in them. Positions are a learned bias
// of each head for the bucket that a distance falls into, the same in all layers of a side. Where the two
// embeddings are one matrix, states are scaled by dim^-0.5 before it.
import {
  add,
  clip,
  constant,
  gather,
  mul,
  type ParameterSpec,
  type ParameterSpecs,
  reshape,
  rmsNorm,
  split,
  type Tensor,
  transpose,
} from '../../tensor/index.ts'
import {
  activationOf,
  type DecoderConfig,
  flagOf,
  idsOf,
  numberOf,
  type Seq2SeqDetails,
  wholeOf,
} from '../config.ts'
import type { AttendOptions, ForwardInput, Net } from '../net.ts'
import type { Family, WeightSource } from './family.ts'
import { activate, asIs, gain, matrix, turned } from './parts.ts'

const ARCHITECTURES = { t5: 'T5ForConditionalGeneration', mt5: 'MT5ForConditionalGeneration' } as const

function config(json: Readonly<Record<string, unknown>>): DecoderConfig {
  const architecture = (json.architectures as string[] | undefined)?.[0]
  const heads = wholeOf(json, 'num_heads', 8)
  const layers = wholeOf(json, 'num_layers', 6)
  const feedForward = String(json.feed_forward_proj ?? 'relu')
  const gated = feedForward.startsWith('gated-')
  const name = gated ? feedForward.slice('gated-'.length) : feedForward
  const pad = wholeOf(json, 'pad_token_id', 0, 0)
  return {
    family: architecture === ARCHITECTURES.mt5 ? 'mt5' : 't5',
    vocabSize: wholeOf(json, 'vocab_size', 32128),
    dim: wholeOf(json, 'd_model', 512),
    layers,
    heads,
    kvHeads: heads,
    headDim: wholeOf(json, 'd_kv', 64),
    hidden: wholeOf(json, 'd_ff', 2048),
    epsilon: numberOf(json, 'layer_norm_epsilon', 1e-6),
    tied: flagOf(json, 'tie_word_embeddings', true),
    // Distances have no end.
    maxPositions: 2 ** 31,
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: false,
    qkNorm: false,
    slidingWindow: null,
    // "gated-gelu" has always meant the tanh form.
    activation: gated && name === 'gelu' ? 'gelu_new' : activationOf({ name }, 'name', 'relu'),
    seq2seq: {
      gated,
      decoderLayers: wholeOf(json, 'num_decoder_layers', layers),
      buckets: wholeOf(json, 'relative_attention_num_buckets', 32, 4),
      maxDistance: wholeOf(json, 'relative_attention_max_distance', 128),
      pad,
      start: wholeOf(json, 'decoder_start_token_id', pad, 0),
    },
    bos: null,
    eos: idsOf({ eos_token_id: 1, ...json }, 'eos_token_id'),
  }
}

function details(c: DecoderConfig): Seq2SeqDetails {
  return c.seq2seq!
}

function configJson(c: DecoderConfig): Record<string, unknown> {
  const { gated, decoderLayers, buckets, maxDistance, pad, start } = details(c)
  const activation = c.activation ?? 'relu'
  return {
    architectures: [c.family === 'mt5' ? ARCHITECTURES.mt5 : ARCHITECTURES.t5],
    model_type: c.family,
    is_encoder_decoder: true,
    vocab_size: c.vocabSize,
    d_model: c.dim,
    d_kv: c.headDim,
    d_ff: c.hidden,
    num_layers: c.layers,
    num_decoder_layers: decoderLayers,
    num_heads: c.heads,
    relative_attention_num_buckets: buckets,
    relative_attention_max_distance: maxDistance,
    feed_forward_proj: !gated ? activation : activation === 'gelu_new' ? 'gated-gelu' : `gated-${activation}`,
    layer_norm_epsilon: c.epsilon,
    tie_word_embeddings: c.tied,
    pad_token_id: pad,
    eos_token_id: c.eos.length === 1 ? c.eos[0] : c.eos,
    decoder_start_token_id: start,
    torch_dtype: 'float32',
  }
}

function parameters(c: DecoderConfig): ParameterSpecs {
  const { gated, decoderLayers, buckets } = details(c)
  const inner = c.heads * c.headDim
  const fan = c.dim ** -0.5
  const specs: Record<string, ParameterSpec> = { embedding: matrix(c.vocabSize, c.dim, 1) }
  const attention = (at: string) => {
    specs[`${at}query`] = matrix(c.dim, inner, (c.dim * c.headDim) ** -0.5, 1)
    specs[`${at}keyValue`] = matrix(c.dim, 2 * inner, fan, 2)
    specs[`${at}out`] = matrix(inner, c.dim, inner ** -0.5, 1)
  }
  const side = (name: 'encoder' | 'decoder', layers: number) => {
    specs[`${name}.relative`] = matrix(buckets, c.heads, fan)
    for (let l = 0; l < layers; l++) {
      const at = `${name}.layers.${l}.`
      specs[`${at}norm1`] = gain(c.dim)
      attention(at)
      if (name === 'decoder') {
        specs[`${at}crossNorm`] = gain(c.dim)
        attention(`${at}cross.`)
      }
      specs[`${at}norm2`] = gain(c.dim)
      specs[`${at}up`] = matrix(c.dim, gated ? 2 * c.hidden : c.hidden, fan, gated ? 2 : 1)
      specs[`${at}down`] = matrix(c.hidden, c.dim, c.hidden ** -0.5, 1)
    }
    specs[`${name}.norm`] = gain(c.dim)
  }
  side('encoder', c.layers)
  side('decoder', decoderLayers)
  if (!c.tied) specs.head = matrix(c.dim, c.vocabSize, fan)
  return specs
}

function sources(c: DecoderConfig): Record<string, WeightSource> {
  const { gated, decoderLayers } = details(c)
  const map: Record<string, WeightSource> = { embedding: asIs('shared.weight') }
  const attention = (at: string, hf: string) => {
    map[`${at}query`] = turned(`${hf}.q.weight`)
    map[`${at}keyValue`] = turned(`${hf}.k.weight`, `${hf}.v.weight`)
    map[`${at}out`] = turned(`${hf}.o.weight`)
  }
  const side = (name: 'encoder' | 'decoder', layers: number) => {
    map[`${name}.relative`] = asIs(`${name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`)
    for (let l = 0; l < layers; l++) {
      const at = `${name}.layers.${l}.`
      const hf = `${name}.block.${l}.layer.`
      const last = name === 'decoder' ? 2 : 1
      map[`${at}norm1`] = asIs(`${hf}0.layer_norm.weight`)
      attention(at, `${hf}0.SelfAttention`)
      if (name === 'decoder') {
        map[`${at}crossNorm`] = asIs(`${hf}1.layer_norm.weight`)
        attention(`${at}cross.`, `${hf}1.EncDecAttention`)
      }
      map[`${at}norm2`] = asIs(`${hf}${last}.layer_norm.weight`)
      map[`${at}up`] = turned(
        ...(gated ? ['wi_0', 'wi_1'] : ['wi']).map((wi) => `${hf}${last}.DenseReluDense.${wi}.weight`),
      )
      map[`${at}down`] = turned(`${hf}${last}.DenseReluDense.wo.weight`)
    }
    map[`${name}.norm`] = asIs(`${name}.final_layer_norm.weight`)
  }
  side('encoder', c.layers)
  side('decoder', decoderLayers)
  if (!c.tied) map.head = turned('lm_head.weight')
  return map
}

/**
 * Buckets of the offsets −maxDistance … maxDistance (key − query). Half of them are for single steps, the other
 * half grows with the logarithm; an encoder has a set for each direction, a decoder looks only back. In
 * float32 step by step, as the reference computes it: borders between buckets depend on the rounding.
 */
export function bucketTable(buckets: number, maxDistance: number, bothWays: boolean): BigInt64Array {
  const own = bothWays ? Math.floor(buckets / 2) : buckets
  const exact = Math.floor(own / 2)
  const span = Math.fround(Math.log(maxDistance / exact))
  return BigInt64Array.from({ length: 2 * maxDistance + 1 }, (_, i) => {
    const offset = i - maxDistance
    const distance = bothWays ? Math.abs(offset) : Math.max(-offset, 0)
    const first = bothWays && offset > 0 ? own : 0
    if (distance < exact) return BigInt(first + distance)
    const log = Math.fround(Math.log(Math.fround(distance / exact)))
    const grown = Math.trunc(Math.fround(Math.fround(log / span) * (own - exact)))
    return BigInt(first + Math.min(exact + grown, own - 1))
  })
}

/** The bias of all layers of a side, made when the first layer asks for it. */
function relativeBias(
  c: DecoderConfig,
  net: Net,
  side: 'encoder' | 'decoder',
): NonNullable<AttendOptions['bias']> {
  const { buckets, maxDistance } = details(c)
  let made: Tensor | undefined
  return (offsets) => {
    if (!made) {
      const table = bucketTable(buckets, maxDistance, side === 'encoder')
      const places = add(clip(offsets, -maxDistance, maxDistance), maxDistance)
      const bucket = gather(constant(table, [table.length]), places)
      made = transpose(gather(net.weight(`${side}.relative`), bucket), [2, 0, 1])
    }
    return made
  }
}

/** Pre-norm attention of one layer, added to its input; `encoded`: to the encoder's states. */
function attention(
  c: DecoderConfig,
  net: Net,
  x: Tensor,
  layer: number,
  names: { at: string; norm: string },
  options: AttendOptions,
  encoded: Tensor | null = null,
): Tensor {
  const inner = c.heads * c.headDim
  const normed = rmsNorm(x, net.weight(names.norm), c.epsilon)
  const heads = (y: Tensor) => reshape(y, [y.shape[0]!, y.shape[1]!, c.heads, c.headDim])
  const queries = heads(net.linear(normed, `${names.at}query`))
  const both = net.linear(encoded ?? normed, `${names.at}keyValue`)
  const [keys, values] = split(both, [inner, inner], -1) as [Tensor, Tensor]
  const attended = net.attend(layer, queries, heads(keys), heads(values), { scale: 1, ...options })
  return add(x, net.linear(attended, `${names.at}out`))
}

function feedForward(c: DecoderConfig, net: Net, x: Tensor, at: string): Tensor {
  const up = net.linear(rmsNorm(x, net.weight(`${at}norm2`), c.epsilon), `${at}up`)
  const activation = c.activation ?? 'relu'
  if (!details(c).gated) return add(x, net.linear(activate(up, activation), `${at}down`))
  const [gate, rest] = split(up, [c.hidden, c.hidden], -1) as [Tensor, Tensor]
  return add(x, net.linear(mul(activate(gate, activation), rest), `${at}down`))
}

function encode(c: DecoderConfig, net: Net, { embeddings, ids }: ForwardInput): Tensor {
  let x = net.note('encoder.embeddings', embeddings ?? net.embed('embedding', ids!))
  const bias = relativeBias(c, net, 'encoder')
  for (let l = 0; l < c.layers; l++) {
    const at = `encoder.layers.${l}.`
    const attended = attention(c, net, x, l, { at, norm: `${at}norm1` }, { bias })
    x = net.note(`${at}output`, feedForward(c, net, net.note(`${at}attention`, attended), at))
  }
  return rmsNorm(x, net.weight('encoder.norm'), c.epsilon)
}

function forward(c: DecoderConfig, net: Net, { embeddings, ids, encoded }: ForwardInput): Tensor {
  let x = net.note('embeddings', embeddings ?? net.embed('embedding', ids!))
  const bias = relativeBias(c, net, 'decoder')
  for (let l = 0; l < details(c).decoderLayers; l++) {
    const at = `decoder.layers.${l}.`
    x = net.note(`${at}attention`, attention(c, net, x, l, { at, norm: `${at}norm1` }, { bias }))
    const cross = { at: `${at}cross.`, norm: `${at}crossNorm` }
    x = net.note(`${at}cross`, attention(c, net, x, l, cross, { cross: true }, encoded!))
    x = net.note(`${at}output`, feedForward(c, net, x, at))
  }
  return rmsNorm(x, net.weight('decoder.norm'), c.epsilon)
}

function logits(c: DecoderConfig, net: Net, states: Tensor): Tensor {
  return c.tied ? net.unembed(mul(states, c.dim ** -0.5), 'embedding') : net.linear(states, 'head')
}

export const t5: Family = {
  name: 't5',
  kind: 'encoder-decoder',
  architectures: Object.values(ARCHITECTURES),
  config,
  configJson,
  parameters,
  sources,
  spellings: (name) =>
    name === 'shared.weight' ? ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'] : [],
  encode,
  forward,
  logits,
}
