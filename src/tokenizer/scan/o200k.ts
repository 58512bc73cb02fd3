// The o200k pattern (OpenAI o200k_base; GPT-4o, gpt-oss) as a scanner:
//   1. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//   2. [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:…)?
//   3. \p{N}{1,3}    4. ` ?[^\s\p{L}\p{N}]+[\r\n/]*`    5. \s*[\r\n]+    6. \s+(?!\S)    7. \s+
// Upper and lower overlap (Lm, Lo, M are both), so alternative 1 may have to give back a tail of capitals.
import { LETTER, LOWER, NEWLINE, NOT_SYMBOL, NUMBER, SPACE, UPPER } from './classes.ts'
import { classAt, wideClass, type CharClasses } from './classes.ts'
import { contractionEnd, type ContractionCase } from './contractions.ts'
import { numbersEnd, runEnd, symbolsEnd } from './runs.ts'
import type { Scan } from './scan.ts'
import { spacesEnd } from './whitespace.ts'

export function o200kScanner(classes: CharClasses, contractions: ContractionCase): Scan {
  const { ascii } = classes

  /**
   * Alternatives 1 and 2 behind the optional first character. Returns the end of alternative 1, or the
   * negated end of a run of capitals (alternative 2), which is never 0 because it is not empty.
   */
  function word(bytes: Uint8Array, start: number, end: number): number {
    let at = start
    let afterBoth = -1
    while (at < end) {
      const b = bytes[at]!
      let flags: number
      let length: number
      if (b < 0x80) {
        flags = ascii[b]!
        length = 1
      } else {
        const wide = wideClass(classes, bytes, at)
        flags = wide & 0xff
        length = wide >> 8
      }
      if ((flags & UPPER) === 0) break
      at += length
      if ((flags & LOWER) !== 0) afterBoth = at
    }
    const stop = runEnd(classes, bytes, at, end, LOWER)
    if (stop > at) return stop
    return afterBoth >= 0 ? afterBoth : -at
  }

  return function next(bytes, pos, end) {
    const first = classAt(classes, bytes, pos)
    const afterFirst = pos + (first >> 8)
    if ((first & LETTER) !== 0) {
      const stop = word(bytes, pos, end)
      return contractionEnd(bytes, stop < 0 ? -stop : stop, end, contractions)
    }
    if ((first & NUMBER) !== 0) return numbersEnd(classes, bytes, afterFirst, end, 2)
    const isMark = (first & (UPPER | LOWER)) !== 0
    if ((first & NEWLINE) === 0 && afterFirst < end) {
      if ((classAt(classes, bytes, afterFirst) & (UPPER | LOWER)) !== 0) {
        const stop = word(bytes, afterFirst, end)
        if (stop > 0) return contractionEnd(bytes, stop, end, contractions)
        // Only capitals follow. A mark is then a whole match of alternative 1 by itself.
        return contractionEnd(bytes, isMark ? afterFirst : -stop, end, contractions)
      }
    }
    if (isMark) return contractionEnd(bytes, afterFirst, end, contractions)
    let symbols = pos
    if ((first & SPACE) !== 0) {
      if (bytes[pos] !== 0x20 || afterFirst >= end) return spacesEnd(classes, bytes, pos, end, true, false)
      if ((classAt(classes, bytes, afterFirst) & NOT_SYMBOL) !== 0) {
        return spacesEnd(classes, bytes, pos, end, true, false)
      }
      symbols = afterFirst
    }
    let at = symbolsEnd(classes, bytes, symbols, end)
    while (at < end) {
      const b = bytes[at]!
      if (b !== 0x0a && b !== 0x0d && b !== 0x2f) break
      at++
    }
    return at
  }
}
