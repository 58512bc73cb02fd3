// What the paper reports of models, as a public reading note on it gives the figures.
import type { PublishedFigure } from '../experiment/result.ts'

const NOTE = 'a public reading note on the paper'

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  { metric: 'trials', setting: 'about ten open models, news articles', value: 'more than 11,000' },
  {
    metric: 'phantom edits',
    setting: 'all models',
    value: 'in every model; no steady fall with size',
  },
  { metric: 'one token to one token', setting: 'of phantom edits', value: '72.2 %', note: NOTE },
  { metric: 'the same number of tokens', setting: 'of phantom edits', value: 'about 78 %', note: NOTE },
  {
    metric: 'more tokens, fewer tokens',
    setting: 'of phantom edits',
    value: 'about 19.7 %, 2.3 %',
    note: NOTE,
  },
  {
    metric: 'phantom edits after masking',
    setting: 'all models',
    value: '0 to 5 %',
    note: NOTE,
  },
]
