// SentencePiece's view of spaces, ▁ (U+2581, UTF-8 E2 96 81), on bytes: writing it, and cutting a text that
// has no pre-tokenizer into pieces all the same.
import { fallbackIds } from '../bpe/symbols.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { Scan } from '../scan/index.ts'

export function isMetaspace(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81
}

/** Stands for ▁ in `Seams`; no UTF-8 has this byte. */
const METASPACE = 0xff

/**
 * `[65536]` 1 = some merge joins a token whose last byte is the high half with one whose first byte is the
 * low half (▁ counts as one byte, 0xFF). Where two characters meet at a seam that no merge joins, nothing
 * ever crosses it, and the text may be cut there: the pieces, each encoded for itself, give the same ids.
 */
export type Seams = Uint8Array

/** Null when cutting would show: neighbouring unknown characters are fused into one token. */
export function seamsOf(model: BpeModelSpec): Seams | null {
  const { vocab, merges } = model
  if (!merges) return null
  const covered = model.byteFallback && !fallbackIds(vocab).includes(-1)
  if (model.fuseUnk && model.unkToken !== null && !covered) return null
  const { bytes, offsets } = vocab
  const seams = new Uint8Array(65536)
  for (let i = 0; i < merges.length; i += 2) {
    const leftEnd = offsets[merges[i]! + 1]!
    const right = offsets[merges[i + 1]!]!
    const before = isMetaspace(bytes, leftEnd - 3) ? METASPACE : bytes[leftEnd - 1]!
    const after = isMetaspace(bytes, right) ? METASPACE : bytes[right]!
    seams[(before << 8) | after] = 1
  }
  return seams
}

/** Whether the text may be cut between an ASCII character and a ▁ behind it. */
export function cutsBeforeMetaspace(seams: Seams, before: number): boolean {
  return seams[(before << 8) | METASPACE] === 0
}

/** Pieces that end at the first seam that no merge joins. */
export function seamScanner(seams: Seams): Scan {
  return (bytes, pos, end) => {
    let at = pos
    let before = 0
    // The first character.
    if (isMetaspace(bytes, pos)) {
      before = METASPACE
      at += 3
    } else {
      before = bytes[at++]!
    }
    while (at < end) {
      const b = bytes[at]!
      if ((b & 0xc0) === 0x80) {
        before = b
        at++
      } else if (b === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81) {
        if (seams[(before << 8) | METASPACE] === 0) return at
        before = METASPACE
        at += 3
      } else {
        if (seams[(before << 8) | b] === 0) return at
        before = b
        at++
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
