// What a family's forward function is written against: weights by name, and attention. Training gives weights
// as inputs of the graph and attends causally within the batch; inference gives constants in some precision
// and attends to a cache as well. The family does not know which.
import type { Tensor } from '../tensor/index.ts'

/** What a net takes weights from: inputs of the graph, or constants in some precision. */
export interface NetWeights {
  plain(name: string): Tensor
  linear(x: Tensor, name: string): Tensor
  embed(name: string, ids: Tensor): Tensor
  unembed(x: Tensor, name: string): Tensor
}

export interface Net {
  /** A weight by its name within the family, of the shape that its spec says. */
  weight(name: string): Tensor
  /** `x · weight`, weight `[in, out]`; inference may hold it quantised. x `[…, in]` → `[…, out]`. */
  linear(x: Tensor, name: string): Tensor
  /** Rows of an embedding matrix `[rows, dim]` for ids `[…]`. */
  embed(name: string, ids: Tensor): Tensor
  /** `x · weightᵀ` for an embedding matrix that is used as the output layer. */
  unembed(x: Tensor, name: string): Tensor
  /**
   * Rotary position embedding of heads `[batch, time, heads, headDim]`, at the positions of the pass and by the
   * frequencies of the config.
   */
  rotate(x: Tensor): Tensor
  /**
   * Attention of one layer: queries `[batch, time, heads, headDim]`, keys and values
   * `[batch, time, kvHeads, headDim]` → `[batch, time, heads · headDim]`. Scores are scaled by 1/√headDim
   * unless the options say otherwise. Who sees whom (causality, padding, a window) is the net's matter.
   */
  attend(layer: number, queries: Tensor, keys: Tensor, values: Tensor, options?: AttendOptions): Tensor
  /** Notes a value under a name, for callers who want to see or to replace it; returns what to go on with. */
  note(name: string, x: Tensor): Tensor
}

/** What a family's attention has of its own; decoders of text need none of it. */
export interface AttendOptions {
  /** Factor of the scores. */
  scale?: number
  /**
   * Added to the scores: from key position − query position, int64 `[time, keys]`, to a bias
   * `[heads, time, keys]`.
   */
  bias?: (offsets: Tensor) => Tensor
  /** Keys and values are of the encoder's states: no causality, and the other sequence's padding. */
  cross?: boolean
}

/** What goes into a forward pass. */
export interface ForwardInput {
  /** Embeddings `[batch, time, dim]`, or ids `[batch, time]` to be embedded. */
  embeddings: Tensor | null
  ids: Tensor | null
  /** int64 `[batch, time]`. */
  positions: Tensor
  /** int64 `[batch, time]`; which sentence a token is of (BERT). Default: all 0. */
  tokenTypes?: Tensor
  /** The encoder's states `[batch, time, dim]`, for a decoder that attends to them. */
  encoded?: Tensor
}
