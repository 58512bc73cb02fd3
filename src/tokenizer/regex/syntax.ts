// The syntax tree of a pattern. Groups leave no trace: captures are not reported, so `(x)` is `x`.
import { TesseraError } from '../../core/index.ts'
import type { CodePointSet } from '../unicode/index.ts'

export type AssertKind =
  | 'textStart'
  | 'textEnd'
  /** At the end, or before a line feed that ends the text. */
  | 'textEndNewline'
  | 'lineStart'
  /** Oniguruma's `^`: not after a line feed that ends the text. */
  | 'lineStartNotEnd'
  | 'lineEnd'
  | 'wordBoundary'
  | 'notWordBoundary'

export type RepeatMode = 'greedy' | 'lazy' | 'possessive'

export type Syntax =
  /** One code point, written out; `fold`: case does not matter. */
  | { type: 'literal'; cp: number; fold: boolean }
  /** One code point of a set. */
  | { type: 'set'; set: CodePointSet }
  | { type: 'cat'; parts: Syntax[] }
  | { type: 'alt'; options: Syntax[] }
  /** `max` may be Infinity. */
  | { type: 'repeat'; body: Syntax; min: number; max: number; mode: RepeatMode }
  | { type: 'assert'; kind: AssertKind }
  | { type: 'look'; behind: boolean; negative: boolean; body: Syntax }
  /** Atomic, or only a wall across which literals do not join for case folding. */
  | { type: 'group'; atomic: boolean; body: Syntax }

export const EMPTY: Syntax = { type: 'cat', parts: [] }

export const MAX_PATTERN_LENGTH = 100_000
export const MAX_NESTING = 200
/** Instructions of a compiled pattern. */
export const MAX_PROGRAM = 20_000

export function patternInvalid(message: string, source: string, at: number): TesseraError {
  return new TesseraError('PATTERN_INVALID', `${message}, in the pattern ${quote(source)}`, {
    where: `pattern character ${at}`,
  })
}

export function patternUnsupported(message: string, source: string, at: number): TesseraError {
  return new TesseraError('FORMAT_UNSUPPORTED', `${message}, in the pattern ${quote(source)}`, {
    where: `pattern character ${at}`,
    hint: 'Rewrite the pattern without it',
  })
}

export function patternTooComplex(message: string): TesseraError {
  return new TesseraError('PATTERN_TOO_COMPLEX', message, {
    hint: 'Use smaller repeat counts or fewer alternatives: the bound keeps matching linear',
  })
}

function quote(source: string): string {
  return JSON.stringify(source.length > 200 ? `${source.slice(0, 200)}…` : source)
}

/** Whether a part can match without taking a character. */
export function isNullable(node: Syntax): boolean {
  switch (node.type) {
    case 'literal':
    case 'set':
      return false
    case 'cat':
      return node.parts.every(isNullable)
    case 'alt':
      return node.options.some(isNullable)
    case 'repeat':
      return node.min === 0 || isNullable(node.body)
    case 'assert':
    case 'look':
      return true
    case 'group':
      return isNullable(node.body)
  }
}
