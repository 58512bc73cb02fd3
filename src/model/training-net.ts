// Families' forward functions in training: weights are inputs of the graph, there is no cache. The same plain form
// is what inference is tested against.
import { TesseraError } from '../core/index.ts'
import type { Tensor, Tensors } from '../tensor/index.ts'
import type { DecoderConfig } from './config.ts'
import type { Family } from './families/family.ts'
import type { NetWeights } from './net.ts'
import { PlainNet, positionsOf, tensorWeights } from './plain-net.ts'

/** Throws ARGUMENT_INVALID for a family of another kind. */
export function expectKind(family: Family, kinds: readonly Family['kind'][], what: string): void {
  if (!kinds.includes(family.kind)) {
    throw new TesseraError('ARGUMENT_INVALID', `${what}: ${family.name} is of the kind ${family.kind}`, {
      hint: `It works with models of the kind ${kinds.join(' or ')}`,
    })
  }
}

/**
 * Logits `[batch, time, vocab]` of a decoder for ids `[batch, time]`, positions from 0 on. Throws
 * ARGUMENT_INVALID for a family that is no decoder.
 */
export function trainingLogits(family: Family, config: DecoderConfig, weights: Tensors, ids: Tensor): Tensor {
  expectKind(family, ['decoder'], 'Causal logits')
  const positions = positionsOf(ids)
  const net = new PlainNet(config, tensorWeights(weights), positions, { causal: true })
  return family.logits(config, net, family.forward(config, net, { embeddings: null, ids, positions }))
}

/** What an encoder reads. */
export interface EncoderInput {
  /** int64 `[batch, time]`. */
  ids: Tensor
  /** int64 `[batch, time]`, 0 at padding. Default: no padding. */
  mask?: Tensor
  /** int64 `[batch, time]`: which sentence a token is of. Default: all 0. */
  tokenTypes?: Tensor
}

export interface EncoderOutput {
  /** `[batch, time, dim]`. */
  states: Tensor
  /** `[batch, dim]`; null without a pooler. */
  pooled: Tensor | null
  /** `[batch, time, vocab]` of the masked-token head; null without one. */
  logits: Tensor | null
}

/** An encoder, or the encoder of an encoder–decoder, over a batch of texts. Throws ARGUMENT_INVALID. */
export function encoderStates(
  family: Family,
  config: DecoderConfig,
  weights: Tensors,
  input: EncoderInput,
): EncoderOutput {
  return statesOf(family, config, tensorWeights(weights), input)
}

/** @internal The same with weights of any kind. */
export function statesOf(
  family: Family,
  config: DecoderConfig,
  weights: NetWeights,
  { ids, mask, tokenTypes }: EncoderInput,
): EncoderOutput {
  expectKind(family, ['encoder', 'encoder-decoder'], 'States of a text')
  const positions = positionsOf(ids)
  const net = new PlainNet(config, weights, positions, { causal: false, ...(mask && { mask }) })
  const input = { embeddings: null, ids, positions, ...(tokenTypes && { tokenTypes }) }
  const states = family.encode?.(config, net, input) ?? family.forward(config, net, input)
  return {
    states,
    pooled: family.pool?.(config, net, states) ?? null,
    logits: config.encoder?.maskedHead ? family.logits(config, net, states) : null,
  }
}

/**
 * Logits `[batch, time, vocab]` for `decoderIds` `[batch, time]`, after a text `[batch, length]`. Throws
 * ARGUMENT_INVALID for a family that is no encoder–decoder.
 */
export function seq2seqLogits(
  family: Family,
  config: DecoderConfig,
  weights: Tensors,
  input: EncoderInput & { decoderIds: Tensor },
): Tensor {
  expectKind(family, ['encoder-decoder'], 'Logits of a text after another')
  const source = tensorWeights(weights)
  const encoded = statesOf(family, config, source, input).states
  const { decoderIds: ids, mask } = input
  const positions = positionsOf(ids)
  const net = new PlainNet(config, source, positions, { causal: true, ...(mask && { crossMask: mask }) })
  const states = family.forward(config, net, { embeddings: null, ids, positions, encoded })
  return family.logits(config, net, states)
}
