// Long texts go through the counter in blocks. Where a block ends depends on the text alone, never on how
// it was read or by which thread: near each multiple of BLOCK, before a space that follows an ASCII letter
// (every known pattern ends a piece there) or, where lines are documents, after a newline. A stretch of
// WINDOW bytes without such a place is cut before the next best character.
export const BLOCK = 1 << 20
export const WINDOW = 1 << 16

/** Where the text is cut near `limit`: an index in `(limit - WINDOW, limit]`, or less at its very start. */
export function blockEnd(bytes: Uint8Array, limit: number, documents: 'whole' | 'lines'): number {
  const least = Math.max(1, limit - WINDOW + 1)
  if (documents === 'lines') {
    for (let i = limit; i >= least; i--) if (bytes[i - 1] === 0x0a) return i
  } else {
    for (let i = limit - 1; i >= least; i--) {
      if (bytes[i] !== 0x20) continue
      const letter = bytes[i - 1]! | 0x20
      if (letter >= 0x61 && letter <= 0x7a) return i
    }
  }
  let i = limit - 1
  while (i > least && (bytes[i]! & 0xc0) === 0x80) i--
  return i
}
