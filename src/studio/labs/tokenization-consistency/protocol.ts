// What the lab and its worker say to each other.
import type { Finding } from '../../../measure/index.ts'

export interface WordHeat {
  /** The text before the word, then the word. */
  before: string
  word: string
  /** log2 of the number of its encodings, with the space before it. */
  bits: number
}

export interface CanonicalView {
  text: string
  canonical: boolean
  /** The given tokens; `run`: part of a run that the tokenizer would write otherwise. */
  given: { text: string; run: boolean }[]
  repaired: number[]
  repairedTiles: string[]
}

export interface PrefixView {
  /** Characters typed so far, and how many earlier tokens changed when the rest came. */
  end: number
  changed: number
}

export interface ConsistencyView {
  words: WordHeat[]
  rest: string
  prefixes: PrefixView[]
  prefixText: string
}

export type ConsistencyCalls = {
  heat: { input: { text: string; tokenizer: string }; output: ConsistencyView }
  audit: { input: { text: string; tokenizer: string }; output: { findings: Finding[] } }
  word: {
    input: { word: string; tokenizer: string }
    output: { count: string; spacedCount: string; own: string[]; others: string[][] }
  }
  canonical: { input: { ids: number[]; tokenizer: string }; output: CanonicalView }
}
