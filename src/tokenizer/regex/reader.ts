// A pattern read code point by code point, with errors that say where.
import type { TesseraError } from '../../core/index.ts'
import { MAX_PATTERN_LENGTH, patternInvalid, patternTooComplex, patternUnsupported } from './syntax.ts'

export class PatternReader {
  readonly source: string
  private readonly points: number[]
  private at = 0

  constructor(source: string) {
    if (source.length > MAX_PATTERN_LENGTH) {
      throw patternTooComplex(`A pattern of ${source.length} characters; at most ${MAX_PATTERN_LENGTH}`)
    }
    this.source = source
    this.points = Array.from(source, (c) => c.codePointAt(0)!)
  }

  get done(): boolean {
    return this.at >= this.points.length
  }

  peek(): number {
    return this.points[this.at]!
  }

  /** Throws PATTERN_INVALID at the end. */
  next(): number {
    if (this.done) throw this.invalid('The pattern ends too early')
    return this.points[this.at++]!
  }

  skip(count: number): void {
    this.at += count
  }

  /** Up to `count` characters ahead, as text. */
  rest(count: number): string {
    return String.fromCodePoint(...this.points.slice(this.at, this.at + count))
  }

  /** Whether the (ASCII) text stands here. */
  sees(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.points[this.at + i] !== text.charCodeAt(i)) return false
    return true
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false
    this.at += text.length
    return true
  }

  /**
   * `p{Name}`, `P{Name}`, `p{^Name}` and, in Rust, `pL`; the backslash is read already. Returns null and
   * stays when Oniguruma would read a plain letter p.
   */
  property(rust: boolean): { name: string; negated: boolean } | null {
    let negated = this.peek() === 0x50
    const short = rust && this.points[this.at + 1] !== 0x7b
    if (short) {
      this.next()
      return { name: String.fromCodePoint(this.next()), negated }
    }
    if (this.points[this.at + 1] !== 0x7b) return null
    const close = this.points.indexOf(0x7d, this.at)
    if (close < 0 || close - this.at > 100) throw this.invalid('A character property has no closing }')
    let name = String.fromCodePoint(...this.points.slice(this.at + 2, close))
    if (!rust && name.startsWith('^')) {
      negated = !negated
      name = name.slice(1)
    }
    this.at = close + 1
    return { name, negated }
  }

  invalid(message: string): TesseraError {
    return patternInvalid(message, this.source, this.at)
  }

  unsupported(message: string): TesseraError {
    return patternUnsupported(message, this.source, this.at)
  }

  tooComplex(message: string): TesseraError {
    return patternTooComplex(message)
  }
}
