// Ids → bytes → text. Where every token has bytes of its own (see ../decode/token-bytes.ts) decoding is one
// pass of copies out of a table; other decoders run on token strings.
import { TesseraError, utf8Decode, utf8Encode, utf8SequenceLength } from '../../core/index.ts'
import { compileDecoder } from '../decode/compile.ts'
import { compileTokenBytes, decodeTokenBytes, decodeTokenText, strippedBytes } from '../decode/token-bytes.ts'
import type { TokenBytes } from '../decode/token-bytes.ts'
import { compileTokenStrings, type TokenStrings } from '../decode/token-strings.ts'
import type { TokenizerSpec } from '../spec.ts'
import { warmUpText } from './warm-up.ts'

/** Bytes read and written at once, past the end of a token, by the copy loop. */
const OVERRUN = 8
/**
 * Ids that one call of the copy loop takes. A loop that is entered once and runs for long is compiled in
 * mid-run, without what comes behind it, and thrown away at its end, each time; a short one is called often.
 */
const STRETCH = 1024
/** Ids after which it pays to warm up. */
const WARM_UP_AFTER = 1 << 12

export class IdDecoder {
  readonly strings: TokenStrings
  readonly view: TokenBytes | null
  private readonly chain: (tokens: readonly string[]) => string
  /** `[size]` 0 = a token, 1 = special, 2 = no such token, 3 = a byte of byte fallback. */
  private readonly flags: Uint8Array
  private readonly name: string
  /** The table's bytes with OVERRUN bytes behind them; null when single tokens have no fixed bytes. */
  private readonly table: DataView | null
  /**
   * `[4 * size]` of an ordinary token: its first eight bytes as two words, where its bytes start in the table with
   * their number in the low 8 bits (RARE for all other tokens), unused. Most tokens are no longer, and cost one
   * read from a memory that the processor's cache does not hold.
   */
  private readonly packed: Int32Array
  /** Bytes written so far, and where the run of byte fallback tokens at their end starts, or -1. */
  private used = 0
  private runStart = -1
  private coldFor = WARM_UP_AFTER
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
    this.view?.isByte?.forEach((isByte, id) => {
      if (isByte === 1 && flags[id] === 0) flags[id] = 3
    })
    this.flags = flags
    this.table = null
    this.packed = new Int32Array(0)
    if (this.view && !this.view.firstOf) {
      const padded = new Uint8Array(this.view.bytes.length + OVERRUN)
      padded.set(this.view.bytes)
      this.table = new DataView(padded.buffer)
      this.packed = packedTable(this.view, this.table, flags)
    }
  }

  get size(): number {
    return this.strings.size
  }

  isSpecial(id: number): boolean {
    return this.flags[id] === 1
  }

  has(id: number): boolean {
    return this.flags[id] !== undefined && this.flags[id] !== 2
  }

  text(ids: ArrayLike<number>, skipSpecials: boolean): string {
    const copied = this.table && this.copy(ids, skipSpecials, true)
    if (copied) return utf8Decode(copied)
    const kept = this.kept(ids, skipSpecials)
    return this.view ? decodeTokenText(this.view, kept) : this.chain(kept.map((id) => this.strings.of(id)!))
  }

  bytes(ids: ArrayLike<number>, skipSpecials: boolean): Uint8Array {
    const copied = this.table && this.copy(ids, skipSpecials, false)
    if (copied) return copied.slice()
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
      if (flag === undefined || flag === 2) throw this.outOfRange(id, i)
      if (flag !== 1 || !skipSpecials) out.push(id)
    }
    return out
  }

  outOfRange(id: number, index: number): TesseraError {
    return new TesseraError('ID_OUT_OF_RANGE', `${this.name} has no token with the id ${id}`, {
      where: `ids[${index}]`,
      hint: `Ids go from 0 to ${this.size - 1}`,
    })
  }

  /**
   * One pass over the table. The result is overwritten by the next call. null: with `text`, a run of byte
   * fallback tokens is not UTF-8; what it reads as is decided elsewhere.
   */
  private copy(ids: ArrayLike<number>, skipSpecials: boolean, text: boolean): Uint8Array | null {
    if (this.coldFor >= 0) this.meet(ids.length)
    this.used = 0
    this.runStart = -1
    const skipped = skipSpecials ? 1 : -1
    for (let from = 0; from < ids.length; from += STRETCH) {
      if (!this.copyStretch(ids, from, Math.min(from + STRETCH, ids.length), skipped, text)) return null
    }
    const { used } = this
    if (this.runStart >= 0 && text && !isUtf8(this.out, this.runStart, used)) return null
    const result = this.out.subarray(strippedBytes(this.view!, this.out, used), used)
    if (this.out.length > 1 << 22) {
      this.out = new Uint8Array(4096)
      this.outView = new DataView(this.out.buffer)
    }
    return result
  }

  /** Counts the ids towards the one time that the UTF-8 reader is shown characters of all lengths: see warm-up.ts. */
  private meet(count: number): void {
    this.coldFor -= count
    if (this.coldFor < 0) utf8Decode(utf8Encode(warmUpText()))
  }

  /** Appends the bytes of `ids[start .. end]`; false = null of `copy`. */
  private copyStretch(
    ids: ArrayLike<number>,
    start: number,
    end: number,
    skipped: number,
    text: boolean,
  ): boolean {
    const { flags, packed } = this
    const { offsets, size } = this.view!
    const table = this.table!
    let { outView, used, runStart } = this
    let room = this.out.length - OVERRUN
    for (let i = start; i < end; i++) {
      const id = ids[i]!
      const place = id << 2
      const entry = id >>> 0 === id && id < size ? packed[place + 2]! : RARE
      let from: number
      let length: number
      if (entry !== RARE) {
        if (runStart >= 0) {
          if (text && !isUtf8(this.out, runStart, used)) return false
          runStart = -1
        }
        length = entry & 0xff
        if (length <= 8 && used + 8 <= room) {
          outView.setInt32(used, packed[place]!, true)
          outView.setInt32(used + 4, packed[place + 1]!, true)
          used += length
          continue
        }
        from = entry >>> 8
      } else {
        const flag = flags[id]
        if (flag === undefined || flag === 2) throw this.outOfRange(id, i)
        if (flag === skipped) continue
        if (flag === 3) {
          if (runStart < 0) runStart = used
        } else if (runStart >= 0) {
          if (text && !isUtf8(this.out, runStart, used)) return false
          runStart = -1
        }
        from = offsets[id]!
        length = offsets[id + 1]! - from
      }
      if (used + length > room) {
        this.grow(used, used + length + OVERRUN)
        outView = this.outView
        room = this.out.length - OVERRUN
      }
      // Two 32-bit words at a time, past the end of the token: the next token overwrites the surplus.
      let to = used
      used += length
      do {
        outView.setInt32(to, table.getInt32(from, true), true)
        outView.setInt32(to + 4, table.getInt32(from + 4, true), true)
        from += 8
        to += 8
      } while (to < used)
    }
    this.used = used
    this.runStart = runStart
    return true
  }

  private grow(used: number, needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.out.length * 2))
    larger.set(this.out.subarray(0, used))
    this.out = larger
    this.outView = new DataView(larger.buffer)
  }
}

function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to;) {
    const length = utf8SequenceLength(bytes, at, to)
    if (length === 0) return false
    at += length
  }
  return true
}

/** Every token that needs a second look: special, missing, a byte of byte fallback, long, far. */
const RARE = -1

function packedTable(view: TokenBytes, table: DataView, flags: Uint8Array): Int32Array {
  const { size, offsets } = view
  const packed = new Int32Array(4 * size).fill(RARE)
  for (let id = 0; id < size; id++) {
    const from = offsets[id]!
    const length = offsets[id + 1]! - from
    if (flags[id] !== 0 || length > 0xff || from >= 0xffffff) continue
    packed[4 * id] = table.getInt32(from, true)
    packed[4 * id + 1] = table.getInt32(from + 4, true)
    packed[4 * id + 2] = (from << 8) | length
  }
  return packed
}
