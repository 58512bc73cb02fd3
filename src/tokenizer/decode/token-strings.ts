// Which string an id stands for when text is decoded, and whether it is left out with the special tokens.
// Source: `simple_id_to_token` and `is_special_token` of Hugging Face tokenizers. The surprising thing: an
// added token with `normalized: true` decodes from its normalized content, and ids without a token are
// passed over in silence.
import type { TokenizerSpec } from '../spec.ts'

export interface TokenStrings {
  /** Largest id + 1, added tokens included. */
  readonly size: number
  /** The string that goes into the decoder, or undefined when the id has no token. */
  of(id: number): string | undefined
  /** Left out when special tokens are skipped. */
  isSpecial(id: number): boolean
}

/** `normalize` is the tokenizer's normalizer over strings; null = none. */
export function compileTokenStrings(
  spec: Pick<TokenizerSpec, 'model' | 'addedTokens'>,
  normalize: ((text: string) => string) | null,
): TokenStrings {
  const { vocab } = spec.model
  const added = new Map<number, string>()
  const specials = new Set<string>()
  let size = vocab.size
  for (const token of spec.addedTokens) {
    if (token.content === '') continue
    added.set(token.id, token.normalized && normalize ? normalize(token.content) : token.content)
    if (token.special) specials.add(token.content)
    size = Math.max(size, token.id + 1)
  }
  const of = (id: number): string | undefined =>
    added.get(id) ?? (vocab.has(id) ? vocab.stringOf(id) : undefined)
  return {
    size,
    of,
    isSpecial: (id) => {
      const token = of(id)
      return token !== undefined && specials.has(token)
    },
  }
}
