// What the paper states about its tokenizer, as read for this project.
import type { PublishedFigure } from '../experiment/result.ts'

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  {
    metric: 'sequence length',
    setting: 'raw SVG string in Qwen tokens → atomic → segments',
    value: '−63.8 % (2.76×)',
  },
  {
    metric: 'raw → atomic',
    setting: 'raw SVG string in Qwen tokens, mixed corpus of 2.45 M files',
    value: '2.63×',
  },
  { metric: 'atomic → segments', setting: '500 segments, learned on 1.5 M files', value: '1.05×' },
  { metric: 'atomic → segments', setting: '500 segments, learned on 50 k files', value: '1.03×' },
  { metric: 'atomic vocabulary', setting: 'canvas 784', value: '2,450 tokens' },
  { metric: 'moves to nowhere', setting: 'removed per drawing', value: '0.86' },
]
