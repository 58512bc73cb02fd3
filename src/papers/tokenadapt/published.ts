// What the paper states, for comparison beside our numbers. Figures of the transplant are listed for later.
import type { PublishedFigure } from '../experiment/result.ts'

/** Tokens of the authors' test texts: their supertokens (128k) and DeepSeek-R1's vocabulary of the same size. */
const PAPER_TOKENS: readonly { text: string; supertokens: number; deepseek: number }[] = [
  { text: 'English', supertokens: 283_657, deepseek: 338_873 },
  { text: 'Hindi', supertokens: 9_174, deepseek: 22_854 },
  { text: 'Python', supertokens: 4_765, deepseek: 5_270 },
  { text: 'Java', supertokens: 1_821, deepseek: 2_223 },
  { text: 'C++', supertokens: 11_464, deepseek: 13_081 },
  { text: 'Math', supertokens: 3_887, deepseek: 5_375 },
]

/** Part of the tokens that supertokens save against the vocabulary of the same size, in percent. */
export function paperSaving(text: string): string {
  const { supertokens, deepseek } = PAPER_TOKENS.find((one) => one.text === text)!
  return `${(100 * (1 - supertokens / deepseek)).toFixed(1)} %`
}

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  ...PAPER_TOKENS.map(({ text, supertokens, deepseek }) => ({
    metric: 'tokens',
    setting: `${text}: supertokens 128k, DeepSeek-R1 128k`,
    value: `${supertokens}, ${deepseek} (${paperSaving(text)} fewer)`,
  })),
  {
    metric: 'bytes per token',
    setting: 'one sample of 203 bytes: GPT-4o and Llama-3, SuperBPE 200k, supertokens 128k',
    value: '4.72, 6.77, 6.34',
  },
  {
    metric: 'perplexity after by before the swap',
    setting: 'Llama-3.2-3B to QTK-81K: hybrid, local only, ReTok, TransTokenizer',
    value: '48.2, 64.4, 71.1, 145.9',
  },
  {
    metric: 'perplexity after by before the swap',
    setting: 'Llama-3.2-3B to supertokens 128k: hybrid, local only, ReTok, TransTokenizer',
    value: '577.5, 1371.3, 1174.0, 4173.6',
  },
]
