// What the paper and its authors' data state, for comparison beside our numbers.
import type { PublishedFigure } from '../experiment/result.ts'

/** Average tokens of a text after so many merges: XNLI English, 2,490 development pairs, batches of 32. */
export const XNLI_LENGTHS: readonly { merges: number | null; tokens: number; accuracy: number }[] = [
  { merges: 0, tokens: 42.14, accuracy: 84.3 },
  { merges: 10, tokens: 40.24, accuracy: 84.4 },
  { merges: 20, tokens: 39.14, accuracy: 84.1 },
  { merges: 50, tokens: 36.96, accuracy: 82.7 },
  { merges: null, tokens: 35.94, accuracy: 82.6 },
]

export const mergesText = (merges: number | null) => (merges === null ? 'all' : String(merges))

const DATA = "the authors' published data"

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  {
    metric: 'shorter sequences',
    setting: 'XLM-R, XNLI, 14 languages, word boundary',
    value: 'more than 20 %, with less than 2 % of accuracy lost',
  },
  ...XNLI_LENGTHS.map(({ merges, tokens, accuracy }) => ({
    metric: 'tokens of a text, accuracy',
    setting: `XLM-R, XNLI English, ${mergesText(merges)} merges`,
    value: `${tokens}, ${accuracy} %`,
    note: DATA,
  })),
  {
    metric: 'tokens of a text',
    setting: 'XLM-R, UNER English, no and all merges',
    value: '18.68 and 15.42',
    note: DATA,
  },
  {
    metric: 'prompt reduction with almost the same answers',
    setting: 'Mistral-7B, relative scale',
    value: 'up to 40 %',
  },
  {
    metric: 'tokens',
    setting: 'two sentences, 10 merges',
    value: '36 to 20',
    note: "the authors' repository",
  },
]
