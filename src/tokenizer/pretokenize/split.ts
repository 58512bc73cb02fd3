// Cutting one piece at the matches of something: the five behaviours of `Split` in tokenizer.json.
// Source: SplitDelimiterBehavior of Hugging Face tokenizers. For "the-final--countdown" cut at "-":
//   Removed             the | final | countdown
//   Isolated            the | - | final | - | - | countdown
//   MergedWithPrevious  the- | final- | - | countdown
//   MergedWithNext      the | -final | - | -countdown
//   Contiguous          the | - | final | -- | countdown
// A match may be empty: it cuts without consuming anything. Empty parts are never given out.
import { sliceAligned, type AlignedText } from '../aligned.ts'
import { compilePattern } from '../regex/index.ts'
import type { Pattern, Reference, SplitBehavior } from '../spec.ts'

/** Reports matches in order, without overlaps. */
export type EachMatch = (text: string, onMatch: (start: number, end: number) => void) => void

/** A step of pre-tokenization: puts what becomes of one (non-empty) piece at the end of `out`. */
export type Step = (piece: AlignedText, out: AlignedText[]) => void

/** The step that cuts at matches; `invert`: what lies between the matches counts as the match. */
export function splitStep(eachMatch: EachMatch, behavior: SplitBehavior, invert: boolean): Step {
  return (piece, out) => {
    const { text } = piece
    const give = (from: number, to: number): void => {
      if (from === to) return
      out.push(from === 0 && to === text.length ? piece : sliceAligned(piece, from, to))
    }
    const take = taker(behavior, give)
    let done = 0
    eachMatch(text, (start, end) => {
      if (done !== start) take.segment(done, start, invert)
      take.segment(start, end, !invert)
      done = end
    })
    if (done !== text.length) take.segment(done, text.length, invert)
    take.finish()
  }
}

interface Taker {
  segment(start: number, end: number, isMatch: boolean): void
  finish(): void
}

function taker(behavior: SplitBehavior, give: (from: number, to: number) => void): Taker {
  if (behavior === 'Isolated' || behavior === 'Removed') {
    const removed = behavior === 'Removed'
    return {
      segment: (start, end, isMatch) => {
        if (!removed || !isMatch) give(start, end)
      },
      finish: () => {},
    }
  }
  // The others hold one part back, because the next segment may join it.
  let from = -1
  let to = -1
  let lastWasMatch = false
  const joins = (isMatch: boolean): boolean => {
    if (from < 0) return false
    if (behavior === 'Contiguous') return isMatch === lastWasMatch
    if (behavior === 'MergedWithPrevious') return isMatch && !lastWasMatch
    return !isMatch && lastWasMatch
  }
  return {
    segment: (start, end, isMatch) => {
      if (joins(isMatch)) {
        to = end
      } else {
        if (from >= 0) give(from, to)
        from = start
        to = end
      }
      lastWasMatch = isMatch
    },
    finish: () => {
      if (from >= 0) give(from, to)
    },
  }
}

/** Matches single characters of a class. `accepts` sees code points. */
export function eachCharacter(accepts: (cp: number) => boolean): EachMatch {
  return (text, onMatch) => {
    for (let i = 0; i < text.length;) {
      const cp = text.codePointAt(i)!
      const end = i + (cp > 0xffff ? 2 : 1)
      if (accepts(cp)) onMatch(i, end)
      i = end
    }
  }
}

/**
 * Matches a pattern of tokenizer.json. Throws PATTERN_INVALID and PATTERN_TOO_COMPLEX for regular expressions.
 */
export function eachPattern(pattern: Pattern, reference: Reference): EachMatch {
  if ('String' in pattern) return eachLiteral(pattern.String)
  const compiled = compilePattern(pattern.Regex, reference)
  return (text, onMatch) => compiled.findAll(text, onMatch)
}

/** Matches a literal string. An empty one matches before every character and at the end. */
export function eachLiteral(literal: string): EachMatch {
  if (literal === '') {
    return (text, onMatch) => {
      for (let i = 0; i < text.length; i += text.codePointAt(i)! > 0xffff ? 2 : 1) onMatch(i, i)
      onMatch(text.length, text.length)
    }
  }
  return (text, onMatch) => {
    for (let i = text.indexOf(literal); i >= 0; i = text.indexOf(literal, i + literal.length)) {
      onMatch(i, i + literal.length)
    }
  }
}
