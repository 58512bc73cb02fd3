// ByteLevel: GPT-2's pre-tokenizer. Optional leading space, optional cut by GPT-2's pattern, then every
// byte of the UTF-8 becomes one printable character (alphabet.ts), which is what the vocabulary is in.
// Source: GPT-2's released encoder, as in Hugging Face tokenizers.
import { AlignedWriter, type AlignedText } from '../aligned.ts'
import { BYTE_TO_CHAR } from '../alphabet.ts'
import { relettered } from '../normalize/rewrite.ts'
import { GPT2_PATTERN } from '../scan/index.ts'
import type { Reference } from '../spec.ts'
import { eachPattern, splitStep, type Step } from './split.ts'

export function byteLevel(addPrefixSpace: boolean, useRegex: boolean, reference: Reference): Step {
  const cut = useRegex ? splitStep(eachPattern({ Regex: GPT2_PATTERN }, reference), 'Isolated', false) : null
  const parts: AlignedText[] = []
  return (piece, out) => {
    const whole = addPrefixSpace && !piece.text.startsWith(' ') ? prepended(piece, ' ') : piece
    if (!cut) {
      out.push(toAlphabet(whole))
      return
    }
    parts.length = 0
    cut(whole, parts)
    for (const part of parts) out.push(toAlphabet(part))
  }
}

/** `prefix` before the text, as made from its first character: the offsets of the reference say so. */
export function prepended(piece: AlignedText, prefix: string): AlignedText {
  const { text } = piece
  if (text === '') return piece
  const writer = new AlignedWriter(piece)
  writer.put(prefix, 0, text.codePointAt(0)! > 0xffff ? 2 : 1)
  writer.keep(0, text.length)
  return writer.done()
}

/** Text in the byte alphabet: the one to four characters of a source character all map to its range. */
function toAlphabet(piece: AlignedText): AlignedText {
  const { text, tracked } = piece
  let mapped = ''
  let asciiOnly = true
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) {
      asciiOnly = false
      break
    }
    mapped += String.fromCharCode(BYTE_TO_CHAR[unit]!)
  }
  if (asciiOnly) return relettered(piece, mapped)

  const codes: number[] = []
  const starts: number[] = []
  const ends: number[] = []
  for (let i = 0; i < text.length;) {
    let cp = text.codePointAt(i)!
    const next = i + (cp > 0xffff ? 2 : 1)
    if (cp >= 0xd800 && cp <= 0xdfff) cp = 0xfffd
    const before = codes.length
    if (cp < 0x80) codes.push(cp)
    else {
      if (cp < 0x800) codes.push(0xc0 | (cp >> 6))
      else {
        if (cp < 0x10000) codes.push(0xe0 | (cp >> 12))
        else codes.push(0xf0 | (cp >> 18), 0x80 | ((cp >> 12) & 63))
        codes.push(0x80 | ((cp >> 6) & 63))
      }
      codes.push(0x80 | (cp & 63))
    }
    if (tracked) {
      const start = piece.starts ? piece.starts[i]! : piece.at + i
      const end = piece.ends ? piece.ends[next - 1]! : piece.at + next
      for (let n = before; n < codes.length; n++) {
        starts.push(start)
        ends.push(end)
      }
    }
    i = next
  }
  mapped = ''
  for (let i = 0; i < codes.length; i++) mapped += String.fromCharCode(BYTE_TO_CHAR[codes[i]!]!)
  return {
    text: mapped,
    tracked,
    at: piece.at,
    starts: tracked ? Int32Array.from(starts) : null,
    ends: tracked ? Int32Array.from(ends) : null,
  }
}
