// Scores of a prompt's own tokens, gathered while it is read in chunks.
import { type TokenScore, tokenScore } from '../../decode/index.ts'

/** A token's score; without a log-probability for a prompt's first token, which nothing predicts. */
export type AnyScore = TokenScore | { id: number; logprob: null; top: [] }

export class PromptScores {
  readonly tokens: AnyScore[]
  private readonly ids: ArrayLike<number>
  private readonly count: number

  /** With `count` of the likeliest tokens beside each. */
  constructor(ids: ArrayLike<number>, count: number) {
    this.ids = ids
    this.count = count
    this.tokens = [{ id: ids[0]!, logprob: null, top: [] }]
  }

  /** Logits `[rows, vocab]` after the tokens from `from` on. */
  read(logits: Float32Array, from: number, rows: number): void {
    const vocab = logits.length / rows
    for (let row = 0; row < rows && from + row + 1 < this.ids.length; row++) {
      const own = logits.subarray(row * vocab, (row + 1) * vocab)
      this.tokens.push(tokenScore(own, this.ids[from + row + 1]!, this.count))
    }
  }
}
