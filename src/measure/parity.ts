// Parity across languages on parallel text: how many tokens a language pays for the same content as a
// reference language (Petrov et al. 2023, "Language Model Tokenizers Introduce Unfairness Between
// Languages"). The same content can differ in bytes too, so those are given beside it.
import { TesseraError, throwIfCancelled } from '../core/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import type { Documents } from './measure.ts'
import { addSizes, textSize, type TextSize } from './text-size.ts'

export interface ParallelText {
  language: string
  /** The text of this language, as one document or several. */
  documents: string | Documents
}

export interface LanguageParity {
  language: string
  tokens: number
  size: TextSize
  /** Tokens by those of the reference; null when the reference has none. */
  premium: number | null
  /** Bytes by those of the reference: the part of the premium that UTF-8 and wording explain. */
  bytePremium: number | null
}

export interface Parity {
  tokenizer: string
  reference: string
  /** In the order given. */
  languages: LanguageParity[]
  /** Tokens of the dearest language by those of the cheapest; null for fewer than two with tokens. */
  spread: number | null
}

/**
 * Counts the tokens of the same text in several languages (no template).
 * Throws ARGUMENT_INVALID when the reference is not among them or a language comes twice, what `count`
 * throws, and CANCELLED.
 */
export async function parityOf(
  tokenizer: Tokenizer,
  texts: readonly ParallelText[],
  reference: string,
  signal?: AbortSignal,
): Promise<Parity> {
  const names = texts.map(({ language }) => language)
  if (!names.includes(reference)) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `There is no text in the reference ${JSON.stringify(reference)}`,
      {
        where: 'reference',
        hint: `There are ${names.slice(0, 20).join(', ')}`,
      },
    )
  }
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) {
    throw new TesseraError('ARGUMENT_INVALID', `Two texts are called ${JSON.stringify(twice)}`, {
      where: 'texts',
      hint: 'Give each language once, with all its documents',
    })
  }
  const counted = []
  for (const { language, documents } of texts) {
    let tokens = 0
    let size: TextSize = { bytes: 0, chars: 0, words: 0 }
    for await (const document of typeof documents === 'string' ? [documents] : documents) {
      throwIfCancelled(signal)
      tokens += tokenizer.count(document, { template: false })
      size = addSizes(size, textSize(document))
    }
    counted.push({ language, tokens, size })
  }
  const base = counted[names.indexOf(reference)]!
  const by = (amount: number, divisor: number) => (divisor === 0 ? null : amount / divisor)
  const withTokens = counted.map(({ tokens }) => tokens).filter((tokens) => tokens > 0)
  return {
    tokenizer: tokenizer.name,
    reference,
    languages: counted.map((one) => ({
      ...one,
      premium: by(one.tokens, base.tokens),
      bytePremium: by(one.size.bytes, base.size.bytes),
    })),
    spread: withTokens.length < 2 ? null : Math.max(...withTokens) / Math.min(...withTokens),
  }
}
