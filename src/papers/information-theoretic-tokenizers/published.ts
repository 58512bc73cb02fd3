// What the paper reports, for comparison beside our numbers. Only its abstract was at hand; the other figures
// come from two public note files about it, which agree with each other.
import type { PublishedFigure } from '../experiment/result.ts'

const NOTES = 'two public notes about the paper'

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  {
    metric: 'gain of compressing ids instead of text',
    setting: 'text, tokenised, then gzip',
    value: '10-20 %',
    note: NOTES,
  },
  {
    metric: 'gain over bytes, LZ-aware BPE',
    setting: 'vocabulary 1024',
    value: 'about 15.8 %',
    note: NOTES,
  },
  { metric: 'gain over bytes, plain BPE', setting: 'vocabulary 1024', value: 'about 11.1 %', note: NOTES },
  {
    metric: 'time of a merge',
    setting: 'LZ-aware, plain',
    value: 'about 2 s, about 0.4 s',
    note: NOTES,
  },
  {
    metric: 'capacity utilisation η',
    setting: 'English, K = 16k, BPE and WordPiece',
    value: '0.75-0.77',
    note: NOTES,
  },
  {
    metric: 'H4 and H5 of BPE tokens',
    setting: 'training text from 10^3 to 10^8 characters',
    value: 'from about 1 bit to nearly 0',
    note: NOTES,
  },
  {
    metric: 'compression ratio by training text',
    setting: 'K of 64k and more',
    value: 'rises all the way',
    note: NOTES,
  },
  {
    metric: 'compression ratio by training text',
    setting: 'K = 16k',
    value: 'can fall with more text',
    note: NOTES,
  },
  {
    metric: 'tokens per character, GPT family',
    setting: 'scripts other than Latin, against English',
    value: 'several times as many; o200k_base narrows it',
    note: NOTES,
  },
  {
    metric: 'direction with more training text',
    setting: 'entropies of token runs',
    value: 'H1 rises, H2 to H5 fall',
    note: 'abstract and notes',
  },
  {
    metric: 'direction under domain mismatch',
    setting: 'trained on one kind of text, tested on another',
    value: 'worse, and no steady gain with more training text',
    note: 'abstract and notes',
  },
]

export const PAPER_SCALE = 'up to 10^8 training characters of C4 and other corpora, 10^6 test characters'
