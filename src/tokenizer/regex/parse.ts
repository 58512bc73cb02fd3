// Patterns → syntax tree, in two dialects: Oniguruma with Ruby syntax ('huggingface', 'sentencepiece';
// the `onig` crate's default) and fancy-regex on regex-syntax ('tiktoken'). Where they disagree, e.g.
// about `$`, `(?m)`, `{n}+` and `(?i)` in mid-group, each follows what its own engine was seen to do.
import type { Reference } from '../spec.ts'
import {
  ALL_CODE_POINTS,
  complement,
  digitSet,
  foldClosure,
  hexDigitSet,
  propertySet,
  whiteSpaceSet,
  wordSet,
  type CodePointSet,
} from '../unicode/index.ts'
import { parseClass } from './class.ts'
import { readEscape } from './escape.ts'
import { PatternReader } from './reader.ts'
import { readTimes } from './times.ts'
import { EMPTY, MAX_NESTING, type RepeatMode, type Syntax } from './syntax.ts'

interface Flags {
  ignoreCase: boolean
  dotAll: boolean
  /** Rust only: `^` and `$` at line ends. In Oniguruma they always are. */
  multiLine: boolean
  extended: boolean
  /** Rust only: greedy and lazy swap. */
  swapGreed: boolean
}

const NOT_NEWLINE: CodePointSet = complement([0x0a, 0x0b])
const LINE_BREAK: CodePointSet = [0x0a, 0x0e, 0x85, 0x86, 0x2028, 0x202a]

/** Throws PATTERN_INVALID, FORMAT_UNSUPPORTED or PATTERN_TOO_COMPLEX. */
export function parsePattern(source: string, reference: Reference): Syntax {
  const parser = new Parser(new PatternReader(source), reference)
  return parser.pattern()
}

class Parser {
  private readonly reader: PatternReader
  private readonly reference: Reference
  private readonly rust: boolean
  private flags: Flags = {
    ignoreCase: false,
    dotAll: false,
    multiLine: false,
    extended: false,
    swapGreed: false,
  }
  private depth = 0

  constructor(reader: PatternReader, reference: Reference) {
    this.reader = reader
    this.reference = reference
    this.rust = reference === 'tiktoken'
  }

  pattern(): Syntax {
    const node = this.alternatives()
    if (!this.reader.done) throw this.reader.invalid('Unmatched )')
    return node
  }

  /** Alternatives up to `)` or the end. */
  private alternatives(): Syntax {
    if (++this.depth > MAX_NESTING) throw this.reader.tooComplex('Groups are nested too deeply')
    const options: Syntax[] = [this.sequence()]
    while (this.reader.take('|')) options.push(this.sequence())
    this.depth--
    return options.length === 1 ? options[0]! : { type: 'alt', options }
  }

  private sequence(): Syntax {
    const parts: Syntax[] = []
    const { reader } = this
    for (;;) {
      if (this.flags.extended) this.skipBlanks()
      if (reader.done || reader.sees('|') || reader.sees(')')) break
      const part = this.atom()
      if (part) parts.push(this.quantified(part))
    }
    return parts.length === 1 ? parts[0]! : { type: 'cat', parts }
  }

  private skipBlanks(): void {
    const { reader } = this
    for (;;) {
      if (reader.sees('#')) while (!reader.done && reader.next() !== 0x0a);
      else if (!reader.done && ' \t\n\r\f\v'.includes(String.fromCodePoint(reader.peek()))) reader.next()
      else return
    }
  }

  /** One atom, or null for something that leaves nothing to match (a comment, flags). */
  private atom(): Syntax | null {
    const { reader } = this
    const c = reader.next()
    switch (String.fromCodePoint(c)) {
      case '.':
        return { type: 'set', set: this.flags.dotAll ? ALL_CODE_POINTS : NOT_NEWLINE }
      case '^':
        if (!this.rust) return { type: 'assert', kind: 'lineStartNotEnd' }
        return { type: 'assert', kind: this.flags.multiLine ? 'lineStart' : 'textStart' }
      case '$':
        return { type: 'assert', kind: this.rust && !this.flags.multiLine ? 'textEnd' : 'lineEnd' }
      case '[':
        return parseClass(reader, this.reference, this.flags.ignoreCase)
      case '(':
        return this.group()
      case '*':
      case '+':
      case '?':
        throw reader.invalid('Nothing to repeat')
      case '\\':
        return this.escape()
      default:
        return this.literal(c)
    }
  }

  private literal(cp: number): Syntax {
    return { type: 'literal', cp, fold: this.flags.ignoreCase }
  }

  private set(set: CodePointSet, negated: boolean): Syntax {
    return { type: 'set', set: negated ? complement(set) : set }
  }

  private escape(): Syntax | null {
    const { reader, reference } = this
    if (reader.done) throw reader.invalid('Pattern ends in a backslash')
    const letter = String.fromCodePoint(reader.peek())
    switch (letter) {
      case 'A':
      case 'z':
      case 'Z':
      case 'b':
      case 'B':
        if (letter === 'Z' && this.rust) throw reader.unsupported('\\Z')
        reader.next()
        if (letter === 'A') return { type: 'assert', kind: 'textStart' }
        if (letter === 'z') return { type: 'assert', kind: 'textEnd' }
        if (letter === 'Z') return { type: 'assert', kind: 'textEndNewline' }
        return { type: 'assert', kind: letter === 'b' ? 'wordBoundary' : 'notWordBoundary' }
      case 's':
      case 'S':
        reader.next()
        return this.set(whiteSpaceSet(), letter === 'S')
      case 'w':
      case 'W':
        reader.next()
        return this.set(wordSet(reference), letter === 'W')
      case 'd':
      case 'D':
        reader.next()
        return this.set(digitSet(), letter === 'D')
      case 'h':
      case 'H':
        reader.next()
        return this.set(hexDigitSet(), letter === 'H')
      case 'p':
      case 'P': {
        const property = reader.property(this.rust)
        if (property === null) break
        const found = propertySet(reference, property.name)
        if (!found) throw reader.unsupported(`Unknown character property ${JSON.stringify(property.name)}`)
        // Oniguruma ignores case in a property only inside brackets.
        return this.set(this.rust && this.flags.ignoreCase ? foldClosure(found) : found, property.negated)
      }
    }
    if (!this.rust) {
      switch (letter) {
        case 'R':
          reader.next()
          return {
            type: 'group',
            atomic: true,
            body: {
              type: 'alt',
              options: [
                { type: 'cat', parts: [this.plain(0x0d), this.plain(0x0a)] },
                { type: 'set', set: LINE_BREAK },
              ],
            },
          }
        case 'N':
          reader.next()
          return { type: 'set', set: NOT_NEWLINE }
        case 'O':
          reader.next()
          return { type: 'set', set: ALL_CODE_POINTS }
        case 'X':
        case 'y':
        case 'Y':
          throw reader.unsupported(`\\${letter} (text segments)`)
      }
    }
    if (letter === 'K' || letter === 'G') throw reader.unsupported(`\\${letter}`)
    if (letter === 'k' || letter === 'g' || (letter >= '1' && letter <= '9' && !this.isOctal())) {
      throw reader.unsupported('A reference to a group')
    }
    return this.literal(readEscape(reader, this.rust))
  }

  private plain(cp: number): Syntax {
    return { type: 'literal', cp, fold: false }
  }

  /** Oniguruma reads `\101` as a character when there is no group 101, which we never have. */
  private isOctal(): boolean {
    return !this.rust && /^[1-7][0-7]{1,2}/.test(this.reader.rest(3))
  }

  /** After `(`. */
  private group(): Syntax | null {
    const { reader } = this
    if (!reader.take('?')) return this.body(false)
    if (reader.take('#')) {
      for (;;) {
        if (reader.done) throw reader.invalid('A comment has no end')
        const c = reader.next()
        if (c === 0x29) return null
        if (c === 0x5c && !reader.done) reader.next()
      }
    }
    if (reader.take(':')) return this.plainGroup()
    if (reader.take('=')) return this.look(false, false)
    if (reader.take('!')) return this.look(false, true)
    if (reader.take('>')) return this.body(true)
    if (reader.take('<=')) return this.look(true, false)
    if (reader.take('<!')) return this.look(true, true)
    if (reader.sees('<') || reader.sees("'") || (this.rust && reader.sees('P<'))) {
      reader.take('P')
      const close = reader.next() === 0x3c ? 0x3e : 0x27
      let length = 0
      while (!reader.done && reader.peek() !== close) {
        reader.next()
        length++
      }
      if (reader.done || length === 0) throw reader.invalid('Broken group name')
      reader.next()
      return this.body(false)
    }
    if (reader.sees('~') || reader.sees('(') || reader.sees('P')) {
      throw reader.unsupported('Conditions, absent functions and calls of groups')
    }
    return this.flagGroup()
  }

  private close(): void {
    if (!this.reader.take(')')) throw this.reader.invalid('A group has no closing )')
  }

  /** `(?:…)`: transparent, so that literals inside join those outside for case folding. */
  private plainGroup(): Syntax {
    const before = this.flags
    this.flags = { ...before }
    const body = this.alternatives()
    this.flags = before
    this.close()
    return body
  }

  private body(atomic: boolean): Syntax {
    return { type: 'group', atomic, body: this.plainGroup() }
  }

  private look(behind: boolean, negative: boolean): Syntax {
    return { type: 'look', behind, negative, body: this.plainGroup() }
  }

  /** `(?imx-imx)` and `(?imx-imx:…)`. */
  private flagGroup(): Syntax | null {
    const { reader, rust } = this
    const flags = { ...this.flags }
    let on = true
    for (;;) {
      if (reader.done) throw reader.invalid('A group has no closing )')
      const letter = String.fromCodePoint(reader.next())
      if (letter === ')' || letter === ':') {
        const before = this.flags
        this.flags = flags
        if (letter === ':') {
          const body = this.body(false)
          this.flags = before
          return body
        }
        if (rust) return null
        // Ruby syntax: the flags open a group that ends with the enclosing one, alternatives included.
        const body = this.alternatives()
        this.flags = before
        return { type: 'group', atomic: false, body }
      }
      if (letter === '-') on = false
      else if (letter === 'i') flags.ignoreCase = on
      else if (letter === 'x') flags.extended = on
      else if (letter === 'm') {
        if (rust) flags.multiLine = on
        else flags.dotAll = on
      } else if (rust && letter === 's') flags.dotAll = on
      else if (rust && letter === 'U') flags.swapGreed = on
      else if (rust && letter === 'u' && on) continue
      else throw reader.unsupported(`The group option ${JSON.stringify(letter)}`)
    }
  }

  private quantified(atom: Syntax): Syntax {
    const { reader, rust } = this
    let node = atom
    let nested = 0
    for (;;) {
      if (this.flags.extended) this.skipBlanks()
      const times = readTimes(reader, rust)
      if (!times) return node
      let { min, max } = times
      if (node.type === 'assert' || node.type === 'look') {
        throw reader.invalid('An assertion cannot be repeated')
      }
      if (++nested > MAX_NESTING) throw reader.tooComplex('Too many repeats of one atom')
      let mode: RepeatMode = this.flags.swapGreed ? 'lazy' : 'greedy'
      if (times.inverse) mode = 'possessive'
      else if (!rust && times.interval && min === max && reader.sees('?')) {
        // Oniguruma's Ruby syntax: {n}? is an optional {n}.
        reader.next()
        node = { type: 'repeat', body: node, min, max, mode }
        ;[min, max] = [0, 1]
      } else if (reader.take('?')) mode = mode === 'lazy' ? 'greedy' : 'lazy'
      else if ((rust || !times.interval) && reader.take('+')) mode = 'possessive'
      node = max === 0 ? EMPTY : { type: 'repeat', body: node, min, max, mode }
    }
  }
}
