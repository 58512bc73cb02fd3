// Random re-encodings: the ids of a text spelled another way, as a model that was trained with subword
// regularization may emit them. Each token is merged again with every merge skipped at the given rate
// (BPE-dropout, Provilkov et al. 2020; there over whole words, here within each canonical token, so that any
// tokenizer's own ids can be the start). Models without merges get a random segmentation at that rate instead.
import type { Random } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { Merger } from './merge-structure.ts'
import { TokenTable } from './token-table.ts'

export class Dropout {
  private readonly table: TokenTable
  private readonly merger: Merger | null
  private readonly tokenizer: Tokenizer

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer
    this.table = TokenTable.of(tokenizer)
    const { model } = tokenizer.spec
    const merges = model.type === 'BPE' && !model.continuingSubwordPrefix && !model.endOfWordSuffix
    this.merger = merges ? new Merger(model) : null
  }

  /** Other ids for the same text; `rate` 0 gives the same ids back. Special and added tokens stay. */
  apply(ids: ArrayLike<number>, rate: number, random: Random): Uint32Array {
    const out: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (this.table.isSpecial(id) || this.table.isAdded(id)) out.push(id)
      else this.respell(id, rate, random, out)
    }
    return Uint32Array.from(out)
  }

  private respell(id: number, rate: number, random: Random, out: number[]): void {
    if (this.merger) {
      let refused = false
      const pieces = this.merger.reduce(this.tokenizer.spec.model.vocab.bytesOf(id), () => {
        const drop = random.float() < rate
        refused ||= drop
        return !drop
      })
      if (pieces && refused) out.push(...pieces)
      else out.push(id)
      return
    }
    if (random.float() >= rate) {
      out.push(id)
      return
    }
    const bytes = this.table.bytesOf(id)
    const before = out.length
    for (let at = 0; at < bytes.length;) {
      const ways: { id: number; end: number }[] = []
      this.table.prefixes(bytes, at, bytes.length, (way, end) => ways.push({ id: way, end }))
      if (ways.length === 0) {
        // A dead end: the token stays as it is.
        out.length = before
        out.push(id)
        return
      }
      const way = random.pick(ways)
      out.push(way.id)
      at = way.end
    }
  }
}
