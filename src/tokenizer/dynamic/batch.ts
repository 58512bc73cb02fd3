// A batch after its merges: every state from the base tokens to the last merge, the tokens of each text in a
// state, and the way back from their positions to base tokens, bytes and UTF-16 units.
import { TesseraError } from '../../core/index.ts'
import type { BaseText } from './base-tokens.ts'
import type { BatchMerge, BatchMerges } from './merge-batch.ts'
import type { DynamicToken, Symbols } from './symbols.ts'

/** One text in a state of its batch. */
export interface DynamicText {
  /** `[tokens]` indices into the state's `tokens`. */
  readonly tokens: Uint32Array
  /**
   * `[tokens + 1]` the base token that each token begins with; the last entry is their number. Token `i` is
   * the base tokens `starts[i]` to `starts[i + 1]`.
   */
  readonly starts: Uint32Array
}

export interface BatchState {
  /** Merges applied. */
  readonly merges: number
  /** The different tokens of the batch, in the order in which they are first met. */
  readonly tokens: readonly DynamicToken[]
  readonly texts: readonly DynamicText[]
}

export interface Merge {
  readonly left: DynamicToken
  readonly right: DynamicToken
  readonly made: DynamicToken
  /** How often the pair stood in the batch (in "aaa" the pair of two a is counted twice). */
  readonly count: number
  /** Places that became the new token. */
  readonly places: number
}

export class DynamicBatch {
  /** The texts under the base tokenizer. */
  readonly base: readonly BaseText[]
  private readonly symbols: Symbols
  private readonly history: readonly BatchMerge[]
  private readonly cells: Int32Array
  /** `[texts]` as in BatchMerges, cut by text. */
  private readonly joinedAt: readonly Int32Array[]
  private readonly textStarts: Uint32Array

  /** `cells`: the base symbols before the merges. */
  constructor(
    base: readonly BaseText[],
    symbols: Symbols,
    cells: Int32Array,
    starts: Uint32Array,
    done: BatchMerges,
  ) {
    this.base = base
    this.symbols = symbols
    this.cells = cells
    this.textStarts = starts
    this.history = done.merges
    this.joinedAt = base.map((_, i) => done.joinedAt.subarray(starts[i]!, starts[i + 1]!))
  }

  /** Merges that were made: all that were asked for, or fewer where no pair was left. */
  get merges(): number {
    return this.history.length
  }

  /** The merge with a number from 1. */
  merge(number: number): Merge {
    const { left, right, made, count, places } = this.history[number - 1]!
    const { symbols } = this
    return {
      left: symbols.token(left),
      right: symbols.token(right),
      made: symbols.token(made),
      count,
      places,
    }
  }

  /** `[merges + 1]` tokens of the whole batch, or of one text, after so many merges. */
  lengths(text?: number): Uint32Array {
    const lengths = new Int32Array(this.merges + 1)
    const chosen = text === undefined ? this.joinedAt : [this.joinedAt[text]!]
    for (const joined of chosen) {
      lengths[0]! += joined.length
      for (const step of joined) if (step > 0) lengths[step]!--
    }
    // What each merge took away becomes what is left after it.
    for (let m = 1; m < lengths.length; m++) lengths[m] = lengths[m]! + lengths[m - 1]!
    return Uint32Array.from(lengths)
  }

  /** The batch after `merges` merges. Throws ARGUMENT_INVALID. */
  at(merges: number): BatchState {
    if (!Number.isInteger(merges) || merges < 0) {
      throw new TesseraError('ARGUMENT_INVALID', `A number of ${merges} merges`, { where: 'merges' })
    }
    const numberOf = new Map<number, number>()
    const tokens: DynamicToken[] = []
    const number = (symbol: number): number => {
      let known = numberOf.get(symbol)
      if (known === undefined) {
        known = tokens.length
        numberOf.set(symbol, known)
        tokens.push(this.symbols.token(symbol))
      }
      return known
    }
    const texts = this.joinedAt.map((joined, i) => this.textAt(joined, this.textStarts[i]!, merges, number))
    return { merges: Math.min(merges, this.merges), tokens, texts }
  }
  private textAt(
    joined: Int32Array,
    from: number,
    merges: number,
    number: (symbol: number) => number,
  ): DynamicText {
    const starts: number[] = []
    const tokens: number[] = []
    for (let at = 0; at < joined.length;) {
      let last = 0
      let end = at + 1
      // Of the merges inside a token the last one made it whole.
      for (; end < joined.length && joined[end]! > 0 && joined[end]! <= merges; end++) {
        last = Math.max(last, joined[end]!)
      }
      starts.push(at)
      tokens.push(number(last === 0 ? this.cells[from + at]! : this.history[last - 1]!.made))
      at = end
    }
    starts.push(joined.length)
    return { tokens: Uint32Array.from(tokens), starts: Uint32Array.from(starts) }
  }
}
