// The small normalizers: Strip, Prepend, Nmt, ByteLevel and Replace.
import { utf8Encode } from '../../core/index.ts'
import { AlignedWriter, sliceAligned, type AlignedText } from '../aligned.ts'
import { bytesToAlphabet } from '../alphabet.ts'
import { compilePattern } from '../regex/index.ts'
import type { Pattern, Reference } from '../spec.ts'
import { isWhiteSpace } from '../unicode/index.ts'
import { fromUnits, relettered, rewrite, type Normalizer } from './rewrite.ts'

/** White space off either end. */
export function strip(left: boolean, right: boolean): Normalizer {
  return (input) => {
    const { text } = input
    let from = 0
    let to = text.length
    if (left) while (from < to && isWhiteSpace(text.charCodeAt(from))) from++
    if (right) while (to > from && isWhiteSpace(text.charCodeAt(to - 1))) to--
    return from === 0 && to === text.length ? input : sliceAligned(input, from, to)
  }
}

/** Not before an empty text. */
export function prepend(prefix: string): Normalizer {
  return (input) => {
    if (input.text === '' || prefix === '') return input
    if (!input.tracked) return { ...input, text: prefix + input.text }
    const writer = new AlignedWriter(input)
    writer.put(prefix, 0, 0)
    writer.keep(0, input.text.length)
    return writer.done()
  }
}

/** The cleaning of SentencePiece's `nmt` rules: control characters off, odd spaces to a space. */
export const nmt: Normalizer = (input) => rewrite(input, nmtCharacter)

function nmtCharacter(cp: number): string | null {
  if (cp >= 0x20 && cp < 0x7f) return null
  if (cp === 0x09 || cp === 0x0a || cp === 0x0c || cp === 0x0d) return ' '
  if ((cp >= 0x01 && cp <= 0x1f) || cp === 0x7f || cp === 0x8f || cp === 0x9f) return ''
  if (cp < 0x1680) return null
  if (cp === 0x1680 || (cp >= 0x200b && cp <= 0x200f) || cp === 0x2028 || cp === 0x2029) return ' '
  return cp === 0x2581 || cp === 0xfeff || cp === 0xfffd ? ' ' : null
}

/** The bytes of the text in the GPT-2 byte alphabet. */
export const byteLevel: Normalizer = (input) => {
  const { text } = input
  let at = 0
  while (at < text.length && text.charCodeAt(at) > 0x20 && text.charCodeAt(at) < 0x7f) at++
  if (at === text.length) return input
  if (!input.tracked) return { ...input, text: bytesToAlphabet(utf8Encode(text)) }
  return rewrite(input, (cp) =>
    cp > 0x20 && cp < 0x7f ? null : bytesToAlphabet(utf8Encode(String.fromCodePoint(cp))),
  )
}

/** Every match becomes `content`, as it is written: `$1` has no meaning. */
export function replace(pattern: Pattern, content: string, reference: Reference): Normalizer {
  if ('String' in pattern && pattern.String !== '') return replaceLiteral(pattern.String, content)
  const compiled = compilePattern('Regex' in pattern ? pattern.Regex : '', reference)
  return (input) => {
    if (input.text === '') return input
    let writer: AlignedWriter | null = null
    let kept = 0
    compiled.findAll(input.text, (start, end) => {
      writer ??= new AlignedWriter(input)
      writer.keep(kept, start)
      writer.put(content, start, end)
      kept = end
    })
    // Assigned in the callback, which the compiler does not see.
    const written = writer as AlignedWriter | null
    if (!written) return input
    written.keep(kept, input.text.length)
    return written.done()
  }
}

function replaceLiteral(literal: string, content: string): Normalizer {
  if (isOneUnit(literal) && isOneUnit(content)) {
    return replaceUnit(literal.charCodeAt(0), content.charCodeAt(0))
  }
  return (input: AlignedText) => {
    const { text } = input
    let at = text.indexOf(literal)
    if (at < 0) return input
    if (!input.tracked) return { ...input, text: text.split(literal).join(content) }
    const writer = new AlignedWriter(input)
    let kept = 0
    for (; at >= 0; at = text.indexOf(literal, kept)) {
      writer.keep(kept, at)
      writer.put(content, at, at + literal.length)
      kept = at + literal.length
    }
    writer.keep(kept, text.length)
    return writer.done()
  }
}

const isOneUnit = (text: string) => text.length === 1 && (text.charCodeAt(0) & 0xf800) !== 0xd800

/** The common case, a space to U+2581, several times faster. */
function replaceUnit(from: number, to: number): Normalizer {
  const literal = String.fromCharCode(from)
  return (input) => {
    const { text } = input
    if (from === to || !text.includes(literal)) return input
    const units = new Uint16Array(text.length)
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      units[i] = unit === from ? to : unit
    }
    return relettered(input, fromUnits(units))
  }
}
