// The initial symbols of a piece: single bytes (byte-level) or characters with byte fallback and unknowns.
import { TesseraError, utf8SequenceLength } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { Vocab } from '../vocab.ts'
import type { Merger } from './merge.ts'

/** Writes the initial symbols of `bytes[start .. end]` into the merger. */
export type Symbolize = (bytes: Uint8Array, start: number, end: number, merger: Merger) => void

/** Ids of the 256 single-byte tokens; -1 where the vocabulary has none. */
export function byteIds(vocab: Vocab): Int32Array {
  const ids = new Int32Array(256)
  const one = new Uint8Array(1)
  for (let b = 0; b < 256; b++) {
    one[0] = b
    ids[b] = vocab.idOf(one)
  }
  return ids
}

/** Each byte is a symbol. The vocabulary must have all 256. */
export function byteSymbols(ids: Int32Array): Symbolize {
  return (bytes, start, end, merger) => {
    const n = end - start
    merger.reset(n)
    for (let i = 0; i < n; i++) {
      merger.ids[i] = ids[bytes[start + i]!]!
      merger.starts[i] = start + i
    }
    merger.starts[n] = end
    merger.count = n
  }
}

/**
 * Each character is a symbol; one without a token becomes `<0xNN>` tokens (byteFallback), or the unknown
 * token, of which neighbours are fused when the model says so, or nothing.
 */
export function characterSymbols(model: BpeModelSpec): Symbolize {
  const { vocab } = model
  const unk = model.unkToken === null ? -1 : vocab.idOfString(model.unkToken)
  const fallback = model.byteFallback ? fallbackIds(vocab) : null
  const ascii = new Int32Array(128)
  const one = new Uint8Array(1)
  for (let b = 0; b < 128; b++) {
    one[0] = b
    ascii[b] = vocab.idOf(one)
  }
  // Ids of characters of two and three bytes, filled as they are met: 0 = not asked yet, else id + 2.
  const wide = new Int32Array(65536)
  const wideId = (bytes: Uint8Array, at: number, length: number): number => {
    if (length > 3) return vocab.idOf(bytes, at, at + length)
    const unit =
      length === 2
        ? ((bytes[at]! & 0x1f) << 6) | (bytes[at + 1]! & 0x3f)
        : ((bytes[at]! & 0x0f) << 12) | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f)
    let known = wide[unit]!
    if (known === 0) wide[unit] = known = vocab.idOf(bytes, at, at + length) + 2
    return known - 2
  }
  return (bytes, start, end, merger) => {
    merger.reset(end - start)
    const { ids, starts } = merger
    let n = 0
    let lastUnknown = false
    for (let at = start; at < end;) {
      const b = bytes[at]!
      const length = b < 0x80 ? 1 : utf8SequenceLength(bytes, at, end) || 1
      const id = b < 0x80 ? ascii[b]! : wideId(bytes, at, length)
      if (id >= 0) {
        ids[n] = id
        starts[n++] = at
        lastUnknown = false
      } else if (fallback && hasAll(fallback, bytes, at, length)) {
        for (let i = 0; i < length; i++) {
          ids[n] = fallback[bytes[at + i]!]!
          starts[n++] = at + i
        }
        lastUnknown = false
      } else if (unk >= 0) {
        if (!(lastUnknown && model.fuseUnk)) {
          ids[n] = unk
          starts[n++] = at
        }
        lastUnknown = true
      }
      at += length
    }
    starts[n] = end
    merger.count = n
  }
}

/** Ids of `<0x00>` … `<0xFF>`; -1 where missing. */
export function fallbackIds(vocab: Vocab): Int32Array {
  const ids = new Int32Array(256)
  for (let b = 0; b < 256; b++) {
    ids[b] = vocab.idOfString(`<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`)
  }
  return ids
}

function hasAll(fallback: Int32Array, bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (fallback[bytes[at + i]!]! < 0) return false
  return true
}

/** Throws FORMAT_INVALID when a byte-level vocabulary lacks the token of a byte. */
export function requireAllBytes(ids: Int32Array, name: string): void {
  const missing = ids.indexOf(-1)
  if (missing >= 0) {
    throw new TesseraError('FORMAT_INVALID', `The vocabulary has no token for the byte ${missing}`, {
      where: name,
    })
  }
}
