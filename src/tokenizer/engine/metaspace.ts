// SentencePiece's view of spaces, ▁ (U+2581), and cutting a text that has no pre-tokenizer into pieces all
// the same. The surprising thing: no ▁ is ever written. To these models a space and a ▁ are one character,
// so the lane's bytes and its copy of the vocabulary spell both as a space: one byte instead of three.
import { fallbackIds } from '../bpe/symbols.ts'
import { replacedIn } from '../decode/token-table.ts'
import type { Scan } from '../scan/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import type { InlineAdded } from './inline-added.ts'

const METASPACE = Uint8Array.of(0xe2, 0x96, 0x81)
const SPACE = 0x20

/**
 * The model with every ▁ of its tokens as a space; tokens with a true space, which no text reaches, have no
 * bytes. Null when ▁ is not a token by itself, or part of the unknown token.
 */
export function spacedModel(model: BpeModelSpec): BpeModelSpec | null {
  const { vocab, unkToken } = model
  if (vocab.idOf(METASPACE) < 0 || (unkToken !== null && /[ ▁]/.test(unkToken))) return null
  return { ...model, vocab: spacedVocab(vocab) }
}

function spacedVocab(vocab: Vocab): Vocab {
  const { bytes, offsets, size } = vocab
  const reachable = vocab.bytes.includes(SPACE) ? withoutSpaces(bytes, offsets, size) : { bytes, offsets }
  const spaced = replacedIn(reachable, { from: METASPACE, to: Uint8Array.of(SPACE) })
  return new Vocab(spaced.bytes, spaced.offsets, 'text')
}

function withoutSpaces(bytes: Uint8Array, offsets: Uint32Array, size: number) {
  const kept = new Uint8Array(bytes.length)
  const starts = new Uint32Array(size + 1)
  let used = 0
  for (let id = 0; id < size; id++) {
    const token = bytes.subarray(offsets[id]!, offsets[id + 1]!)
    if (!token.includes(SPACE)) {
      kept.set(token, used)
      used += token.length
    }
    starts[id + 1] = used
  }
  return { bytes: kept.subarray(0, used), offsets: starts }
}

/** Spells every ▁ of `bytes[start .. end]` as a space, in place. Returns the new end. */
export function spaceMetaspaces(bytes: Uint8Array, start: number, end: number): number {
  let to = start
  for (let at = start; at < end; at++) {
    if (bytes[at] === 0xe2 && bytes[at + 1] === 0x96 && bytes[at + 2] === 0x81) {
      bytes[to++] = SPACE
      at += 2
    } else {
      bytes[to++] = bytes[at]!
    }
  }
  return to
}

/**
 * `[65536]` JOINED = some merge joins a token whose last byte is the high half with one whose first byte is
 * the low half. Where two characters meet at a seam that no merge joins, nothing ever crosses it, and the text
 * may be cut there: the pieces, each encoded for itself, give the same ids.
 */
export type Seams = Uint8Array

const JOINED = 1
/** As JOINED, but an added token may start at the second byte. */
const ASK = 2

/** Of a spaced model. Null when cutting would show: neighbouring unknown characters are fused into one token. */
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
    seams[(bytes[leftEnd - 1]! << 8) | bytes[right]!] = JOINED
  }
  return seams
}

/** Whether the text may be cut between an ASCII character and a space behind it. */
export function cutsBeforeMetaspace(seams: Seams, before: number): boolean {
  return seams[(before << 8) | SPACE] === 0
}

/** Pieces that end at the first seam that no merge joins, or where one of the added tokens starts. */
export function seamScanner(seams: Seams, added: InlineAdded | null = null): Scan {
  const table = seams.slice()
  if (added !== null) {
    for (let pair = 0; pair < 65536; pair++) {
      if (table[pair] === JOINED && added.starts[pair & 0xff] === 1) table[pair] = ASK
    }
  }
  return (bytes, pos, end) => {
    let before = bytes[pos]!
    for (let at = pos + 1; at < end; at++) {
      const b = bytes[at]!
      if ((b & 0xc0) !== 0x80) {
        const seam = table[(before << 8) | b]!
        if (seam === 0 || (seam === ASK && added!.match(bytes, at, end) > at)) return at
      }
      before = b
    }
    return end
  }
}

/** Pieces that start at each ▁ (Metaspace with `split`). */
export const metaspaceSplitScanner: Scan = (bytes, pos, end) => {
  for (let at = pos + 1; at < end; at++) if (bytes[at] === SPACE) return at
  return end
}
