// What the lab's figures have in common: a legend, and colours that tell tokenizers apart in light and dark.

export interface LegendItem {
  text: string
  colour: string
  shape: 'dot' | 'ring' | 'line' | 'dashed' | 'square'
}

/** In Chart.svelte; Plot takes variables for colours, but not `light-dark()`. */
const COLOURS = 8

/** The colour of the i-th tokenizer; the first is the baseline. */
export function colourOf(i: number): string {
  return `var(--series-${i % COLOURS})`
}

export const FORMS: Readonly<Record<string, string>> = {
  fixed: 'whole bytes per id',
  utf8: 'UTF-8 of the id',
  rank: 'UTF-8 of its frequency rank',
}
