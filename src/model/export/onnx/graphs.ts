// Graphs with the inputs and outputs that Hugging Face's ONNX exports have, by which transformers.js runs them. An
// encoder–decoder is two graphs. Its decoder needs no branch for the first step: the encoder's states are cut
// by as many rows as keys are there already, so that they become keys once, and never again.
import {
  cast,
  constant,
  type Dim,
  dimSize,
  float,
  greater,
  type InputSpec,
  ints,
  makeNode,
  maximum,
  type Program,
  reshape,
  scalar,
  slice,
  sub,
  type Tensor,
  trace,
  where,
} from '../../../tensor/index.ts'
import type { DecoderConfig } from '../../config.ts'
import { CachedNet, type CacheKind } from '../../cached-net.ts'
import type { Family } from '../../families/family.ts'
import type { NetWeights } from '../../net.ts'
import type { PrecisionName } from '../../runtime/precision.ts'
import { positionsOf } from '../../plain-net.ts'
import { statesOf } from '../../training-net.ts'

/** Builds one file's graph on weights of any kind. */
export type GraphBuilder = (weights: NetWeights) => Program

/** `past_key_values.0.key`, `present.0.decoder.value`. */
function cacheNames(prefix: string, layer: number, part: string): { keys: string; values: string } {
  return { keys: `${prefix}.${layer}.${part}key`, values: `${prefix}.${layer}.${part}value` }
}

/**
 * `lastRows`: also an input that says of how many tokens at the end logits are wanted (0: of all), which saves a long
 * prompt the largest product.
 */
function decoderGraph(family: Family, config: DecoderConfig, lastRows: boolean): GraphBuilder {
  const { kvHeads, headDim, layers } = config
  const past = float('batch_size', kvHeads, 'past_sequence_length', headDim)
  const inputs: Record<string, InputSpec> = {
    input_ids: ints('batch_size', 'sequence_length'),
    attention_mask: ints('batch_size', 'total_sequence_length'),
    position_ids: ints('batch_size', 'sequence_length'),
    ...(lastRows && { num_logits_to_keep: ints() }),
  }
  for (let l = 0; l < layers; l++) {
    const { keys, values } = cacheNames('past_key_values', l, '')
    inputs[keys] = past
    inputs[values] = past
  }
  return (weights) =>
    trace(inputs, (given) => {
      const ids = given.input_ids!
      const positions = given.position_ids!
      const net = new CachedNet(config, weights, {
        positions,
        mask: given.attention_mask!,
        past: (_, l) => named(given, cacheNames('past_key_values', l, '')),
      })
      const states = family.forward(config, net, { embeddings: null, ids, positions })
      const wanted = lastRows ? lastOf(states, given.num_logits_to_keep!) : states
      const outputs: Record<string, Tensor> = { logits: family.logits(config, net, wanted) }
      for (const [l, { keys, values }] of net.present.own.entries()) {
        const names = cacheNames('present', l, '')
        outputs[names.keys] = keys
        outputs[names.values] = values
      }
      return outputs
    })
}

/** The last `count` rows of states `[batch, time, dim]`; all for 0. Their number is a dimension of its own. */
function lastOf(states: Tensor, count: Tensor): Tensor {
  const [batch, time, dim] = states.shape as [Dim, Dim, Dim]
  const first = maximum(sub(cast(dimSize(time), 'int64'), count), 0)
  const start = reshape(where(greater(count, 0), first, scalar(0, 'int64')), [1])
  const list = (n: bigint) => constant(BigInt64Array.of(n), [1])
  const shape = [batch, 'logits_length', dim]
  const ends = list(2n ** 62n)
  return makeNode('Slice', [states, start, ends, list(1n)], [{ dtype: states.dtype, shape }])[0]!
}

function named(given: Readonly<Record<string, Tensor>>, names: { keys: string; values: string }) {
  return { keys: given[names.keys]!, values: given[names.values]! }
}

/**
 * An encoder, or an encoder–decoder's: states, and what else it gives. `head`: logits of the masked-token head, where
 * there is one; they are as wide as the vocabulary.
 */
export function encoderGraph(family: Family, config: DecoderConfig, head = true): GraphBuilder {
  const inputs: Record<string, InputSpec> = {
    input_ids: ints('batch_size', 'sequence_length'),
    attention_mask: ints('batch_size', 'sequence_length'),
    ...(config.encoder && { token_type_ids: ints('batch_size', 'sequence_length') }),
  }
  return (weights) =>
    trace(inputs, (given) => {
      const { states, pooled, logits } = statesOf(family, config, weights, {
        ids: given.input_ids!,
        mask: given.attention_mask!,
        ...(given.token_type_ids && { tokenTypes: given.token_type_ids }),
      })
      return {
        ...(head && logits && { logits }),
        last_hidden_state: states,
        ...(pooled && { pooler_output: pooled }),
      } as Record<string, Tensor>
    })
}

/** Part of a cache's name for each kind of keys. */
const PARTS: Readonly<Record<CacheKind, string>> = { own: 'decoder.', cross: 'encoder.' }

/** The decoder of an encoder–decoder, over the encoder's states and caches of both kinds of keys. */
function seq2seqDecoderGraph(family: Family, config: DecoderConfig): GraphBuilder {
  const { kvHeads, headDim } = config
  const layers = config.seq2seq!.decoderLayers
  const past: Record<CacheKind, InputSpec> = {
    own: float('batch_size', kvHeads, 'past_decoder_sequence_length', headDim),
    cross: float('batch_size', kvHeads, 'past_encoder_sequence_length', headDim),
  }
  const inputs: Record<string, InputSpec> = {
    input_ids: ints('batch_size', 'decoder_sequence_length'),
    encoder_attention_mask: ints('batch_size', 'encoder_sequence_length'),
    encoder_hidden_states: float('batch_size', 'encoder_sequence_length', config.dim),
  }
  const kinds: readonly CacheKind[] = ['own', 'cross']
  for (let l = 0; l < layers; l++) {
    for (const kind of kinds) {
      const { keys, values } = cacheNames('past_key_values', l, PARTS[kind])
      inputs[keys] = past[kind]
      inputs[values] = past[kind]
    }
  }
  return (weights) =>
    trace(inputs, (given) => {
      const ids = given.input_ids!
      const positions = positionsOf(ids)
      const net = new CachedNet(config, weights, {
        positions,
        crossMask: given.encoder_attention_mask!,
        past: (kind, l) => named(given, cacheNames('past_key_values', l, PARTS[kind])),
      })
      const encoded = slice(
        given.encoder_hidden_states!,
        1,
        'past_encoder_sequence_length',
        'encoder_sequence_length',
      )
      const states = family.forward(config, net, { embeddings: null, ids, positions, encoded })
      const outputs: Record<string, Tensor> = { logits: family.logits(config, net, states) }
      for (const kind of kinds) {
        for (const [l, { keys, values }] of net.present[kind].entries()) {
          const names = cacheNames('present', l, PARTS[kind])
          outputs[names.keys] = keys
          outputs[names.values] = values
        }
      }
      return outputs
    })
}

/**
 * The graphs of a model by file name, without the ending. Products in eight bits need the number of their rows, which
 * is not known of the last ones: there, a decoder gives logits of all.
 */
export function graphsOf(
  family: Family,
  config: DecoderConfig,
  precision: PrecisionName = 'fp32',
): Readonly<Record<string, GraphBuilder>> {
  switch (family.kind) {
    case 'decoder':
      return { model: decoderGraph(family, config, precision !== 'int8') }
    case 'encoder':
      return { model: encoderGraph(family, config) }
    case 'encoder-decoder':
      return {
        encoder_model: encoderGraph(family, config),
        decoder_model_merged: seq2seqDecoderGraph(family, config),
      }
  }
}
