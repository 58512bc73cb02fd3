// Small models written once and built twice: as tokenizer.json for the native library, as a ModelSpec for ours.
import type { AddedToken, BpeModelSpec, ModelSpec } from '../../spec.ts'
import { Vocab, type VocabAlphabet } from '../../vocab.ts'

export interface Twin {
  /** `model` of tokenizer.json. */
  json: unknown
  spec: ModelSpec
}

function record(tokens: readonly string[]): Record<string, number> {
  return Object.fromEntries(tokens.map((token, id) => [token, id]))
}

export interface BpeOptions {
  unkToken?: string | null
  prefix?: string | null
  suffix?: string | null
  fuseUnk?: boolean
  byteFallback?: boolean
  ignoreMerges?: boolean
}

/** `merges`: pairs of token strings. */
export function bpeTwin(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
  options: BpeOptions = {},
  alphabet: VocabAlphabet = 'text',
): Twin {
  const ids = new Map(tokens.map((token, id) => [token, id]))
  const spec: BpeModelSpec = {
    type: 'BPE',
    vocab: Vocab.fromStrings(tokens, alphabet),
    merges: Uint32Array.from(merges.flatMap(([a, b]) => [ids.get(a)!, ids.get(b)!])),
    byteLevel: alphabet === 'bytes',
    unkToken: options.unkToken ?? null,
    continuingSubwordPrefix: options.prefix ?? null,
    endOfWordSuffix: options.suffix ?? null,
    fuseUnk: options.fuseUnk ?? false,
    byteFallback: options.byteFallback ?? false,
    ignoreMerges: options.ignoreMerges ?? false,
  }
  const json = {
    type: 'BPE',
    dropout: null,
    unk_token: spec.unkToken,
    continuing_subword_prefix: spec.continuingSubwordPrefix,
    end_of_word_suffix: spec.endOfWordSuffix,
    fuse_unk: spec.fuseUnk,
    byte_fallback: spec.byteFallback,
    ignore_merges: spec.ignoreMerges,
    vocab: record(tokens),
    merges,
  }
  return { json, spec }
}

export function unigramTwin(
  pieces: readonly (readonly [string, number])[],
  unkId: number | null,
  byteFallback = false,
): Twin {
  return {
    json: { type: 'Unigram', unk_id: unkId, vocab: pieces, byte_fallback: byteFallback },
    spec: {
      type: 'Unigram',
      vocab: Vocab.fromStrings(
        pieces.map(([piece]) => piece),
        'text',
      ),
      scores: Float64Array.from(pieces, ([, score]) => score),
      unkId,
      byteFallback,
    },
  }
}

export function wordPieceTwin(
  tokens: readonly string[],
  prefix = '##',
  most = 100,
  unkToken = '[UNK]',
): Twin {
  return {
    json: {
      type: 'WordPiece',
      vocab: record(tokens),
      unk_token: unkToken,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: most,
    },
    spec: {
      type: 'WordPiece',
      vocab: Vocab.fromStrings(tokens, 'text'),
      unkToken,
      continuingSubwordPrefix: prefix,
      maxInputCharsPerWord: most,
    },
  }
}

export function wordLevelTwin(tokens: readonly string[], unkToken = '<unk>'): Twin {
  return {
    json: { type: 'WordLevel', vocab: record(tokens), unk_token: unkToken },
    spec: { type: 'WordLevel', vocab: Vocab.fromStrings(tokens, 'text'), unkToken },
  }
}

/** `<0x00>` … `<0xFF>`. */
export const BYTE_TOKENS: readonly string[] = Array.from(
  { length: 256 },
  (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`,
)

/** An added token without any of the flags but those given. */
export function addedToken(id: number, content: string, changes: Partial<AddedToken> = {}): AddedToken {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false }
  return { id, content, ...plain, ...changes }
}
