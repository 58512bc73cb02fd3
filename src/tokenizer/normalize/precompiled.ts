// The Precompiled normalizer: SentencePiece's own normalization (nmt_nfkc and the like) as Hugging Face
// applies it: a grapheme cluster of fewer than 6 bytes is looked up whole, and the answer for its shortest
// known prefix replaces all of it (CR LF becomes what CR becomes); other clusters go character by character.
import { AlignedWriter } from '../aligned.ts'
import { clusterEnd } from '../unicode/index.ts'
import { Charsmap } from './charsmap.ts'
import type { Normalizer } from './rewrite.ts'

const WHOLE_BYTES = 6

/** Throws FORMAT_INVALID when the map is broken. */
export function precompiled(base64: string): Normalizer {
  const map = new Charsmap(base64)
  const key = new Uint8Array(16)
  const find = (text: string, from: number, to: number): string | null => {
    const { written } = encoder.encodeInto(text.slice(from, to), key)
    return map.find(key, written)
  }
  /** What the map makes of each ASCII character; null = nothing. */
  const ascii = Array.from({ length: 128 }, (_, c) => find(String.fromCharCode(c), 0, 1))

  return (input) => {
    const { text } = input
    let writer: AlignedWriter | null = null
    let kept = 0
    const change = (to: string, from: number, end: number) => {
      if (to === text.slice(from, end)) return
      writer ??= new AlignedWriter(input)
      writer.keep(kept, from)
      writer.put(to, from, end)
      kept = end
    }
    for (let at = 0; at < text.length;) {
      const unit = text.charCodeAt(at)
      // Between ASCII characters there is always a break, but for CR LF.
      if (unit < 0x80 && unit !== 0x0d && !(text.charCodeAt(at + 1) >= 0x80)) {
        const to = ascii[unit]!
        if (to !== null) change(to, at, at + 1)
        at++
        continue
      }
      const end = clusterEnd(text, at)
      if (end - at < WHOLE_BYTES && utf8Length(text, at, end) < WHOLE_BYTES) {
        const to = find(text, at, end)
        if (to !== null) {
          change(to, at, end)
          at = end
          continue
        }
      }
      while (at < end) {
        const next = at + (text.codePointAt(at)! > 0xffff ? 2 : 1)
        const to = find(text, at, next)
        if (to !== null) change(to, at, next)
        at = next
      }
    }
    const written = writer as AlignedWriter | null
    if (!written) return input
    written.keep(kept, text.length)
    return written.done()
  }
}

const encoder = new TextEncoder()

function utf8Length(text: string, from: number, to: number): number {
  let length = 0
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i)
    // A surrogate pair is four bytes, two for each unit.
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3
  }
  return length
}
