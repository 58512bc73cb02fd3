// What the paper's sources state, for comparison beside our numbers.
import type { PublishedFigure } from '../experiment/result.ts'

/** Characters per token of the paper's tokenizer, and of GPT-4's, by language. */
export const PAPER_CHARACTERS: Readonly<Record<string, { paper: number; gpt4: number }>> = {
  English: { paper: 1.74, gpt4: 4.15 },
  Russian: { paper: 1.57, gpt4: 1.97 },
  Hindi: { paper: 1.3, gpt4: 1.04 },
  Georgian: { paper: 1.53, gpt4: 0.61 },
  Chinese: { paper: 1.11, gpt4: 0.86 },
}

const BENCHMARK = "the authors' tokenizer benchmark"

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  ...Object.entries(PAPER_CHARACTERS).flatMap(([language, { paper, gpt4 }]) => [
    {
      metric: 'characters per token',
      setting: `${language}, bvv241-2-3`,
      value: String(paper),
      note: BENCHMARK,
    },
    { metric: 'characters per token', setting: `${language}, GPT-4`, value: String(gpt4), note: BENCHMARK },
  ]),
  { metric: 'ids', setting: 'vocabulary bvv241-2-3', value: '65,536', note: "the authors' notebooks" },
  {
    metric: 'n-grams per language',
    setting: '32 languages',
    value: '338 + 338',
    note: "the authors' notebooks",
  },
  {
    metric: 'dimensions',
    setting: 'pictures of 32 × 32 pixels',
    value: '1,024',
    note: "the authors' notebooks",
  },
]
