// What the paper, its model cards and its project page report, for comparison beside our numbers.
import type { PublishedFigure } from '../experiment/result.ts'

export const PAPER_SCALE =
  'About 13 GB: some 30,000 programs for Linux, Windows, macOS and Android on six processor families, malware included'

export const PAPER_FIGURES: readonly PublishedFigure[] = [
  {
    metric: 'content per context',
    setting: 'uncompressed ELF, PE, Mach-O, against raw bytes',
    value: '2-3 ×',
  },
  { metric: 'bytes per token', setting: '4k, typical programs', value: 'about 2.0' },
  { metric: 'bytes per token', setting: '8k, typical programs', value: 'about 2.2' },
  { metric: 'bytes per token', setting: '16k, typical programs', value: 'about 2.4' },
  { metric: 'bytes per token', setting: '64k, average', value: '2.89' },
  { metric: 'ids used on the test set', setting: '64k', value: '67.2 %' },
  { metric: 'mean token length', setting: '4k / 8k / 16k', value: '3.000 / 3.312 / 3.498 bytes' },
  { metric: 'tokens of 3 bytes', setting: '4k / 8k / 16k', value: '20.6 % / 21.7 % / 20.5 %' },
]

/** Byte strings that a reader expects among the tokens. */
export const LANDMARKS: readonly string[] = [
  '00',
  '0000',
  '00000000',
  '00000000000000000000000000000000',
  'ffff',
  'ffffffff',
  '4889',
  '488b',
  '488d',
  '4c89',
  '0f1f',
  '0f84',
  '85c0',
  '31c0',
  'cccccccc',
  '1f2003d5',
  'c0035fd6',
  '7f454c46',
  '4d5a',
  'cffaedfe',
  '2e74657874',
  '2e646c6c',
  '5f5f6c696263',
]
