// Merges that grow at their end: which symbols a piece comes to under all merges so far, and what merges make it
// one token. Merges are applied one by one, lowest rank first, leftmost among equals, as the reference does;
// pieces are words, so no heap is needed.
import { utf8Encode } from '../../core/index.ts'
import { joinedIds } from '../formats/rank-merges.ts'
import { byteTokens } from '../models/byte-tokens.ts'
import type { BpeModelSpec } from '../spec.ts'
import { bytesIn } from './needs.ts'

/** A pair of ids below 2^24 as one number. */
const PAIR = 0x1000000

export class GrowingMerges {
  private readonly model: BpeModelSpec
  private readonly ranks = new Map<number, number>()
  private readonly made: number[] = []
  private readonly byteIds: Int32Array | null
  /** Tokens that were added, by their bytes (in the vocabulary's alphabet) as a string. */
  private readonly added = new Map<string, number>()
  private readonly strings: string[] = []
  private readonly firstNew: number
  /** Tokens that no merge may make: special ones and those of bytes. */
  private readonly reserved: ReadonlySet<number>
  /** `[2 * added merges]` */
  readonly merges: number[] = []

  /** `firstNew`: the id of the first token that will be added. */
  constructor(model: BpeModelSpec, firstNew: number, special: ReadonlySet<number>) {
    this.model = model
    this.firstNew = firstNew
    this.byteIds = model.byteFallback ? byteTokens(model.vocab) : null
    this.reserved = new Set([...special, ...(this.byteIds ?? [])])
    const { vocab, merges } = model
    if (merges) {
      joinedIds(vocab, merges, bytesIn(model, model.continuingSubwordPrefix ?? '')).forEach((id, n) => {
        this.ranks.set(merges[2 * n]! * PAIR + merges[2 * n + 1]!, n)
        this.made.push(id)
      })
    }
  }

  /** Tokens added so far, as tokenizer.json writes them; the id of the first is `firstNew`. */
  get tokens(): readonly string[] {
    return this.strings
  }

  idOf(token: string): number {
    return this.added.get(token) ?? this.model.vocab.idOfString(token)
  }

  stringOf(id: number): string {
    return id < this.firstNew ? this.model.vocab.stringOf(id) : this.strings[id - this.firstNew]!
  }

  /** Gives a token the next id. */
  add(token: string): number {
    const id = this.firstNew + this.strings.length
    this.strings.push(token)
    this.added.set(token, id)
    return id
  }

  /** The symbols that a piece starts from; characters without a token are added, where there are no bytes in their place. */
  private symbols(piece: string, addCharacters: boolean): number[] {
    const { continuingSubwordPrefix: prefix, endOfWordSuffix: suffix } = this.model
    const ids: number[] = []
    for (let i = 0; i < piece.length;) {
      const end = i + (piece.codePointAt(i)! > 0xffff ? 2 : 1)
      let symbol = piece.slice(i, end)
      if (prefix !== null && i > 0) symbol = prefix + symbol
      if (suffix !== null && end === piece.length) symbol += suffix
      const id = this.idOf(symbol)
      if (id >= 0) ids.push(id)
      else if (addCharacters) ids.push(this.add(symbol))
      else if (this.byteIds) for (const byte of utf8Encode(symbol)) ids.push(this.byteIds[byte]!)
      i = end
    }
    return ids
  }

  /** What the merges so far leave of the symbols. */
  private merged(ids: number[]): number[] {
    const out = [...ids]
    for (;;) {
      let best = Infinity
      let at = -1
      for (let i = 0; i + 1 < out.length; i++) {
        const rank = this.ranks.get(out[i]! * PAIR + out[i + 1]!) ?? Infinity
        if (rank < best) {
          best = rank
          at = i
        }
      }
      if (at < 0) return out
      out.splice(at, 2, this.made[best]!)
    }
  }

  /** The ids of a piece. */
  encode(piece: string): number[] {
    return this.merged(this.symbols(piece, false))
  }

  /** The string of two tokens side by side. */
  private joined(left: number, right: number): string {
    const prefix = this.model.continuingSubwordPrefix ?? ''
    const tail = this.stringOf(right)
    return this.stringOf(left) + (prefix !== '' && tail.startsWith(prefix) ? tail.slice(prefix.length) : tail)
  }

  /**
   * Appends the merges, and adds the tokens between, that make the piece one token; returns its id. Each merge ranks
   * below all others: it changes nothing before they have run. A pair that joins to a token that is there already is
   * taken first, else the leftmost one: that costs the fewest tokens. -1: each way leads through the text of a
   * special token.
   */
  makeOne(piece: string): number {
    const symbols = this.symbols(piece, true)
    for (;;) {
      const ids = this.merged(symbols)
      if (ids.length === 1) return ids[0]!
      let chosen = -1
      for (let i = 0; i + 1 < ids.length; i++) {
        const known = this.idOf(this.joined(ids[i]!, ids[i + 1]!))
        if (this.reserved.has(known)) continue
        if (known >= 0) {
          chosen = i
          break
        }
        if (chosen < 0) chosen = i
      }
      if (chosen < 0) return -1
      this.append(ids[chosen]!, ids[chosen + 1]!)
    }
  }

  private append(left: number, right: number): void {
    const token = this.joined(left, right)
    const known = this.idOf(token)
    this.ranks.set(left * PAIR + right, this.made.length)
    this.made.push(known >= 0 ? known : this.add(token))
    this.merges.push(left, right)
  }
}
