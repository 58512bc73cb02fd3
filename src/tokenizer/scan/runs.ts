// Runs of characters of a kind, which every known pattern is made of. `at` is where the run would begin.
import { classAt, NOT_SYMBOL, NUMBER, wideClass, type CharClasses } from './classes.ts'

/** End of the run of characters that have one of the flags of `mask`. */
export function runEnd(
  classes: CharClasses,
  bytes: Uint8Array,
  at: number,
  end: number,
  mask: number,
): number {
  const { ascii } = classes
  while (at < end) {
    const b = bytes[at]!
    if (b < 0x80) {
      if ((ascii[b]! & mask) === 0) break
      at++
    } else {
      const wide = wideClass(classes, bytes, at)
      if ((wide & mask) === 0) break
      at += wide >> 8
    }
  }
  return at
}

/** End of `[^\s\p{L}\p{N}]*`. */
export function symbolsEnd(classes: CharClasses, bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const c = classAt(classes, bytes, at)
    if ((c & NOT_SYMBOL) !== 0) break
    at += c >> 8
  }
  return at
}

/** End of a run of at most `most` numbers. */
export function numbersEnd(
  classes: CharClasses,
  bytes: Uint8Array,
  at: number,
  end: number,
  most: number,
): number {
  for (let n = 0; n < most && at < end; n++) {
    const c = classAt(classes, bytes, at)
    if ((c & NUMBER) === 0) break
    at += c >> 8
  }
  return at
}
