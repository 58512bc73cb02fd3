// How many words a token holds: what supertokens are about.
import { utf8Decode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'

/** Words begun or continued in a text: runs of letters, marks and digits. */
function wordsIn(text: string): number {
  return text.match(/[\p{L}\p{M}\p{N}]+/gu)?.length ?? 0
}

export interface WordCounts {
  /** `[words]` tokens of the vocabulary that hold so many words; the last entry: as many or more. */
  histogram: number[]
  /** The tokens with the most words, longest first. */
  longest: string[]
}

const MOST_WORDS = 6

/** Throws nothing; special tokens are left out. */
export function wordCounts(tokenizer: Tokenizer, longest = 20): WordCounts {
  const histogram = Array.from({ length: MOST_WORDS + 1 }, () => 0)
  const several: { text: string; words: number }[] = []
  const { model, addedTokens } = tokenizer.spec
  const added = new Set(addedTokens.map((token) => token.id))
  for (let id = 0; id < model.vocab.size; id++) {
    if (added.has(id)) continue
    const text = utf8Decode(model.vocab.bytesOf(id))
    const words = wordsIn(text)
    histogram[Math.min(words, MOST_WORDS)]!++
    if (words > 1) several.push({ text, words })
  }
  several.sort((a, b) => b.words - a.words || b.text.length - a.text.length)
  return { histogram, longest: several.slice(0, longest).map(({ text }) => text) }
}
