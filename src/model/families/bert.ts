// BERT (Devlin et al. 2019): an encoder. Learned positions and token types, attention in both directions, the
// norm after each residual sum (post-norm), GELU by the error function. With a pooler (tanh of a dense layer
// over the first token), the head that names masked tokens, or neither: config.json does not say whether a
// checkpoint has a pooler, its tensors do. Old checkpoints call gains gamma and shifts beta.
import {
  add,
  gather,
  type ParameterSpec,
  type ParameterSpecs,
  reshape,
  scalar,
  split,
  squeeze,
  slice,
  tanh,
  type Tensor,
} from '../../tensor/index.ts'
import { TesseraError } from '../../core/index.ts'
import {
  activationOf,
  type DecoderConfig,
  type EncoderDetails,
  expectSetting,
  flagOf,
  numberOf,
  wholeOf,
} from '../config.ts'
import type { ForwardInput, Net } from '../net.ts'
import type { Family, WeightSource } from './family.ts'
import { activate, asIs, bias, dense, gain, matrix, norm, turned } from './parts.ts'

function config(json: Readonly<Record<string, unknown>>): DecoderConfig {
  expectSetting(json, 'position_embedding_type', 'absolute')
  expectSetting(json, 'is_decoder', false)
  const architecture = (json.architectures as string[] | undefined)?.[0]
  const dim = wholeOf(json, 'hidden_size', 768)
  const heads = wholeOf(json, 'num_attention_heads', 12)
  return {
    family: 'bert',
    vocabSize: wholeOf(json, 'vocab_size', 30522),
    dim,
    layers: wholeOf(json, 'num_hidden_layers', 12),
    heads,
    kvHeads: heads,
    headDim: wholeOf({ headDim: dim / heads }, 'headDim'),
    hidden: wholeOf(json, 'intermediate_size', 3072),
    epsilon: numberOf(json, 'layer_norm_eps', 1e-12),
    tied: flagOf(json, 'tie_word_embeddings', true),
    maxPositions: wholeOf(json, 'max_position_embeddings', 512),
    ropeTheta: 10_000,
    ropeScaling: { kind: 'none' },
    qkvBias: true,
    qkNorm: false,
    slidingWindow: null,
    activation: activationOf(json, 'hidden_act', 'gelu'),
    encoder: {
      tokenTypes: wholeOf(json, 'type_vocab_size', 2),
      pooler: flagOf(json, 'add_pooling_layer', architecture !== 'BertForMaskedLM'),
      maskedHead: architecture !== undefined && architecture !== 'BertModel',
    },
    bos: null,
    eos: [],
  }
}

function details(c: DecoderConfig): EncoderDetails {
  return c.encoder ?? { tokenTypes: 2, pooler: true, maskedHead: false }
}

function architectureOf(c: DecoderConfig): string {
  const { pooler, maskedHead } = details(c)
  return !maskedHead ? 'BertModel' : pooler ? 'BertForPreTraining' : 'BertForMaskedLM'
}

function configJson(c: DecoderConfig): Record<string, unknown> {
  const { tokenTypes, pooler } = details(c)
  return {
    architectures: [architectureOf(c)],
    model_type: 'bert',
    vocab_size: c.vocabSize,
    hidden_size: c.dim,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    intermediate_size: c.hidden,
    hidden_act: c.activation ?? 'gelu',
    layer_norm_eps: c.epsilon,
    max_position_embeddings: c.maxPositions,
    position_embedding_type: 'absolute',
    type_vocab_size: tokenTypes,
    tie_word_embeddings: c.tied,
    add_pooling_layer: pooler,
    torch_dtype: 'float32',
  }
}

function parameters(c: DecoderConfig): ParameterSpecs {
  const { tokenTypes, pooler, maskedHead } = details(c)
  const deviation = 0.02
  const specs: Record<string, ParameterSpec> = {
    embedding: matrix(c.vocabSize, c.dim, deviation),
    positions: matrix(c.maxPositions, c.dim, deviation),
    tokenTypes: matrix(tokenTypes, c.dim, deviation),
  }
  const weight = (name: string, spec: ParameterSpec) => {
    specs[name] = spec
    specs[`${name}.bias`] = bias(spec.shape.at(-1)!)
  }
  weight('embeddingNorm', gain(c.dim))
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    weight(`${at}qkv`, matrix(c.dim, 3 * c.dim, deviation, 3))
    weight(`${at}out`, matrix(c.dim, c.dim, deviation, 1))
    weight(`${at}norm1`, gain(c.dim))
    weight(`${at}up`, matrix(c.dim, c.hidden, deviation, 1))
    weight(`${at}down`, matrix(c.hidden, c.dim, deviation, 1))
    weight(`${at}norm2`, gain(c.dim))
  }
  if (pooler) weight('pooler', matrix(c.dim, c.dim, deviation, 1))
  if (maskedHead) {
    weight('masked', matrix(c.dim, c.dim, deviation, 1))
    weight('maskedNorm', gain(c.dim))
    if (!c.tied) specs.head = matrix(c.dim, c.vocabSize, deviation)
    specs['head.bias'] = bias(c.vocabSize)
  }
  return specs
}

function sources(c: DecoderConfig): Record<string, WeightSource> {
  const { pooler, maskedHead } = details(c)
  const base = maskedHead ? 'bert.' : ''
  const map: Record<string, WeightSource> = {
    embedding: asIs(`${base}embeddings.word_embeddings.weight`),
    positions: asIs(`${base}embeddings.position_embeddings.weight`),
    tokenTypes: asIs(`${base}embeddings.token_type_embeddings.weight`),
  }
  const linear = (name: string, ...hf: string[]) => {
    map[name] = turned(...hf.map((one) => `${one}.weight`))
    map[`${name}.bias`] = asIs(...hf.map((one) => `${one}.bias`))
  }
  const normed = (name: string, hf: string) => {
    map[name] = asIs(`${hf}.weight`)
    map[`${name}.bias`] = asIs(`${hf}.bias`)
  }
  normed('embeddingNorm', `${base}embeddings.LayerNorm`)
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const hf = `${base}encoder.layer.${l}.`
    linear(`${at}qkv`, ...['query', 'key', 'value'].map((part) => `${hf}attention.self.${part}`))
    linear(`${at}out`, `${hf}attention.output.dense`)
    normed(`${at}norm1`, `${hf}attention.output.LayerNorm`)
    linear(`${at}up`, `${hf}intermediate.dense`)
    linear(`${at}down`, `${hf}output.dense`)
    normed(`${at}norm2`, `${hf}output.LayerNorm`)
  }
  if (pooler) linear('pooler', `${base}pooler.dense`)
  if (maskedHead) {
    linear('masked', 'cls.predictions.transform.dense')
    normed('maskedNorm', 'cls.predictions.transform.LayerNorm')
    if (!c.tied) map.head = turned('cls.predictions.decoder.weight')
    map['head.bias'] = asIs('cls.predictions.bias')
  }
  return map
}

function spellings(name: string): string[] {
  const base = name.startsWith('cls.')
    ? [name]
    : name.startsWith('bert.')
      ? [name, name.slice('bert.'.length)]
      : [name, `bert.${name}`]
  const old = base.map((one) =>
    one.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  )
  return [...new Set([...base, ...old])].filter((one) => one !== name)
}

function fit(c: DecoderConfig, has: (name: string) => boolean): DecoderConfig {
  return { ...c, encoder: { ...details(c), pooler: has('pooler.dense.weight') } }
}

function forward(
  c: DecoderConfig,
  net: Net,
  { embeddings, ids, positions, tokenTypes }: ForwardInput,
): Tensor {
  const tokens = net.note('embeddings', embeddings ?? net.embed('embedding', ids!))
  const types = gather(net.weight('tokenTypes'), tokenTypes ?? scalar(0, 'int64'))
  const placed = add(add(tokens, types), gather(net.weight('positions'), positions))
  let x = norm(net, placed, 'embeddingNorm', c.epsilon)
  const [batch, time] = x.shape as [Tensor['shape'][number], Tensor['shape'][number]]
  for (let l = 0; l < c.layers; l++) {
    const at = `layers.${l}.`
    const [queries, keys, values] = split(
      reshape(dense(net, x, `${at}qkv`), [batch, time, 3 * c.heads, c.headDim]),
      [c.heads, c.heads, c.heads],
      2,
    ) as [Tensor, Tensor, Tensor]
    const attended = dense(net, net.attend(l, queries, keys, values), `${at}out`)
    x = net.note(`${at}attention`, norm(net, add(x, attended), `${at}norm1`, c.epsilon))
    const active = activate(dense(net, x, `${at}up`), c.activation ?? 'gelu')
    const sum = add(x, dense(net, active, `${at}down`))
    x = net.note(`${at}output`, norm(net, sum, `${at}norm2`, c.epsilon))
  }
  return x
}

/** Of the masked-token head. Throws ARGUMENT_INVALID for a model that has none. */
function logits(c: DecoderConfig, net: Net, states: Tensor): Tensor {
  if (!details(c).maskedHead) {
    throw new TesseraError('ARGUMENT_INVALID', 'This BERT has no head that gives logits', {
      hint: 'A checkpoint of BertForMaskedLM has one',
    })
  }
  const active = activate(dense(net, states, 'masked'), c.activation ?? 'gelu')
  const transformed = norm(net, active, 'maskedNorm', c.epsilon)
  const scores = c.tied ? net.unembed(transformed, 'embedding') : net.linear(transformed, 'head')
  return add(scores, net.weight('head.bias'))
}

function pool(c: DecoderConfig, net: Net, states: Tensor): Tensor | null {
  return details(c).pooler ? tanh(dense(net, squeeze(slice(states, 1, 0, 1), 1), 'pooler')) : null
}

export const bert: Family = {
  name: 'bert',
  kind: 'encoder',
  architectures: ['BertModel', 'BertForMaskedLM', 'BertForPreTraining'],
  config,
  configJson,
  parameters,
  sources,
  spellings,
  fit,
  forward,
  logits,
  pool,
}
