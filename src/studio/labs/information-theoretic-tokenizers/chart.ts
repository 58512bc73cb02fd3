// What the lab's figures have in common: colours that tell tokenizers apart in light and dark.

export interface LegendItem {
  text: string
  colour: string
  shape: 'dot' | 'ring' | 'line' | 'dashed' | 'square'
}

const PALETTE = [
  'var(--quiet)',
  'light-dark(#9c3f1c, #f0a17c)',
  'light-dark(#1f6f8b, #6fc0da)',
  'light-dark(#2f7a3f, #82cc8f)',
  'light-dark(#6b55a8, #b7a6ea)',
  'light-dark(#8a6a00, #e0be5c)',
  'light-dark(#a3386f, #f09bc4)',
  'light-dark(#3d4f8f, #9db4f2)',
]

/** The colour of the i-th tokenizer; the first is the baseline. */
export function colourOf(i: number): string {
  return PALETTE[i % PALETTE.length]!
}

export const FORMS: Readonly<Record<string, string>> = {
  fixed: 'whole bytes per id',
  utf8: 'UTF-8 of the id',
  rank: 'UTF-8 of its frequency rank',
}
