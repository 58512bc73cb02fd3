// What the lab and its worker say to each other.
export const KINDS = ['plain', 'supertokens', 'two-stage'] as const
export type Kind = (typeof KINDS)[number]

export interface KindView {
  kind: Kind
  vocabulary: number
  tokens: number
  /** The first tokens of the text. */
  tiles: string[]
  /** `[words]` tokens of the vocabulary that hold so many words; the last entry: six or more. */
  histogram: number[]
  longest: string[]
}

export type SupertokenCalls = {
  train: { input: { text: string; vocabSize: number }; output: KindView[] }
}
