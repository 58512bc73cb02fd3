// Ids → bytes → text. Where every token has bytes of its own (see ../decode/token-bytes.ts) decoding is one
// pass of copies out of a table; other decoders run on token strings.
import { TesseraError, utf8Decode, utf8Encode } from '../../core/index.ts'
import { compileDecoder } from '../decode/compile.ts'
import { compileTokenBytes, decodeTokenBytes, decodeTokenText, type TokenBytes } from '../decode/token-bytes.ts'
import { compileTokenStrings, type TokenStrings } from '../decode/token-strings.ts'
import type { TokenizerSpec } from '../spec.ts'

/** Bytes read and written at once, past the end of a token, by the copy loop. */
const OVERRUN = 8

export class IdDecoder {
  readonly strings: TokenStrings
  readonly view: TokenBytes | null
  private readonly chain: (tokens: readonly string[]) => string
  /** `[size]` 0 = a token, 1 = special, 2 = no such token. */
  private readonly flags: Uint8Array
  private readonly name: string
  /** The table's bytes with OVERRUN bytes behind them; null when single tokens have no fixed bytes. */
  private readonly table: DataView | null
  private out = new Uint8Array(4096)
  private outView = new DataView(this.out.buffer)

  constructor(spec: TokenizerSpec, normalize: ((text: string) => string) | null) {
    this.name = spec.name
    this.view = compileTokenBytes(spec, normalize)
    this.strings = this.view?.strings ?? compileTokenStrings(spec, normalize)
    this.chain = compileDecoder(spec.decoder, spec.reference)
    const { vocab } = spec.model
    const flags = new Uint8Array(this.strings.size).fill(2)
    for (let id = 0; id < vocab.size; id++) if (vocab.has(id)) flags[id] = 0
    for (const token of spec.addedTokens) {
      flags[token.id] = token.special ? 1 : 0
      // A token of the vocabulary with a special token's text is special too.
      if (token.special) {
        const twin = vocab.idOfString(token.content)
        if (twin >= 0) flags[twin] = 1
      }
    }
    this.flags = flags
    this.table = null
    if (this.view && !this.view.firstOf && !this.view.isByte && !this.view.strip) {
      const padded = new Uint8Array(this.view.bytes.length + OVERRUN)
      padded.set(this.view.bytes)
      this.table = new DataView(padded.buffer)
    }
  }

  get size(): number {
    return this.strings.size
  }

  isSpecial(id: number): boolean {
    return this.flags[id] === 1
  }

  has(id: number): boolean {
    return this.flags[id] === 0 || this.flags[id] === 1
  }

  text(ids: ArrayLike<number>, skipSpecials: boolean): string {
    if (this.table) return utf8Decode(this.copy(ids, skipSpecials))
    const kept = this.kept(ids, skipSpecials)
    return this.view ? decodeTokenText(this.view, kept) : this.chain(kept.map((id) => this.strings.of(id)!))
  }

  bytes(ids: ArrayLike<number>, skipSpecials: boolean): Uint8Array {
    if (this.table) return this.copy(ids, skipSpecials).slice()
    const kept = this.kept(ids, skipSpecials)
    if (this.view) return decodeTokenBytes(this.view, kept).slice()
    return utf8Encode(this.chain(kept.map((id) => this.strings.of(id)!)))
  }

  /** Ids that count, each checked. */
  kept(ids: ArrayLike<number>, skipSpecials: boolean): number[] {
    const out: number[] = []
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      const flag = this.flags[id]
      if (flag !== 0 && flag !== 1) throw this.outOfRange(id, i)
      if (flag === 0 || !skipSpecials) out.push(id)
    }
    return out
  }

  outOfRange(id: number, index: number): TesseraError {
    return new TesseraError('ID_OUT_OF_RANGE', `${this.name} has no token with the id ${id}`, {
      where: `ids[${index}]`,
      hint: `Ids go from 0 to ${this.size - 1}`,
    })
  }

  /** One pass over the table. The result is overwritten by the next call. */
  private copy(ids: ArrayLike<number>, skipSpecials: boolean): Uint8Array {
    const { flags } = this
    const { offsets } = this.view!
    const table = this.table!
    const skipped = skipSpecials ? 1 : 2
    let { outView } = this
    let used = 0
    let room = this.out.length - OVERRUN
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      const flag = flags[id]
      if (flag !== 0) {
        if (flag !== 1) throw this.outOfRange(id, i)
        if (flag === skipped) continue
      }
      let from = offsets[id]!
      const length = offsets[id + 1]! - from
      if (used + length > room) {
        this.grow(used, used + length + OVERRUN)
        outView = this.outView
        room = this.out.length - OVERRUN
      }
      // Two 32-bit words at a time, past the end of the token: the next token overwrites the surplus.
      let to = used
      used += length
      do {
        outView.setInt32(to, table.getInt32(from))
        outView.setInt32(to + 4, table.getInt32(from + 4))
        from += 8
        to += 8
      } while (to < used)
    }
    const result = this.out.subarray(0, used)
    if (this.out.length > 1 << 22) {
      this.out = new Uint8Array(4096)
      this.outView = new DataView(this.out.buffer)
    }
    return result
  }

  private grow(used: number, needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.out.length * 2))
    larger.set(this.out.subarray(0, used))
    this.out = larger
    this.outView = new DataView(larger.buffer)
  }
}
