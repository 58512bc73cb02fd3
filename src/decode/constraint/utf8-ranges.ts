// Sets of code points as sequences of byte ranges: the strings of UTF-8 that spell one character of the set. The
// method is that of Russ Cox (2010, "Regular Expression Matching in the Wild") and the Rust crate utf8-ranges:
// a range is cut until its first and last character differ only in whole blocks of continuation bytes.
import { utf8Encode } from '../../core/index.ts'
import type { CodePointSet } from '../../tokenizer/index.ts'

/** Inclusive. */
export type ByteRange = readonly [low: number, high: number]

const SURROGATES: ByteRange = [0xd800, 0xdfff]
/** Last code points of one, two and three bytes. */
const LENGTH_ENDS = [0x7f, 0x7ff, 0xffff]

export function utf8Sequences(set: CodePointSet): ByteRange[][] {
  const sequences: ByteRange[][] = []
  for (let i = 0; i < set.length; i += 2) {
    const low = set[i]!
    const high = set[i + 1]! - 1
    // No text holds a surrogate.
    if (low < SURROGATES[0]) cut(low, Math.min(high, SURROGATES[0] - 1), sequences)
    if (high > SURROGATES[1]) cut(Math.max(low, SURROGATES[1] + 1), high, sequences)
  }
  return sequences
}

function cut(low: number, high: number, out: ByteRange[][]): void {
  if (low > high) return
  const halve = (at: number): void => {
    cut(low, at, out)
    cut(at + 1, high, out)
  }
  for (const end of LENGTH_ENDS) if (low <= end && high > end) return halve(end)
  for (let bits = 6; bits <= 18 && high > 0x7f; bits += 6) {
    const block = (1 << bits) - 1
    if ((low | block) === (high | block)) break
    if ((low & block) !== 0) return halve(low | block)
    if ((high & block) !== block) return halve((high & ~block) - 1)
  }
  const first = utf8Encode(String.fromCodePoint(low))
  const last = utf8Encode(String.fromCodePoint(high))
  out.push(Array.from(first, (byte, i) => [byte, last[i]!] as const))
}
