// The pre-tokenizers that are one character class and one behaviour each, and FixedLength.
import { TesseraError } from '../../core/index.ts'
import { sliceAligned, type AlignedText } from '../aligned.ts'
import type { SplitBehavior } from '../spec.ts'
import { isNumeric, isPunctuation } from '../unicode/index.ts'
import { eachCharacter, eachLiteral, splitStep, type Step } from './split.ts'
import { whitespaceSplit } from './whitespace.ts'

export function punctuation(behavior: SplitBehavior): Step {
  return splitStep(eachCharacter(isPunctuation), behavior, false)
}

/** Numbers apart from the rest: digit by digit, or each run as one piece. */
export function digits(individual: boolean): Step {
  return splitStep(eachCharacter(isNumeric), individual ? 'Isolated' : 'Contiguous', false)
}

/** Cut at whitespace, then every punctuation character apart. */
export function bert(): Step {
  const words = whitespaceSplit()
  const marks = punctuation('Isolated')
  const parts: AlignedText[] = []
  return (piece, out) => {
    parts.length = 0
    words(piece, parts)
    for (const part of parts) marks(part, out)
  }
}

export function charDelimiterSplit(delimiter: string): Step {
  if (delimiter === '' || delimiter.length > (delimiter.codePointAt(0)! > 0xffff ? 2 : 1)) {
    throw new TesseraError('FORMAT_INVALID', 'CharDelimiterSplit takes exactly one character', {
      where: 'pre_tokenizer.delimiter',
    })
  }
  return splitStep(eachLiteral(delimiter), 'Removed', false)
}

/** Pieces of `length` characters (code points); the last may be shorter. */
export function fixedLength(length: number): Step {
  if (!Number.isInteger(length) || length < 1) {
    throw new TesseraError('FORMAT_INVALID', `FixedLength needs a length of at least 1, not ${length}`, {
      where: 'pre_tokenizer.length',
    })
  }
  return (piece, out) => {
    const { text } = piece
    for (let start = 0; start < text.length;) {
      let end = start
      for (let n = 0; n < length && end < text.length; n++) end += text.codePointAt(end)! > 0xffff ? 2 : 1
      out.push(sliceAligned(piece, start, end))
      start = end
    }
  }
}
