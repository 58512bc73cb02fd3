// Rewriting a text character by character, the common shape of most normalizers.
import { AlignedWriter, type AlignedText } from '../aligned.ts'

export type Normalizer = (text: AlignedText) => AlignedText

/**
 * `change(cp)` is the new text of a code point, or null to keep it. Texts in which nothing changes come back
 * as the same object.
 */
export function rewrite(input: AlignedText, change: (cp: number) => string | null): AlignedText {
  const { text } = input
  let writer: AlignedWriter | null = null
  let kept = 0
  for (let at = 0; at < text.length;) {
    const cp = text.codePointAt(at)!
    const next = cp > 0xffff ? at + 2 : at + 1
    const changed = change(cp)
    if (changed !== null) {
      writer ??= new AlignedWriter(input)
      writer.keep(kept, at)
      writer.put(changed, at, next)
      kept = next
    }
    at = next
  }
  if (!writer) return input
  writer.keep(kept, text.length)
  return writer.done()
}

/** The same text with other letters, unit by unit: `text.length` has not changed. */
export function relettered(input: AlignedText, text: string): AlignedText {
  if (!input.tracked || input.starts) return { ...input, text }
  const starts = new Int32Array(text.length)
  const ends = new Int32Array(text.length)
  for (let i = 0; i < text.length; i++) {
    starts[i] = input.at + i
    ends[i] = input.at + i + 1
  }
  return { ...input, text, starts, ends }
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true })

/** UTF-16 units as a string; they must be well formed. */
export function fromUnits(units: Uint16Array): string {
  if (units.length > 512 && LITTLE_ENDIAN) return utf16.decode(units)
  let text = ''
  for (let i = 0; i < units.length; i += 512) text += String.fromCharCode(...units.subarray(i, i + 512))
  return text
}
