// SentencePiece's view of spaces, ▁ (U+2581, UTF-8 E2 96 81), on bytes: writing it, and cutting at it.
import type { BpeModelSpec } from '../spec.ts'
import type { Scan } from '../scan/index.ts'

export function isMetaspace(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81
}

/**
 * Last bytes of the characters that some merge joins with a ▁ behind them: `[256]` 1 = never cut there.
 * Everywhere else no merge can reach across the start of a run of ▁, so the text falls into words that are
 * encoded each for itself, with the same result as encoding it whole.
 */
export function joinedBeforeMetaspace(model: BpeModelSpec): Uint8Array {
  const joined = new Uint8Array(256)
  const { vocab } = model
  for (let id = 0; id < vocab.size; id++) {
    const start = vocab.offsets[id]!
    const end = vocab.offsets[id + 1]!
    for (let i = start + 1; i + 2 < end; i++) {
      if (isMetaspace(vocab.bytes, i) && !(i >= start + 3 && isMetaspace(vocab.bytes, i - 3))) {
        joined[vocab.bytes[i - 1]!] = 1
      }
    }
  }
  return joined
}

/** Pieces that start at each run of ▁, except behind a character of `joined`. */
export function metaspaceRunScanner(joined: Uint8Array): Scan {
  return (bytes, pos, end) => {
    let at = pos
    while (at + 2 < end && isMetaspace(bytes, at)) at += 3
    for (at++; at + 2 < end; at++) {
      if (bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81) {
        if (joined[bytes[at - 1]!] === 0 && !isMetaspace(bytes, at - 3)) return at
        at += 2
      }
    }
    return end
  }
}

/** Pieces that start at each ▁ (Metaspace with `split`). */
export const metaspaceSplitScanner: Scan = (bytes, pos, end) => {
  for (let at = pos + 1; at + 2 < end; at++) {
    if (bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81) return at
  }
  return end
}

/** Length of the text once every space is ▁. */
export function metaspacedLength(bytes: Uint8Array, length: number): number {
  let n = length
  for (let i = 0; i < length; i++) if (bytes[i] === 0x20) n += 2
  return n
}

/** Writes `bytes[0 .. length]` into `out` with every space as ▁. Returns the end. */
export function writeMetaspaced(bytes: Uint8Array, length: number, out: Uint8Array, at: number): number {
  for (let i = 0; i < length; i++) {
    const b = bytes[i]!
    if (b === 0x20) {
      out[at] = 0xe2
      out[at + 1] = 0x96
      out[at + 2] = 0x81
      at += 3
    } else {
      out[at++] = b
    }
  }
  return at
}
