// The public shape of a tokenizer: what a user of `tessera/tokenizer` holds in hand.
import type { Random } from '../core/index.ts'
import type { TokenizerSpec } from './spec.ts'

/**
 * What text such as `<|endoftext|>` in the input means.
 * - `parse`: it is the special token (Hugging Face's default);
 * - `text`: it is ordinary text; no input can forge a special token;
 * - `refuse`: throw SPECIAL_TOKEN_REFUSED (tiktoken's default).
 * Default: `parse` for tokenizer.json, SentencePiece and GGUF, `text` for tiktoken ranks.
 * Added tokens that are not special (`special: false`) are part of the vocabulary and always parsed.
 */
export type Specials = 'parse' | 'text' | 'refuse'

export interface EncodeOptions {
  specials?: Specials
  /** Run the post-processor's template (BOS, [CLS] … [SEP]). Default true, as Hugging Face does. */
  template?: boolean
  /** Return an `Encoding` with tokens and offsets instead of bare ids. */
  offsets?: boolean
  /** Cut to at most this many ids (template included). Default: the tokenizer's own setting, else none. */
  maxLength?: number
  /** Which side is cut away. Default 'right'. */
  truncateSide?: 'left' | 'right'
}

export interface Encoding {
  /** `[tokens]` */
  ids: Uint32Array
  /** `[tokens]` the tokens as tokenizer.json writes them. */
  tokens: string[]
  /** `[2 * tokens]` start and end in UTF-16 units: `text.slice(offsets[2*i], offsets[2*i+1])`. */
  offsets: Uint32Array
  /** `[2 * tokens]` start and end in bytes of the UTF-8 of the text. */
  byteOffsets: Uint32Array
  /** `[tokens]` 0 or 1: first or second text of a pair. */
  typeIds: Uint8Array
  /** `[tokens]` 1 = put there by the template, not by the text. */
  specialMask: Uint8Array
}

export interface SampleOptions {
  /** Smoothing: 0 draws all ways to cut the text alike, 1 by their probability, more favours the best. Default 0.1. */
  alpha?: number
  /** The same seed draws the same tokens. Default: the source of the next option, else a new seed each time. */
  seed?: number
  /** A source of random numbers that goes on from call to call. */
  random?: Random
  /** Draw among the n best ways only. Default: among all. */
  nBest?: number
  specials?: Specials
  template?: boolean
}

export interface ScoredIds {
  ids: Uint32Array
  /** Sum of the log-probabilities of the tokens (natural logarithm; the template's tokens count nothing). */
  score: number
}

export interface PadOptions {
  /** Pad every row to this length; default: the longest row. */
  length?: number
  multipleOf?: number
  side?: 'left' | 'right'
  padId?: number
}

export interface PaddedBatch {
  /** `[rows, length]`, row after row. */
  ids: Uint32Array
  /** `[rows, length]` 1 = a token, 0 = padding. */
  attentionMask: Uint8Array
  rows: number
  length: number
}

export interface DecodeOptions {
  /** Leave special tokens out. Default: as the reference does (true for tokenizer.json, false for tiktoken). */
  skipSpecials?: boolean
}

export interface StreamDecoder {
  /** Text that is certain after this id; '' while a character is incomplete. */
  push(id: number): string
  /** The rest; an incomplete character becomes U+FFFD. */
  end(): string
}

export interface IncrementalEncoder {
  /** Appends text. Ids before `stable` will not change by further appends. */
  append(text: string): void
  readonly ids: Uint32Array
  /** Length of the prefix of `ids` that no further text can change. */
  readonly stable: number
}

/** How the merges built a piece: leaves are initial symbols. */
export interface MergeNode {
  id: number
  token: string
  bytes: Uint8Array
  /** Rank of the merge that made this node; null for a leaf. */
  rank: number | null
  children: [MergeNode, MergeNode] | null
}

export interface TokenInfo {
  id: number
  /** As tokenizer.json writes it. */
  token: string
  /** What the token contributes to the decoded bytes. */
  bytes: Uint8Array
  special: boolean
  added: boolean
}

export interface BatchOptions extends EncodeOptions {
  /** Worker threads; default: as many as help (at most the cores). 1 = this thread. */
  threads?: number
  signal?: AbortSignal
}

export interface Tokenizer {
  readonly name: string
  /** Number of ids: largest id + 1, added tokens included. */
  readonly vocabSize: number
  readonly spec: TokenizerSpec
  encode(text: string | Uint8Array, options: EncodeOptions & { offsets: true }): Encoding
  encode(text: string | Uint8Array, options?: EncodeOptions): Uint32Array
  /**
   * The `n` best ways to encode the text, best first; fewer when there are no more (Unigram only;
   * FORMAT_UNSUPPORTED otherwise). The first is what `encode` gives.
   */
  nBest(text: string, n: number, options?: Pick<EncodeOptions, 'specials' | 'template'>): ScoredIds[]
  /** One way to encode the text, drawn at random: subword regularization (Unigram only; FORMAT_UNSUPPORTED otherwise). */
  sample(text: string, options?: SampleOptions): Uint32Array
  /** A pair of texts for encoder models, through the pair template. */
  encodePair(a: string, b: string, options?: EncodeOptions): Encoding
  encodeBatch(texts: readonly string[], options?: BatchOptions): Promise<Uint32Array[]>
  /** Number of ids that `encode` gives, without building them. */
  count(text: string | Uint8Array, options?: EncodeOptions): number
  /** As `count`, but stops at `limit`: returns the count when it is ≤ limit, else null. */
  countUpTo(text: string | Uint8Array, limit: number, options?: EncodeOptions): number | null
  /** Throws ID_OUT_OF_RANGE. Malformed UTF-8 between tokens becomes U+FFFD. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string
  decodeBytes(ids: ArrayLike<number>, options?: DecodeOptions): Uint8Array
  decoder(options?: DecodeOptions): StreamDecoder
  incremental(options?: EncodeOptions): IncrementalEncoder
  pad(rows: readonly ArrayLike<number>[], options?: PadOptions): PaddedBatch
  /** -1 when there is no such token. Takes added tokens too. */
  idOf(token: string): number
  info(id: number): TokenInfo
  /** The merge tree of each token of a piece of text (BPE only; FORMAT_UNSUPPORTED otherwise). */
  mergeTree(text: string): MergeNode[]
}
