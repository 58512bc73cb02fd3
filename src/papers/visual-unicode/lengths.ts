// How many tokens a text becomes: under the learned vocabulary, at best under the same vocabulary, and under
// others.
import type { UnicodeCentricTokenizer } from '../../tokenizer/index.ts'

/** Code points: what the paper calls characters. */
export function codePointsOf(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; count++) i += text.codePointAt(i)! > 0xffff ? 2 : 1
  return count
}

/**
 * The fewest tokens of this vocabulary that spell the text. The merges of the paper go by the order of a list
 * and may miss it; the difference is the price of that order.
 */
export function fewestTokens(tokenizer: UnicodeCentricTokenizer, text: string): number {
  const ngrams = (known.get(tokenizer) ?? known.set(tokenizer, new Set(tokenizer.ngrams)).get(tokenizer))!
  const longest = tokenizer.ngrams[0]?.length ?? 1
  // least[i]: fewest tokens of the first i units.
  const least = new Float64Array(text.length + 1).fill(Infinity)
  least[0] = 0
  for (let i = 0; i < text.length; i++) {
    if (least[i] === Infinity) continue
    const cp = text.codePointAt(i)!
    const width = cp > 0xffff ? 2 : 1
    const cost = tokenizer.encode(text.slice(i, i + width)).length
    least[i + width] = Math.min(least[i + width]!, least[i]! + cost)
    for (let n = 2; n <= longest && i + n <= text.length; n++) {
      if (ngrams.has(text.slice(i, i + n))) least[i + n] = Math.min(least[i + n]!, least[i]! + 1)
    }
  }
  return least[text.length]!
}

const known = new WeakMap<UnicodeCentricTokenizer, Set<string>>()
