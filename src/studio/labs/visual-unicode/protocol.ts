// What the lab and its worker say to each other.
import type { IdKind } from '../../../tokenizer/index.ts'

export interface GlyphToken {
  id: number
  text: string
  kind: IdKind
  /** `[32 * 32]` as text of 0 and 1: the picture. */
  picture: string
}

export interface GlyphView {
  tokens: GlyphToken[]
  total: number
  characters: number
  o200k: number
  /** By script: characters of the text, and how many the font draws. */
  scripts: { script: string; characters: number; drawn: number }[]
}

export interface Likeness {
  id: number
  text: string
  value: number
  picture: string
}

export type GlyphCalls = {
  tokens: { input: { text: string }; output: GlyphView }
  neighbours: { input: { id: number; by: 'cosine' | 'pixels' }; output: Likeness[] }
}
