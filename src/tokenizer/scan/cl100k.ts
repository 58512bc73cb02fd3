// The cl100k pattern and its relatives (GPT-4 cl100k_base, Llama 3, Qwen 2 and 3):
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}| ?[^\s\p{L}\p{N}]+[\r\n]*
//   |\s*[\r\n]+|\s+(?!\S)|\s+          with k = 3, or 1 for Qwen
import { LETTER, NEWLINE, NOT_SYMBOL, NUMBER, SPACE } from './classes.ts'
import { classAt, type CharClasses } from './classes.ts'
import { contractionEnd, type ContractionCase } from './contractions.ts'
import { numbersEnd, runEnd, symbolsEnd } from './runs.ts'
import type { Scan } from './scan.ts'
import { spacesEnd } from './whitespace.ts'

export interface Cl100kOptions {
  contractions: ContractionCase
  /** Longest run of digits in one piece. */
  digits: number
  /** The newer form with `\s++$`: trailing white space is one piece even with newlines in it. */
  tail: boolean
}

export function cl100kScanner(classes: CharClasses, options: Cl100kOptions): Scan {
  const { contractions, digits, tail } = options

  return function next(bytes, pos, end) {
    const first = classAt(classes, bytes, pos)
    const afterFirst = pos + (first >> 8)
    if ((first & LETTER) !== 0) return runEnd(classes, bytes, afterFirst, end, LETTER)
    if ((first & NUMBER) !== 0) return numbersEnd(classes, bytes, afterFirst, end, digits - 1)
    if (bytes[pos] === 0x27) {
      const stop = contractionEnd(bytes, pos, end, contractions)
      if (stop > pos) return stop
    }
    let second = -1
    if (afterFirst < end) {
      second = classAt(classes, bytes, afterFirst)
      if ((first & NEWLINE) === 0 && (second & LETTER) !== 0) {
        return runEnd(classes, bytes, afterFirst + (second >> 8), end, LETTER)
      }
    }
    let symbols = pos
    if ((first & SPACE) !== 0) {
      if (bytes[pos] !== 0x20 || second < 0 || (second & NOT_SYMBOL) !== 0) {
        return spacesEnd(classes, bytes, pos, end, true, tail)
      }
      symbols = afterFirst
    }
    let at = symbolsEnd(classes, bytes, symbols, end)
    while (at < end && (bytes[at] === 0x0a || bytes[at] === 0x0d)) at++
    return at
  }
}
