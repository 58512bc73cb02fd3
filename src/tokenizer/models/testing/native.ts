// The native Hugging Face library as the reference of tests: tokenizers built from parts, and its offsets
// (code points) turned into ours (UTF-16 units).
import { Tokenizer } from 'tokenizers'
import type {
  AddedToken,
  DecoderSpec,
  NormalizerSpec,
  PaddingSpec,
  PostProcessorSpec,
  PreTokenizerSpec,
  TruncationSpec,
} from '../../spec.ts'

export interface NativeParts {
  model: unknown
  normalizer?: NormalizerSpec | null
  preTokenizer?: PreTokenizerSpec | null
  postProcessor?: PostProcessorSpec | null
  decoder?: DecoderSpec | null
  addedTokens?: AddedToken[]
  truncation?: TruncationSpec | null
  padding?: PaddingSpec | null
}

/** A model that can encode nothing, for tests of other components. */
export const NO_MODEL = { type: 'WordLevel', vocab: { '<unk>': 0 }, unk_token: '<unk>' }

export function nativeTokenizer(parts: NativeParts): Tokenizer {
  return Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      truncation: parts.truncation ?? null,
      padding: parts.padding ?? null,
      added_tokens: parts.addedTokens ?? [],
      normalizer: parts.normalizer ?? null,
      pre_tokenizer: parts.preTokenizer ?? null,
      post_processor: parts.postProcessor ?? null,
      decoder: parts.decoder ?? null,
      model: parts.model,
    }),
  )
}

/** `[code points + 1]`: where each code point begins in UTF-16 units, and the length. */
function unitsOf(text: string): number[] {
  const at = [0]
  for (const character of text) at.push(at[at.length - 1]! + character.length)
  return at
}

/** Offsets of the native library for a text, as UTF-16 units, flat. */
export function inUnits(text: string, offsets: readonly (readonly number[])[]): number[] {
  const at = unitsOf(text)
  return offsets.flatMap(([start, end]) => [at[start!]!, at[end!]!])
}
