// The GPT-2 pattern (r50k_base, p50k_base, the ByteLevel pre-tokenizer of tokenizer.json):
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
import { LETTER, NOT_SYMBOL, NUMBER, SPACE } from './classes.ts'
import { classAt, wideClass, type CharClasses } from './classes.ts'
import { contractionEnd } from './contractions.ts'
import type { Scan } from './scan.ts'
import { spacesEnd } from './whitespace.ts'

export function gpt2Scanner(classes: CharClasses): Scan {
  const { ascii } = classes

  return function next(bytes, pos, end) {
    if (bytes[pos] === 0x27) {
      const stop = contractionEnd(bytes, pos, end, 'exact')
      if (stop > pos) return stop
    }
    const first = classAt(classes, bytes, pos)
    let at = pos + (first >> 8)
    let kind = first & NOT_SYMBOL
    if ((first & SPACE) !== 0) {
      if (bytes[pos] !== 0x20 || at >= end) return spacesEnd(classes, bytes, pos, end, false, false)
      const second = classAt(classes, bytes, at)
      if ((second & SPACE) !== 0) return spacesEnd(classes, bytes, pos, end, false, false)
      kind = second & NOT_SYMBOL
      at += second >> 8
    }
    // One run of letters (LETTER), of numbers (NUMBER), or of neither (0).
    const mask = kind === 0 ? NOT_SYMBOL : kind & (LETTER | NUMBER)
    while (at < end) {
      const b = bytes[at]!
      const c = b < 0x80 ? ascii[b]! | 0x100 : wideClass(classes, bytes, at)
      if ((kind === 0) !== ((c & mask) === 0)) break
      at += c >> 8
    }
    return at
  }
}
