// What the lab and its worker say to each other.
export interface MergeStep {
  left: string
  right: string
  made: string
  count: number
}

export interface MergedBatch {
  /** The merges in order. */
  merges: MergeStep[]
  /** `[merges + 1]` tokens of the batch. */
  lengths: number[]
  /** Base tokens of each text. */
  texts: number[]
}

/** The batch after some merges. */
export interface BatchView {
  /** `[texts]` the tokens of each text, with whether a merge made them. */
  texts: { text: string; merged: boolean }[][]
}

export type DynamicCalls = {
  merge: {
    input: { texts: string[]; tokenizer: string; boundary: 'pretokens' | 'word' | 'sentence' }
    output: MergedBatch
  }
  view: { input: { merges: number }; output: BatchView }
}
