// Decoding id by id, as a model generates: text comes out as soon as its characters are whole.
// The pieces join to exactly what `decode` gives, with one exception: a run of byte-fallback tokens that is
// not UTF-8 as a whole, which `decode` turns into one U+FFFD per byte, keeps here the characters that were
// whole when they were given out (Hugging Face's DecodeStream does the same).
import type { StreamDecoder } from '../types.ts'
import type { IdDecoder } from './id-decoder.ts'

export function streamDecoder(decoder: IdDecoder, skipSpecials: boolean): StreamDecoder {
  const inner = decoder.view ? new ByteStream(decoder) : new TextStream(decoder)
  let index = 0
  return {
    push(id) {
      if (!decoder.has(id)) throw decoder.outOfRange(id, index)
      index++
      return skipSpecials && decoder.isSpecial(id) ? '' : inner.push(id)
    },
    end() {
      index = 0
      return inner.end()
    },
  }
}

/** Tokens with bytes of their own: bytes through a UTF-8 decoder that holds incomplete characters back. */
class ByteStream implements StreamDecoder {
  private readonly decoder: IdDecoder
  private readonly utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  private first = true
  /** Copies of the unit that may still be removed from the start, and bytes held until that is decided. */
  private strips: number
  private held = new Uint8Array(0)

  constructor(decoder: IdDecoder) {
    this.decoder = decoder
    this.strips = decoder.view!.strip?.most ?? 0
  }

  push(id: number): string {
    const view = this.decoder.view!
    let bytes = view.bytes.subarray(view.offsets[id]!, view.offsets[id + 1]!)
    if (this.first && view.firstOf) bytes = view.firstOf(id)
    this.first = false
    return this.utf8.decode(this.strips > 0 ? this.stripped(bytes) : bytes, { stream: true })
  }

  end(): string {
    const rest = this.utf8.decode(this.held, { stream: true }) + this.utf8.decode()
    this.first = true
    this.strips = this.decoder.view!.strip?.most ?? 0
    this.held = new Uint8Array(0)
    return rest
  }

  private stripped(more: Uint8Array): Uint8Array {
    const { unit } = this.decoder.view!.strip!
    const bytes = new Uint8Array(this.held.length + more.length)
    bytes.set(this.held)
    bytes.set(more, this.held.length)
    let at = 0
    while (this.strips > 0) {
      let same = 0
      while (same < unit.length && at + same < bytes.length && bytes[at + same] === unit[same]) same++
      if (same === unit.length) {
        at += same
        this.strips--
      } else if (at + same === bytes.length) {
        this.held = bytes.slice(at)
        return new Uint8Array(0)
      } else {
        this.strips = 0
      }
    }
    this.held = new Uint8Array(0)
    return bytes.subarray(at)
  }
}

/** Decoders that look at the neighbouring token (BPEDecoder, CTC, none): what an id adds behind the one before. */
class TextStream implements StreamDecoder {
  private readonly decoder: IdDecoder
  private last = -1

  constructor(decoder: IdDecoder) {
    this.decoder = decoder
  }

  push(id: number): string {
    const before = this.last < 0 ? '' : this.decoder.text([this.last], false)
    const both = this.decoder.text(this.last < 0 ? [id] : [this.last, id], false)
    this.last = id
    return both.slice(before.length)
  }

  end(): string {
    this.last = -1
    return ''
  }
}
