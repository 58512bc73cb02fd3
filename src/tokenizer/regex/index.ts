// Regular expressions of tokenizer files, matched in linear time and by the reference's Unicode tables.
// The engine's own RegExp has neither property.
import type { Reference } from '../spec.ts'
import { foldLiterals } from './fold.ts'
import { buildGraph } from './graph.ts'
import { Matcher } from './match.ts'
import { parsePattern } from './parse.ts'
import { flatten, type Program } from './program.ts'
import type { Syntax } from './syntax.ts'

export class CompiledPattern {
  readonly source: string
  /** Steps that the last `findAll` took; grows linearly with the text. */
  steps = 0
  /** Steps before the matcher begins to remember what failed; -1 = at once. Results do not depend on it. */
  freeSteps = 4096
  private readonly program: Program
  private spare: Matcher | null = null

  constructor(source: string, program: Program) {
    this.source = source
    this.program = program
  }

  /**
   * Calls `onMatch` for every match from left to right: leftmost, alternatives in order, without overlap;
   * an empty match right after another match is passed over, as in the reference. Indices are UTF-16 units.
   * `text` must be well formed. With `from` and `to` only that part is matched, as if it were the whole text.
   */
  findAll(text: string, onMatch: (start: number, end: number) => void, from = 0, to = text.length): void {
    const matcher = this.spare ?? new Matcher(this.program)
    this.spare = null
    matcher.freeSteps = this.freeSteps
    matcher.findAll(text, onMatch, from, to)
    this.steps = matcher.steps
    this.spare = matcher
  }
}

/**
 * Compiles a pattern as the reference's regex engine understands it. Throws PATTERN_INVALID,
 * FORMAT_UNSUPPORTED (backreferences, conditions, unknown properties) and PATTERN_TOO_COMPLEX.
 */
export function compilePattern(source: string, reference: Reference): CompiledPattern {
  const syntax = foldLiterals(parsePattern(source, reference), reference)
  return new CompiledPattern(source, flatten(buildGraph(syntax, reference)))
}

/** A pattern as a tree of sets, for automata of other kinds. Throws what `compilePattern` throws. */
export function patternSyntax(source: string, reference: Reference): Syntax {
  return foldLiterals(parsePattern(source, reference), reference)
}
