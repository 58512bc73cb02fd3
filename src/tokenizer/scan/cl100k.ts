// The cl100k pattern and its relatives (GPT-4 cl100k_base, Llama 3, Qwen 2 and 3):
//   (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,k}| ?[^\s\p{L}\p{N}]+[\r\n]*
//   |\s*[\r\n]+|\s+(?!\S)|\s+          with k = 3, or 1 for Qwen
import { LETTER, NEWLINE, NOT_SYMBOL, NUMBER, SPACE } from './classes.ts'
import { classAt, wideClass, type CharClasses } from './classes.ts'
import { contractionEnd, type ContractionCase } from './contractions.ts'
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
  const { ascii } = classes
  const { contractions, digits, tail } = options

  function letters(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    while (at < end) {
      const b = bytes[at]!
      if (b < 0x80) {
        if ((ascii[b]! & LETTER) === 0) break
        at++
      } else {
        const wide = wideClass(classes, bytes, at)
        if ((wide & LETTER) === 0) break
        at += wide >> 8
      }
    }
    return at
  }

  return function next(bytes, pos, end) {
    const first = classAt(classes, bytes, pos)
    const afterFirst = pos + (first >> 8)
    if ((first & LETTER) !== 0) return letters(bytes, afterFirst, end)
    if ((first & NUMBER) !== 0) {
      let at = afterFirst
      for (let n = 1; n < digits && at < end; n++) {
        const c = classAt(classes, bytes, at)
        if ((c & NUMBER) === 0) break
        at += c >> 8
      }
      return at
    }
    if (bytes[pos] === 0x27) {
      const stop = contractionEnd(bytes, pos, end, contractions)
      if (stop > pos) return stop
    }
    let second = -1
    if (afterFirst < end) {
      second = classAt(classes, bytes, afterFirst)
      if ((first & NEWLINE) === 0 && (second & LETTER) !== 0) {
        return letters(bytes, afterFirst + (second >> 8), end)
      }
    }
    let symbols = pos
    if ((first & SPACE) !== 0) {
      if (bytes[pos] !== 0x20 || second < 0 || (second & NOT_SYMBOL) !== 0) {
        return spacesEnd(classes, bytes, pos, end, true, tail)
      }
      symbols = afterFirst
    }
    let at = symbols
    while (at < end) {
      const c = classAt(classes, bytes, at)
      if ((c & NOT_SYMBOL) !== 0) break
      at += c >> 8
    }
    while (at < end && (bytes[at] === 0x0a || bytes[at] === 0x0d)) at++
    return at
  }
}
