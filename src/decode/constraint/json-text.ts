// The parts of JSON text (RFC 8259) that schemas are made of: characters of strings, numbers, white space and values
// of any kind. Strings under a pattern or a length are written in one way only (raw where JSON allows it, else the
// shortest escape), free ones with any escape. Digits are bounded: what is written parses to the number that it
// says, and a model cannot go on with digits forever.
import { utf8Encode } from '../../core/index.ts'
import { type CodePointSet, difference, patternSyntax, setHas } from '../../tokenizer/index.ts'
import type { Grammar } from './grammar.ts'
import { addPattern } from './regex.ts'

/** All characters. */
export const ANY_CHARACTER: CodePointSet = [0, 0x110000]
/** Control characters, the quote and the backslash. */
const ESCAPED: CodePointSet = [0, 0x20, 0x22, 0x23, 0x5c, 0x5d]
const SHORT: Readonly<Record<string, number>> = {
  '"': 0x22,
  '\\': 0x5c,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
}

/** One character of the set as it stands inside a JSON string, in one way. */
export function jsonCharacter(grammar: Grammar, from: number, set: CodePointSet, to: number): void {
  grammar.character(from, difference(set, ESCAPED), to)
  let escape = -1
  const afterBackslash = (): number => {
    if (escape < 0) {
      escape = grammar.state()
      grammar.byte(from, 0x5c, 0x5c, escape)
    }
    return escape
  }
  for (const [letter, cp] of Object.entries(SHORT)) {
    if (setHas(set, cp)) grammar.byte(afterBackslash(), letter.charCodeAt(0), letter.charCodeAt(0), to)
  }
  for (let cp = 0; cp < 0x20; cp++) {
    if (!setHas(set, cp) || Object.values(SHORT).includes(cp)) continue
    const digits = grammar.literal(afterBackslash(), utf8Encode(`u${cp.toString(16).padStart(4, '0')}`))
    grammar.skip(digits, to)
  }
}

const ANY_TEXT = String.raw`[\x00-\x{10ffff}]*`

/** Regular JSON: between two states, in ASCII. */
function pattern(grammar: Grammar, source: string, from: number, to: number): void {
  const character = (at: number, set: CodePointSet, next: number) => grammar.character(at, set, next)
  addPattern(grammar, patternSyntax(source, 'tiktoken'), from, to, { character })
}

const HEX = '[0-9a-fA-F]'
/** Surrogates only in pairs. */
const UNICODE_ESCAPE = String.raw`\\u(?:[0-9a-ce-fA-CE-F]${HEX}{3}|[dD][0-7]${HEX}{2}|[dD][89abAB]${HEX}{2}\\u[dD][c-fC-F]${HEX}{2})`
const FREE_STRING = String.raw`"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|${UNICODE_ESCAPE})*"`
const NUMBER = String.raw`-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?(?:[eE][+-]?[0-9]{1,2})?`
const INTEGER = '0|-?[1-9][0-9]{0,14}'

export type Whitespace = 'compact' | 'free'
/** `compact`: at most a space behind `:` and `,`. `free`: also line breaks with indentation, anywhere. */
const SPACES: Readonly<Record<Whitespace, string>> = {
  compact: ' ?',
  free: String.raw`(?: |\r?\n(?: {0,32}|\t{0,8}))?`,
}

/** Rules that every schema may call, made when they are first asked for. */
export class JsonText {
  readonly grammar: Grammar
  private readonly whitespace: Whitespace
  private readonly rules = new Map<string, number>()

  constructor(grammar: Grammar, whitespace: Whitespace) {
    this.grammar = grammar
    this.whitespace = whitespace
  }

  string(from: number, to: number): void {
    this.grammar.call(from, this.regular('string', FREE_STRING), to)
  }

  number(from: number, to: number): void {
    this.grammar.call(from, this.regular('number', NUMBER), to)
  }

  integer(from: number, to: number): void {
    this.grammar.call(from, this.regular('integer', INTEGER), to)
  }

  /** A literal text. */
  literal(from: number, text: string, to: number): void {
    this.grammar.skip(this.grammar.literal(from, utf8Encode(text)), to)
  }

  /** `,` or `:` with the space behind it (and before it, when space is free). */
  separator(from: number, mark: string): number {
    const at = this.whitespace === 'free' ? this.space(from) : from
    return this.space(this.grammar.literal(at, utf8Encode(mark)))
  }

  /** Space behind an opening bracket and before a closing one. */
  inner(from: number): number {
    return this.whitespace === 'free' ? this.space(from) : from
  }

  /** A string under a pattern over the whole of it, or of some length in characters. */
  strictString(
    from: number,
    to: number,
    { source = ANY_TEXT, minLength, maxLength }: { source?: string; minLength?: number; maxLength?: number },
  ): void {
    const { grammar } = this
    const name = `string ${minLength} ${maxLength} ${source}`
    const rule = this.once(name, 0, (start, end) => {
      const open = grammar.literal(start, utf8Encode('"'))
      const close = grammar.state()
      addPattern(grammar, patternSyntax(source, 'tiktoken'), open, close, {
        character: (at, set, next) => jsonCharacter(grammar, at, set, next),
        minLength,
        maxLength,
      })
      grammar.byte(close, 0x22, 0x22, end)
    })
    grammar.call(from, rule, to)
  }

  /** Any value. */
  value(from: number, to: number): void {
    this.grammar.call(
      from,
      this.once('value', 0, (start, end) => {
        for (const word of ['null', 'true', 'false']) this.literal(start, word, end)
        this.string(start, end)
        this.number(start, end)
        this.anyArray(start, end)
        this.anyObject(start, end)
      }),
      to,
    )
  }

  anyArray(from: number, to: number): void {
    const rule = this.once('array', 1, (start, end) => {
      const { grammar } = this
      const open = this.inner(grammar.literal(start, utf8Encode('[')))
      const item = grammar.state()
      const after = grammar.state()
      grammar.skip(open, item)
      this.value(item, after)
      grammar.skip(this.separator(after, ','), item)
      this.literal(open, ']', end)
      this.literal(this.inner(after), ']', end)
    })
    this.grammar.call(from, rule, to)
  }

  anyObject(from: number, to: number): void {
    const rule = this.once('object', 1, (start, end) => {
      const { grammar } = this
      const open = this.inner(grammar.literal(start, utf8Encode('{')))
      const key = grammar.state()
      const colon = grammar.state()
      const after = grammar.state()
      grammar.skip(open, key)
      this.string(key, colon)
      this.value(this.separator(colon, ':'), after)
      grammar.skip(this.separator(after, ','), key)
      this.literal(open, '}', end)
      this.literal(this.inner(after), '}', end)
    })
    this.grammar.call(from, rule, to)
  }

  /** A rule by name. `weight`: what a call adds to the depth of nesting. */
  once(name: string, weight: 0 | 1, build: (start: number, end: number) => void): number {
    const known = this.rules.get(name)
    if (known !== undefined) return known
    const rule = this.grammar.rule(weight)
    this.rules.set(name, rule)
    const { start, end } = this.grammar.rules[rule]!
    build(start, end)
    return rule
  }

  private space(from: number): number {
    const to = this.grammar.state()
    pattern(this.grammar, SPACES[this.whitespace], from, to)
    return to
  }

  private regular(name: string, source: string): number {
    return this.once(name, 0, (start, end) => pattern(this.grammar, source, start, end))
  }
}
