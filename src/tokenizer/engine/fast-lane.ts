// The fast lane: text → UTF-8 in a reused buffer → pieces by a scanner → ids through the word cache.
// A long text goes window by window, cut where no id can change, so the buffers stay small and hot.
import { aligned, AlignedWriter, sourceRange, type AlignedText } from '../aligned.ts'
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { IdSink } from '../bpe/id-sink.ts'
import { PieceEncoder } from '../bpe/piece-encoder.ts'
import { relettered } from '../normalize/rewrite.ts'
import { wholeText, type FastPlan } from './fast-plan.ts'
import type { Lane, Place, SpanSink } from './lane.ts'
import { spaceMetaspaces } from './metaspace.ts'
import { ByteToUnit } from './spans.ts'
import { Utf8Scratch } from './utf8-scratch.ts'
import { warmUpText } from './warm-up.ts'

/** Length of a window in UTF-16 units. */
const WINDOW = 1 << 16
/** Units of text after which it pays to warm up; a program that encodes less ends before. */
const WARM_UP_AFTER = 1 << 14

export class FastLane implements Lane {
  readonly kind = 'fast'
  readonly plan: FastPlan
  readonly encoder: PieceEncoder
  private readonly scratch = new Utf8Scratch()

  private readonly writesMetaspace: boolean
  private readonly direct: boolean
  /** Units of text to come until the lane warms up; below zero it has. */
  private coldFor = WARM_UP_AFTER

  /** `normalized`: the caller runs the whole normalizer; spaces are ▁ already if it says so. */
  constructor(plan: FastPlan, name: string, normalized: boolean) {
    this.plan = plan
    this.encoder = new PieceEncoder(plan.model, name)
    this.direct = !plan.presplit && !plan.prefixSpace
    this.writesMetaspace = plan.metaspace !== null && !(normalized && plan.metaspace.from === 'normalizer')
  }

  encode(text: AlignedText, place: Place, sink: IdSink): void {
    if (this.coldFor >= 0) this.meet(text.text.length)
    const { scan } = this.plan
    this.windows(text.text, (part, start) => {
      this.each(part, start ? place : 'inside', (scratch, from, to) => {
        this.encoder.encode(scratch.bytes, scratch.view, from, to, scan, null, sink)
        return true
      })
      return true
    })
  }

  count(text: AlignedText, place: Place, limit: number): number {
    if (this.coldFor >= 0) this.meet(text.text.length)
    const { scan } = this.plan
    let n = 0
    this.windows(text.text, (part, start) => {
      this.each(part, start ? place : 'inside', (scratch, from, to) => {
        n += this.encoder.count(scratch.bytes, scratch.view, from, to, scan, null, limit - n)
        return n <= limit
      })
      return n <= limit
    })
    return n
  }

  /** A text that goes to the scanner as it is, in one window: what most short strings are. */
  isDirect(text: string): boolean {
    return this.direct && text.length <= WINDOW
  }

  /** Encodes a whole source text: one that `isDirect` and has no added tokens, or any with `plan.inline`. */
  encodeDirect(text: string, sink: IdSink): void {
    if (this.coldFor >= 0) this.meet(text.length)
    const { scratch, plan, encoder } = this
    const added = plan.inline?.added ?? null
    const scan = plan.inline?.scan ?? plan.scan
    if (text.length <= WINDOW) {
      // First, because writing may replace the buffer.
      const end = this.write(text, 'source')
      encoder.encode(scratch.bytes, scratch.view, 0, end, scan, added, sink)
      return
    }
    this.windows(text, (part, start) => {
      const end = this.write(part, start ? 'source' : 'inside')
      encoder.encode(scratch.bytes, scratch.view, 0, end, scan, added, sink)
      return true
    })
  }

  /** As `encodeDirect`; stops early once there are more than `limit`. */
  countDirect(text: string, limit: number): number {
    if (this.coldFor >= 0) this.meet(text.length)
    const { scratch, plan, encoder } = this
    const added = plan.inline?.added ?? null
    const scan = plan.inline?.scan ?? plan.scan
    if (text.length <= WINDOW) {
      const end = this.write(text, 'source')
      return encoder.count(scratch.bytes, scratch.view, 0, end, scan, added, limit)
    }
    let n = 0
    this.windows(text, (part, start) => {
      const end = this.write(part, start ? 'source' : 'inside')
      n += encoder.count(scratch.bytes, scratch.view, 0, end, scan, added, limit - n)
      return n <= limit
    })
    return n
  }

  /** Without pre-tokenizer, bytes in, bytes out: any byte string is one sequence. */
  get takesRawBytes(): boolean {
    const { plan } = this
    return plan.model.byteLevel && plan.scan === wholeText && !plan.presplit && !plan.prefixSpace
  }

  /** Raw bytes as one piece, malformed UTF-8 included, for byte-level models. */
  encodeBytes(bytes: Uint8Array, sink: IdSink): void {
    const end = this.scratch.writeBytes(bytes)
    this.encoder.encode(this.scratch.bytes, this.scratch.view, 0, end, wholeText, null, sink)
    this.scratch.trim()
  }

  countBytes(bytes: Uint8Array): number {
    const end = this.scratch.writeBytes(bytes)
    const n = this.encoder.count(this.scratch.bytes, this.scratch.view, 0, end, wholeText, null, Infinity)
    this.scratch.trim()
    return n
  }

  /** As `encodeBytes`, with byte ranges. */
  bytesSpans(bytes: Uint8Array, spans: SpanSink): void {
    if (bytes.length === 0) return
    const piece = this.encoder.solve(bytes, 0, bytes.length)
    for (let i = 0; i < piece.count; i++)
      spans.push(piece.ids[i]!, piece.starts[i]!, piece.starts[i + 1]!, 0, 0)
    piece.trim()
  }

  /** Hands over the bytes of each piece that the model sees. */
  pieces(text: AlignedText, place: Place, take: (bytes: Uint8Array) => void): void {
    const prefixed = this.withPrefix(text, place)
    for (const part of this.plan.presplit ? this.plan.presplit(prefixed) : [prefixed]) {
      const end = this.scratch.write(part.text)
      for (let pos = 0; pos < end;) {
        const next = this.plan.scan(this.scratch.bytes, pos, end)
        const piece = this.scratch.bytes.slice(pos, next)
        take(this.plan.metaspace ? utf8Encode(utf8Decode(piece).replaceAll(' ', '▁')) : piece)
        pos = next
      }
    }
  }

  encodeSpans(text: AlignedText, place: Place, spans: SpanSink): void {
    const prefixed = this.withPrefix(text, place)
    const parts = this.plan.presplit ? this.plan.presplit(prefixed) : [prefixed]
    const { scratch } = this
    for (const part of parts) {
      const end = scratch.write(part.text)
      const units = new ByteToUnit(part.text)
      for (let pos = 0; pos < end;) {
        const next = this.plan.scan(scratch.bytes, pos, end)
        const piece = this.encoder.solve(scratch.bytes, pos, next)
        for (let i = 0; i < piece.count; i++) {
          units.cover(piece.starts[i]!, piece.starts[i + 1]!)
          const [from, to] = sourceRange(part, units.start, units.end)
          if (part.starts) spans.push(piece.ids[i]!, from, to, 0, 0)
          else spans.push(piece.ids[i]!, from, to, units.head, units.tail)
        }
        piece.trim()
        pos = next
      }
    }
    scratch.trim()
  }

  /** Counts the text towards the warm-up, which happens once. */
  private meet(units: number): void {
    this.coldFor -= units
    if (this.coldFor >= 0) return
    const text = warmUpText()
    const sink = new IdSink()
    this.encode(aligned(text, false), 'source', sink)
    this.count(aligned(text, false), 'source', Infinity)
    if (this.plan.inline === null && !this.isDirect(text)) return
    this.encodeDirect(text, sink)
    this.countDirect(text, Infinity)
  }

  /** Hands the text over in windows; `start` is true for the first. Stops when `take` returns false. */
  private windows(text: string, take: (part: string, start: boolean) => boolean): void {
    const { cut } = this.plan
    if (text.length <= WINDOW || !cut) {
      take(text, true)
    } else {
      let from = 0
      while (from < text.length) {
        let to = text.length
        for (let width = WINDOW; from + width < text.length; width *= 2) {
          const at = cut(text, from + (width === WINDOW ? 0 : width / 2), from + width)
          if (at > from) {
            to = at
            break
          }
        }
        if (!take(text.slice(from, to), from === 0)) return
        from = to
      }
    }
    this.scratch.trim()
  }

  /** Writes one window as UTF-8 and hands over the byte ranges that the scanner may see at once. */
  private each(
    text: string,
    place: Place,
    take: (scratch: Utf8Scratch, from: number, to: number) => boolean,
  ): void {
    const { plan, scratch } = this
    if (text === '') return
    if (plan.presplit) {
      for (const part of plan.presplit(aligned(text, false))) {
        if (!take(scratch, 0, scratch.write(part.text))) return
      }
      return
    }
    take(scratch, 0, this.write(text, place))
  }

  /** Writes a text, with what is put in front of it, for the scanner. Returns the end. */
  private write(text: string, place: Place): number {
    const { plan, scratch } = this
    const { metaspace } = plan
    if (metaspace === null) {
      const prefixed = plan.prefixSpace && place !== 'inside' && text.charCodeAt(0) !== 0x20
      return scratch.write(prefixed ? ` ${text}` : text)
    }
    if (text === '') return 0
    let at = 0
    if (this.writesMetaspace && puts(metaspace.prepend, startsWithSpace(text), place)) at = 1
    const end = scratch.write(text, at)
    if (at === 1) scratch.bytes[0] = 0x20
    return text.includes('▁') ? spaceMetaspaces(scratch.bytes, at, end) : end
  }

  /** The text with what the lane puts in front or in place of spaces, source ranges kept. */
  private withPrefix(text: AlignedText, place: Place): AlignedText {
    const { plan } = this
    if (text.text === '') return text
    if (plan.prefixSpace && place !== 'inside' && text.text.charCodeAt(0) !== 0x20) {
      const writer = new AlignedWriter(text)
      writer.put(' ', 0, firstCharacter(text.text))
      writer.keep(0, text.text.length)
      return writer.done()
    }
    if (!plan.metaspace) return text
    const spaced = text.text.includes('▁') ? relettered(text, text.text.replaceAll('▁', ' ')) : text
    if (!this.writesMetaspace || !puts(plan.metaspace.prepend, startsWithSpace(text.text), place))
      return spaced
    const writer = new AlignedWriter(spaced)
    // The Prepend normalizer inserts; the Metaspace pre-tokenizer makes it part of the first character.
    writer.put(' ', 0, plan.metaspace.from === 'normalizer' ? 0 : firstCharacter(text.text))
    writer.keep(0, spaced.text.length)
    return writer.done()
  }
}

function startsWithSpace(text: string): boolean {
  const first = text.charCodeAt(0)
  return first === 0x20 || first === 0x2581
}

/** Length in units of the first character, whose range a pre-tokenizer's prefix shares, as in the reference. */
function firstCharacter(text: string): number {
  return text.codePointAt(0)! > 0xffff ? 2 : 1
}

/** Whether a ▁ goes in front; `present`: one is there already. */
function puts(
  prepend: 'never' | 'always' | 'missing' | 'missing-first',
  present: boolean,
  place: Place,
): boolean {
  if (prepend === 'never' || place === 'inside') return false
  if (prepend === 'always') return true
  return !present && (prepend === 'missing' || place === 'source')
}
