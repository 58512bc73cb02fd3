// A bounded reader for the XML of SVG files. It knows elements, attributes, text, CDATA, comments and the five
// predefined entities; a DOCTYPE is skipped, and entities that it declares are never expanded (that is how
// small files become gigabytes). Malformed XML is refused with line and column.
import { TesseraError, utf8DecodeStrict } from '../../core/index.ts'
import { MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_SVG_LENGTH } from './limits.ts'
import type { Notes } from './notes.ts'

export interface XmlElement {
  /** Without the prefix `svg:`; other prefixes stay. */
  name: string
  attributes: Map<string, string>
  children: XmlElement[]
  /** Text directly inside, CDATA too. */
  text: string
}

const NAME = /[^\s/>=<"'&]+/y
const SPACE = /[\s]*/y
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** UTF-8, or UTF-16 with a byte-order mark. Throws TEXT_NOT_UTF8, FILE_TOO_LARGE. */
export function svgText(bytes: Uint8Array): string {
  if (bytes.length > 2 * MAX_SVG_LENGTH) throw tooLarge(bytes.length)
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return utf8DecodeStrict(bytes)
}

function tooLarge(length: number): TesseraError {
  return new TesseraError('FILE_TOO_LARGE', `An SVG of ${length} bytes or characters`, {
    hint: `At most ${MAX_SVG_LENGTH} characters are read`,
  })
}

/** The root element. Throws FORMAT_INVALID, FILE_TOO_LARGE. */
export function readXml(text: string, notes: Notes): XmlElement {
  if (text.length > MAX_SVG_LENGTH) throw tooLarge(text.length)
  const fail = (at: number, message: string): never => {
    const before = text.slice(0, at)
    const line = before.split('\n').length
    throw new TesseraError('FORMAT_INVALID', message, {
      where: `line ${line}, column ${at - before.lastIndexOf('\n')}`,
      hint: 'The file is no well-formed XML',
    })
  }
  const skip = (pattern: RegExp, at: number): number => {
    pattern.lastIndex = at
    return pattern.test(text) ? pattern.lastIndex : at
  }
  const behind = (mark: string, from: number, what: string): number => {
    const at = text.indexOf(mark, from)
    return at < 0 ? fail(from, `${what} without an end`) : at + mark.length
  }

  let root: XmlElement | null = null
  const open: { element: XmlElement; tag: string }[] = []
  let elements = 0
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  while (at < text.length) {
    const tag = text.indexOf('<', at)
    const parent = open.at(-1)?.element
    const plain = text.slice(at, tag < 0 ? text.length : tag)
    if (parent) parent.text += unescaped(plain, notes)
    else if (plain.trim() !== '') fail(at, 'Text outside of the root element')
    if (tag < 0) break
    if (text.startsWith('<!--', tag)) at = behind('-->', tag + 4, 'A comment')
    else if (text.startsWith('<![CDATA[', tag)) {
      at = behind(']]>', tag + 9, 'A CDATA section')
      if (!parent) fail(tag, 'CDATA outside of the root element')
      else parent.text += text.slice(tag + 9, at - 3)
    } else if (text.startsWith('<?', tag)) {
      at = behind('?>', tag + 2, 'A processing instruction')
      if (text.startsWith('<?xml-stylesheet', tag)) notes.add('refused', 'external style sheet')
    } else if (text.startsWith('<!DOCTYPE', tag)) {
      if (root) fail(tag, 'A DOCTYPE after the root element')
      at = doctypeEnd(tag)
    } else if (text.startsWith('<!', tag)) fail(tag, 'An unknown declaration')
    else if (text.startsWith('</', tag)) at = closeTag(tag)
    else at = openTag(tag)
  }
  if (open.length > 0) fail(text.length, `<${open.at(-1)!.tag.slice(0, 60)}> is never closed`)
  return root ?? fail(0, 'No element at all')

  function doctypeEnd(from: number): number {
    const end = text.indexOf('>', from)
    const bracket = text.indexOf('[', from)
    if (end < 0) return fail(from, 'A DOCTYPE without an end')
    if (bracket < 0 || bracket > end) return end + 1
    notes.add('refused', 'declarations in the DOCTYPE')
    const subset = /\]\s*>/g
    subset.lastIndex = bracket
    return subset.test(text) ? subset.lastIndex : fail(from, 'A DOCTYPE without an end')
  }

  function closeTag(from: number): number {
    const end = skip(NAME, from + 2)
    const name = text.slice(from + 2, end)
    const last = open.pop()
    if (last?.tag !== name) fail(from, `</${name.slice(0, 60)}> closes nothing that is open`)
    const close = skip(SPACE, end)
    return text[close] === '>' ? close + 1 : fail(from, 'A closing tag without >')
  }

  function openTag(from: number): number {
    let here = skip(NAME, from + 1)
    const tag = text.slice(from + 1, here)
    if (tag === '') fail(from, 'A < that begins no tag')
    if (++elements > MAX_ELEMENTS) fail(from, `More than ${MAX_ELEMENTS} elements`)
    const attributes = new Map<string, string>()
    const element: XmlElement = { name: tag.replace(/^svg:/, ''), attributes, children: [], text: '' }
    const parent = open.at(-1)?.element
    if (parent) parent.children.push(element)
    else if (root) fail(from, 'A second root element')
    else root = element
    for (;;) {
      const next = skip(SPACE, here)
      if (text[next] === '>') {
        if (open.length >= MAX_DEPTH) fail(from, `Elements nested deeper than ${MAX_DEPTH}`)
        open.push({ element, tag })
        return next + 1
      }
      if (text.startsWith('/>', next)) return next + 2
      if (next === here) fail(here, `<${tag.slice(0, 60)}> without an end`)
      const nameEnd = skip(NAME, next)
      const name = text.slice(next, nameEnd)
      const equals = skip(SPACE, nameEnd)
      const quoteAt = skip(SPACE, equals + 1)
      const quote = text[quoteAt]
      if (name === '' || text[equals] !== '=' || (quote !== '"' && quote !== "'")) {
        fail(next, 'An attribute that is not name="value"')
      }
      here = behind(quote!, quoteAt + 1, `The value of ${name.slice(0, 60)}`)
      const value = text.slice(quoteAt + 1, here - 1)
      if (value.includes('<')) fail(quoteAt, 'A < inside of an attribute')
      if (attributes.has(name)) fail(next, `The attribute ${name.slice(0, 60)} is there twice`)
      if (attributes.size >= MAX_ATTRIBUTES) fail(next, `More than ${MAX_ATTRIBUTES} attributes`)
      attributes.set(name, unescaped(value, notes))
    }
  }
}

function unescaped(text: string, notes: Notes): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(#[xX][0-9a-fA-F]{1,8}|#[0-9]{1,8}|[A-Za-z_:][\w.:-]{0,200});?/g,
    (whole, name: string) => {
      if (name.startsWith('#')) {
        const code = /^#[xX]/.test(name) ? parseInt(name.slice(2), 16) : Number(name.slice(1))
        const scalar = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        return scalar ? String.fromCodePoint(code) : '\ufffd'
      }
      if (Object.hasOwn(NAMED, name)) return NAMED[name]!
      notes.add('refused', 'entity of the file')
      return whole.length > 0 ? '' : whole
    },
  )
}

/** A value as it stands between double quotes. */
export function escaped(value: string): string {
  return value.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)
}
