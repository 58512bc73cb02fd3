// Pieces that are made when somebody wants them: by a loop over them, by whoever waits for the result, or both. What
// was made is kept, so that a loop that starts late misses nothing. A loop that is left early ends the work,
// unless somebody waits for the result.
import type { Generation, Piece } from './answer.ts'

export class PieceStream {
  private readonly start: (left: AbortSignal) => AsyncGenerator<Piece, Generation[]>
  private readonly leaving = new AbortController()
  private source: AsyncGenerator<Piece, Generation[]> | null = null
  private readonly pieces: Piece[] = []
  /** The step that is being made. */
  private making: Promise<void> | null = null
  private outcome: { results: Generation[] } | { error: unknown } | null = null
  private wanted: Promise<Generation[]> | null = null

  /** `start` is called at the first need; its signal says that nobody wants more: it then ends by itself. */
  constructor(start: (left: AbortSignal) => AsyncGenerator<Piece, Generation[]>) {
    this.start = start
  }

  /** Everything; the work goes on to its end from now on. */
  get result(): Promise<Generation[]> {
    this.wanted ??= this.drain()
    return this.wanted
  }

  async *iterate(): AsyncGenerator<Piece, void> {
    let at = 0
    try {
      for (;;) {
        while (at < this.pieces.length) yield this.pieces[at++]!
        if (this.outcome) break
        await this.more()
      }
      if (this.outcome && 'error' in this.outcome) throw this.outcome.error
    } finally {
      if (!this.outcome && !this.wanted) {
        this.leaving.abort()
        while (!this.outcome) await this.more()
      }
    }
  }

  private async drain(): Promise<Generation[]> {
    while (!this.outcome) await this.more()
    if ('error' in this.outcome) throw this.outcome.error
    return this.outcome.results
  }

  /** One more piece, or the end. Whoever comes while it is made waits for the same one. */
  private more(): Promise<void> {
    this.making ??= this.make().finally(() => {
      this.making = null
    })
    return this.making
  }

  private async make(): Promise<void> {
    try {
      this.source ??= this.start(this.leaving.signal)
      const { done, value } = await this.source.next()
      if (done) this.outcome = { results: value }
      else this.pieces.push(value)
    } catch (error) {
      this.outcome = { error }
    }
  }
}
