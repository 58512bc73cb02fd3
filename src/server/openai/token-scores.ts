// Log-probabilities of chosen tokens and their likeliest rivals, from the model's own logits, before temperature,
// penalties and masks (as OpenAI and vLLM report them).

export interface TokenScore {
  id: number
  /** Natural logarithm; null for a prompt's first token, which nothing predicts. */
  logprob: number | null
  /** The likeliest tokens, best first. */
  top: readonly { id: number; logprob: number }[]
}

/** ln Σ exp(logits). */
export function logSumExp(logits: Float32Array): number {
  let most = -Infinity
  for (let i = 0; i < logits.length; i++) if (logits[i]! > most) most = logits[i]!
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i]! - most)
  return most + Math.log(sum)
}

/** The score of a token in `logits [vocab]`, with the `count` likeliest ones. */
export function scoreOf(logits: Float32Array, id: number, count: number, total: number): TokenScore {
  return {
    id,
    logprob: logits[id]! - total,
    top: likeliest(logits, count).map((one) => ({ id: one, logprob: logits[one]! - total })),
  }
}

/** Ids of the largest logits, best first; the lower id first among equals. */
export function likeliest(logits: Float32Array, count: number): number[] {
  const best: number[] = []
  if (count === 0) return best
  let least = -Infinity
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id]!
    if (best.length === count && value <= least) continue
    let at = best.length
    while (at > 0 && logits[best[at - 1]!]! < value) at--
    best.splice(at, 0, id)
    if (best.length > count) best.pop()
    least = logits[best.at(-1)!]!
  }
  return best
}

/** Scores of a prompt's own tokens, gathered while it is read in chunks. */
export class PromptScores {
  readonly tokens: TokenScore[]
  private readonly ids: ArrayLike<number>
  private readonly count: number

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
      this.tokens.push(scoreOf(own, this.ids[from + row + 1]!, this.count, logSumExp(own)))
    }
  }
}
