// The white-space tail that the known patterns share.
import { NEWLINE, SPACE, wideClass, type CharClasses } from './classes.ts'

/**
 * `\s*[\r\n]+|\s+(?!\S)|\s+` (with `newlines`) or `\s+(?!\S)|\s+` at `pos`, where a white-space character
 * stands. A run that ends the text is one piece; before a word its last character is left to that word.
 * `tail` puts `\s++$` first: a run that ends the text stays whole even when it holds newlines.
 */
export function spacesEnd(
  classes: CharClasses,
  bytes: Uint8Array,
  pos: number,
  end: number,
  newlines: boolean,
  tail: boolean,
): number {
  let at = pos
  let last = pos
  let afterNewline = -1
  while (at < end) {
    const b = bytes[at]!
    let flags: number
    let length: number
    if (b < 0x80) {
      flags = classes.ascii[b]!
      length = 1
    } else {
      const wide = wideClass(classes, bytes, at)
      flags = wide & 0xff
      length = wide >> 8
    }
    if ((flags & SPACE) === 0) break
    last = at
    at += length
    if ((flags & NEWLINE) !== 0) afterNewline = at
  }
  if (tail && at >= end) return at
  if (newlines && afterNewline >= 0) return afterNewline
  return at < end && last > pos ? last : at
}
