// Bracket classes: ranges, negation, nested classes, && (and in Rust -- and ~~), POSIX names, properties.
import type { Reference } from '../spec.ts'
import {
  complement,
  difference,
  digitSet,
  EMPTY_SET,
  foldClosure,
  hexDigitSet,
  intersection,
  multiFolds,
  posixSet,
  propertySet,
  setFromRanges,
  setHas,
  symmetricDifference,
  union,
  whiteSpaceSet,
  wordSet,
  type CodePointSet,
} from '../unicode/index.ts'
import { readEscape } from './escape.ts'
import type { PatternReader } from './reader.ts'
import { MAX_NESTING, type Syntax } from './syntax.ts'

type Operator = '&&' | '--' | '~~'

/**
 * After `[`. With `ignoreCase` in Oniguruma a class also matches the full case folding of its members
 * (`(?i)[ß]` takes "ss"), hence alternatives.
 */
export function parseClass(reader: PatternReader, reference: Reference, ignoreCase: boolean): Syntax {
  const rust = reference === 'tiktoken'
  const parser = new ClassParser(reader, reference, rust && ignoreCase)
  const { set, negated } = parser.brackets(0)
  if (rust || !ignoreCase) return { type: 'set', set: negated ? complement(set) : set }
  const folded = foldClosure(set)
  if (negated) return { type: 'set', set: complement(folded) }
  const options: Syntax[] = [{ type: 'set', set: folded }]
  const seen = new Set<string>()
  for (const [cp, sequence] of multiFolds()) {
    if (!setHas(folded, cp) || seen.has(sequence.join())) continue
    seen.add(sequence.join())
    const parts = sequence.map((part): Syntax => ({ type: 'set', set: foldClosure([part, part + 1]) }))
    options.push({ type: 'cat', parts })
  }
  return options.length === 1 ? options[0]! : { type: 'alt', options }
}

class ClassParser {
  private readonly reader: PatternReader
  private readonly reference: Reference
  private readonly rust: boolean
  private readonly foldParts: boolean

  constructor(reader: PatternReader, reference: Reference, foldParts: boolean) {
    this.reader = reader
    this.reference = reference
    this.rust = reference === 'tiktoken'
    this.foldParts = foldParts
  }

  brackets(depth: number): { set: CodePointSet; negated: boolean } {
    const { reader } = this
    if (depth > MAX_NESTING) throw reader.tooComplex('Classes are nested too deeply')
    const negated = reader.take('^')
    let left: CodePointSet | null = null
    let operator: Operator | null = null
    let current: CodePointSet = EMPTY_SET
    const ranges: [number, number][] = []
    const gather = (): CodePointSet => {
      const all = union(setFromRanges(ranges), current)
      ranges.length = 0
      current = EMPTY_SET
      return this.foldParts ? foldClosure(all) : all
    }
    let first = true
    for (;;) {
      if (reader.done) throw reader.invalid('A character class has no closing ]')
      if (reader.sees(']') && !first) {
        reader.next()
        const right = gather()
        return { set: left && operator ? apply(operator, left, right) : right, negated }
      }
      const found = this.operator()
      if (found) {
        const right = gather()
        left = left && operator ? apply(operator, left, right) : right
        operator = found
        first = false
        continue
      }
      const item = this.item(depth)
      first = false
      if (typeof item !== 'number') {
        current = union(current, item)
        if (reader.sees('-') && !reader.sees('-]') && !(this.rust && reader.sees('--'))) {
          throw reader.invalid('A class cannot begin a range')
        }
        continue
      }
      if (reader.sees('-') && !reader.sees('-]') && !(this.rust && reader.sees('--'))) {
        reader.next()
        if (reader.sees('[')) throw reader.invalid('A class cannot end a range')
        const to = this.item(depth)
        if (typeof to !== 'number') throw reader.invalid('A class cannot end a range')
        if (to < item) throw reader.invalid('A range in a class runs backwards')
        ranges.push([item, to + 1])
        // [a-c-e]: the second hyphen is a character.
        if (reader.sees('-') && !reader.sees('-]') && !(this.rust && reader.sees('--'))) {
          reader.next()
          ranges.push([0x2d, 0x2e])
        }
      } else ranges.push([item, item + 1])
    }
  }

  private operator(): Operator | null {
    const { reader } = this
    if (reader.take('&&')) return '&&'
    if (this.rust && reader.take('--')) return '--'
    if (this.rust && reader.take('~~')) return '~~'
    return null
  }

  /** A code point, or a set that cannot be part of a range. */
  private item(depth: number): number | CodePointSet {
    const { reader, reference } = this
    if (reader.sees('[')) {
      const posix = /^\[:(\^?)([A-Za-z]{1,20}):\]/.exec(reader.rest(30))
      if (posix) {
        const set = posixSet(reference, posix[2]!)
        if (set) {
          reader.skip(posix[0].length)
          return posix[1] ? complement(set) : set
        }
        if (!this.rust) throw reader.invalid(`Unknown POSIX class ${JSON.stringify(posix[2])}`)
      }
      reader.next()
      const { set, negated } = this.brackets(depth + 1)
      return negated ? complement(set) : set
    }
    const c = reader.next()
    if (c !== 0x5c) return c
    if (reader.done) throw reader.invalid('Pattern ends in a backslash')
    const letter = String.fromCodePoint(reader.peek())
    const classes: Record<string, () => CodePointSet> = {
      s: whiteSpaceSet,
      w: () => wordSet(reference, true),
      d: digitSet,
      h: hexDigitSet,
    }
    const lower = letter.toLowerCase()
    if (Object.hasOwn(classes, lower)) {
      reader.next()
      const set = classes[lower]!()
      return letter === lower ? set : complement(set)
    }
    if (lower === 'p') {
      const property = reader.property(this.rust)
      if (property) {
        const found = propertySet(reference, property.name, true)
        if (!found) throw reader.unsupported(`Unknown character property ${JSON.stringify(property.name)}`)
        const set = this.foldParts ? foldClosure(found) : found
        return property.negated ? complement(set) : set
      }
    }
    if (letter === 'b' && !this.rust) {
      reader.next()
      return 0x08
    }
    if (!this.rust && /[RX]/.test(letter)) throw reader.unsupported(`\\${letter} inside brackets`)
    return readEscape(reader, this.rust)
  }
}

function apply(operator: Operator, a: CodePointSet, b: CodePointSet): CodePointSet {
  if (operator === '&&') return intersection(a, b)
  if (operator === '--') return difference(a, b)
  return symmetricDifference(a, b)
}
