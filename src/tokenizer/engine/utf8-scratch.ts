// A reused buffer that holds the UTF-8 of the text at hand, with padding behind it for word-wide reads.
import { PADDING } from '../bpe/piece-encoder.ts'

const encoder = new TextEncoder()
/** Buffers up to this size are kept between calls. */
const KEPT = 1 << 20
/** Below this many units a plain loop beats the call into TextEncoder. */
const SHORT = 96

export class Utf8Scratch {
  bytes = new Uint8Array(4096)
  view = new DataView(this.bytes.buffer)

  /** Writes the text at the start of the buffer (lone surrogates as U+FFFD) and returns its length in bytes. */
  write(text: string, at = 0): number {
    const needed = at + text.length * 3 + PADDING
    if (this.bytes.length < needed) this.grow(needed, at)
    if (text.length <= SHORT) {
      const { bytes } = this
      let i = 0
      for (; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        if (unit >= 0x80) break
        bytes[at + i] = unit
      }
      if (i === text.length) return at + i
    }
    return at + encoder.encodeInto(text, at === 0 ? this.bytes : this.bytes.subarray(at)).written
  }

  /** Copies raw bytes in. */
  writeBytes(source: Uint8Array): number {
    const needed = source.length + PADDING
    if (this.bytes.length < needed) this.grow(needed, 0)
    this.bytes.set(source)
    return source.length
  }

  /** Gives a very large buffer back. */
  trim(): void {
    if (this.bytes.length <= KEPT) return
    this.bytes = new Uint8Array(4096)
    this.view = new DataView(this.bytes.buffer)
  }

  private grow(needed: number, keep: number): void {
    const larger = new Uint8Array(Math.max(needed, Math.min(this.bytes.length * 2, KEPT)))
    larger.set(this.bytes.subarray(0, keep))
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}
