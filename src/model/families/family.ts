// A family of models: how its config.json is read, what its weights are, and its forward function. Adding one
// is a file like `llama.ts` and a line in `index.ts`.
import type { ParameterSpecs, Tensor } from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { ForwardInput, Net } from '../net.ts'

/**
 * Where a weight of ours comes from in a Hugging Face checkpoint: the named tensors, each transposed when it is
 * stored `[out, in]`, side by side along the last axis.
 */
export interface WeightSource {
  names: readonly string[]
  transposed: boolean
  /** Columns of each, where there are several. */
  widths?: readonly number[]
}

export interface Family {
  name: string
  /** What its models do: continue text, give states of a text, or write one text for another. */
  kind: 'decoder' | 'encoder' | 'encoder-decoder'
  /** `architectures` of config.json. */
  architectures: readonly string[]
  /** Throws FORMAT_INVALID, FORMAT_UNSUPPORTED. */
  config(json: Readonly<Record<string, unknown>>): DecoderConfig
  /** The config.json of such a model, for export. */
  configJson(config: DecoderConfig): Record<string, unknown>
  parameters(config: DecoderConfig): ParameterSpecs
  sources(config: DecoderConfig): Readonly<Record<string, WeightSource>>
  /** Other names that checkpoints have for a tensor, tried in this order where it is missing. */
  spellings?(name: string): readonly string[]
  /** What only the tensors of a checkpoint tell, as whether BERT has a pooler. `has` knows all spellings. */
  fit?(config: DecoderConfig, has: (name: string) => boolean): DecoderConfig
  /** The encoder of an encoder–decoder: its states, normalised, `[batch, time, dim]`. */
  encode?(config: DecoderConfig, net: Net, input: ForwardInput): Tensor
  /** The last layer's output, normalised: `[batch, time, dim]`. */
  forward(config: DecoderConfig, net: Net, input: ForwardInput): Tensor
  /** Logits `[…, vocab]` of states `[…, dim]`. */
  logits(config: DecoderConfig, net: Net, states: Tensor): Tensor
  /** One vector for each text, `[batch, dim]`, of states `[batch, time, dim]`; null without a pooler. */
  pool?(config: DecoderConfig, net: Net, states: Tensor): Tensor | null
}
