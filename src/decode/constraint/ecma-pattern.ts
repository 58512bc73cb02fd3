// Patterns as JavaScript and JSON Schema write them (ECMA-262, Unicode mode), rewritten for the regex engine of the
// tokenizer room, whose `\d`, `\w` and `\s` know all of Unicode and whose classes have operators. What follows
// is read as `new RegExp(source, 'u')` would; lookaround and references to groups stay to be refused.
import { TesseraError } from '../../core/index.ts'

const DIGIT = '0-9'
const WORD = 'A-Za-z0-9_'
const SPACE = String.raw`\t\n\x0b\x0c\r \xa0\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
const CLASSES: Readonly<Record<string, string>> = { d: DIGIT, w: WORD, s: SPACE }
const CONTROLS: Readonly<Record<string, string>> = {
  t: String.raw`\t`,
  n: String.raw`\n`,
  r: String.raw`\r`,
  v: String.raw`\x0b`,
  f: String.raw`\x0c`,
  '0': String.raw`\x00`,
}

/** In the syntax of the Rust crate regex. Throws PATTERN_INVALID. */
export function fromEcma(source: string, flags = ''): string {
  // The engine of this process knows best what is valid.
  try {
    void new RegExp(source, /[^dgimsuy]/.test(flags) ? flags : `u${flags.replaceAll(/[dgyu]/g, '')}`)
  } catch (cause) {
    throw new TesseraError('PATTERN_INVALID', `Not a regular expression: ${(cause as Error).message}`, {
      where: 'pattern',
      cause,
    })
  }
  if (/[^dgimsuy]/.test(flags)) {
    throw new TesseraError('FORMAT_UNSUPPORTED', `The flags ${JSON.stringify(flags)} of a pattern`, {
      hint: 'There are i, m, s and u',
    })
  }
  const options = [...'im'].filter((flag) => flags.includes(flag)).join('')
  return (options ? `(?${options})` : '') + new Rewriter(source, flags.includes('s')).whole()
}

class Rewriter {
  private readonly source: string
  private readonly dotAll: boolean
  private at = 0

  constructor(source: string, dotAll: boolean) {
    this.source = source
    this.dotAll = dotAll
  }

  whole(): string {
    let out = ''
    while (this.at < this.source.length) {
      const c = this.next()
      if (c === '\\') out += this.escape(false)
      else if (c === '[') out += this.brackets()
      else if (c === '.') out += this.dotAll ? '(?s:.)' : String.raw`[^\n\r\x{2028}\x{2029}]`
      else out += c
    }
    return out
  }

  private next(): string {
    const c = String.fromCodePoint(this.source.codePointAt(this.at)!)
    this.at += c.length
    return c
  }

  /** After a backslash. */
  private escape(inBrackets: boolean): string {
    const c = this.next()
    const lower = c.toLowerCase()
    const set = CLASSES[lower]
    if (set !== undefined) return `[${c === lower ? '' : '^'}${set}]`
    if (inBrackets && c === 'b') return String.raw`\x08`
    const control = CONTROLS[c]
    if (control !== undefined) return control
    if (c === 'c') return point(this.next().charCodeAt(0) % 32)
    if (c === 'x') return point(Number.parseInt(this.take(2), 16))
    if (c === 'u') return point(this.unicode())
    if (c === 'p' || c === 'P') {
      const close = this.source.indexOf('}', this.at)
      const name = this.source.slice(this.at, close + 1)
      this.at = close + 1
      return `\\${c}${name}`
    }
    if (/[bBk1-9]/.test(c)) return `\\${c}`
    return point(c.codePointAt(0)!)
  }

  /** After `\u`: four digits, a pair of surrogates, or braces. */
  private unicode(): number {
    if (this.source[this.at] === '{') {
      const close = this.source.indexOf('}', this.at)
      const cp = Number.parseInt(this.source.slice(this.at + 1, close), 16)
      this.at = close + 1
      return cp
    }
    const first = Number.parseInt(this.take(4), 16)
    const second = /^\\u(d[c-f][0-9a-f]{2})/i.exec(this.source.slice(this.at, this.at + 6))
    if (first < 0xd800 || first > 0xdbff || !second) return first
    this.at += 6
    return ((first - 0xd800) << 10) + Number.parseInt(second[1]!, 16) - 0xdc00 + 0x10000
  }

  private take(count: number): string {
    this.at += count
    return this.source.slice(this.at - count, this.at)
  }

  private brackets(): string {
    let out = '['
    if (this.source[this.at] === '^') out += this.next()
    if (this.source[this.at] === ']') {
      this.at++
      // [] takes nothing, [^] everything.
      return out === '[' ? String.raw`[^\x00-\x{10ffff}]` : '(?s:.)'
    }
    while (this.source[this.at] !== ']') {
      const c = this.next()
      if (c === '\\') out += this.escape(true)
      else if (c === '-') out += this.source[this.at] === ']' || /\[\^?$/.test(out) ? String.raw`\x2d` : '-'
      else out += /[A-Za-z0-9]/.test(c) ? c : point(c.codePointAt(0)!)
    }
    this.at++
    return `${out}]`
  }
}

function point(cp: number): string {
  return `\\x{${cp.toString(16)}}`
}
