// Where a long text may be cut without changing a single id, so that it can be encoded window by window,
// appended to, or shared among threads.

/** Largest `i` in (from, to] at which the text may be cut, or -1. */
export type SafeCut = (text: string, from: number, to: number) => number

/**
 * For the scanners of this folder's neighbours (no look-behind; every pattern ends a piece before a space
 * that a letter precedes, and after a newline between visible characters): before the space of
 * `letter space letter`, and after the newline of `visible newline visible`, where the second is not `/`.
 */
export const cutBetweenWords: SafeCut = (text, from, to) => {
  for (let i = Math.min(to, text.length - 2); i > from; i--) {
    const before = text.charCodeAt(i - 1)
    if (before === 0x20 || before > 0x7a) continue
    const at = text.charCodeAt(i)
    if (before === 0x0a) {
      const last = i > 1 ? text.charCodeAt(i - 2) : 0
      if (last <= 0x20 || last >= 0x7f) continue
      if ((at > 0x20 && at < 0x7f && at !== 0x2f) || (at > 0x3040 && at < 0xd800)) return i
    } else if (at === 0x20 && isAsciiLetter(before) && isAsciiLetter(text.charCodeAt(i + 1))) {
      return i
    }
  }
  return -1
}

/** For pieces that end before each space or ▁: before a space between two ASCII letters, if `allowed`. */
export function cutBeforeSpace(allowed: (before: number) => boolean): SafeCut {
  return (text, from, to) => {
    for (let i = Math.min(to, text.length - 2); i > from; i--) {
      if (text.charCodeAt(i) !== 0x20) continue
      const before = text.charCodeAt(i - 1)
      if (isAsciiLetter(before) && allowed(before) && isAsciiLetter(text.charCodeAt(i + 1))) return i
    }
    return -1
  }
}

function isAsciiLetter(unit: number): boolean {
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
