// Escapes that stand for one character: \n, \x41, \x{1F600}, \u00E9, \cA, \101 …
import type { PatternReader } from './reader.ts'

const SIMPLE: Record<string, number> = {
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  a: 0x07,
  e: 0x1b,
}

/** Reads what follows a backslash as one code point. Throws PATTERN_INVALID. */
export function readEscape(reader: PatternReader, rust: boolean): number {
  const c = reader.next()
  const letter = String.fromCodePoint(c)
  if (Object.hasOwn(SIMPLE, letter)) return SIMPLE[letter]!
  if (letter === 'x') {
    if (reader.take('{')) return braced(reader, 16)
    const first = hex(reader, rust ? 2 : 1, 2)
    return rust || first < 0x80 ? first : utf8Bytes(reader, first)
  }
  if (letter === 'u') {
    if (rust && reader.take('{')) return braced(reader, 16)
    return scalar(reader, hex(reader, 4, 4))
  }
  if (rust) {
    if (letter === 'U') {
      if (reader.take('{')) return braced(reader, 16)
      return scalar(reader, hex(reader, 8, 8))
    }
    if (/[A-Za-z0-9<>]/.test(letter)) throw reader.invalid(`Unknown escape \\${letter}`)
    return c
  }
  if (letter === 'o' && reader.take('{')) return braced(reader, 8)
  if (letter === 'c' || (reader.sees('-') && letter === 'C')) {
    if (letter === 'C') reader.next()
    const control = reader.next()
    return control === 0x3f ? 0x7f : control & 0x9f
  }
  if (letter >= '0' && letter <= '7') {
    const more = /^[0-7]{0,2}/.exec(reader.rest(2))![0]
    reader.skip(more.length)
    return parseInt(letter + more, 8) & 0xff
  }
  return c
}

function hex(reader: PatternReader, least: number, most: number): number {
  const digits = /^[0-9A-Fa-f]*/.exec(reader.rest(most))![0]
  if (digits.length < least) throw reader.invalid(`${least} hexadecimal digits are wanted`)
  reader.skip(digits.length)
  return parseInt(digits, 16)
}

function braced(reader: PatternReader, base: 8 | 16): number {
  const digits = (base === 16 ? /^([0-9A-Fa-f]{1,8})\}/ : /^([0-7]{1,11})\}/).exec(reader.rest(12))
  if (!digits) throw reader.invalid('Broken code point in braces')
  reader.skip(digits[0].length)
  return scalar(reader, parseInt(digits[1]!, base))
}

function scalar(reader: PatternReader, cp: number): number {
  if (cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000)) throw reader.invalid('Not a Unicode scalar value')
  return cp
}

/** Oniguruma: `\xE2\x96\x81` are the bytes of one character in UTF-8. */
function utf8Bytes(reader: PatternReader, first: number): number {
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  const bytes = [first]
  while (bytes.length < length && reader.take('\\x')) bytes.push(hex(reader, 2, 2))
  const text = new TextDecoder().decode(Uint8Array.from(bytes))
  if ([...text].length !== 1 || text === '\ufffd') throw reader.invalid('Bytes that are not UTF-8')
  return text.codePointAt(0)!
}
