// Which bytes of the document each token covers.
//
// A byte-level token can end inside a character, while references report such tokens with the range of the
// whole character. So when the tokens' own bytes, laid end to end, are the document, those are the ranges;
// otherwise (lower-casing, a space put in front, unknown tokens) the tokenizer's offsets are.
import type { Encoding, Tokenizer } from '../../tokenizer/index.ts'

export interface Spans {
  /** `[tokens]` */
  ids: Uint32Array
  /** `[tokens]` first byte of each token in the document. */
  starts: Uint32Array
  /** `[tokens]` the byte behind its last. A token put there by the template covers nothing. */
  ends: Uint32Array
}

/** Bytes by id, asked for once per id. */
export class TokenBytes {
  private readonly tokenizer: Tokenizer
  private readonly known: (Uint8Array | undefined)[] = []

  constructor(tokenizer: Tokenizer) {
    this.tokenizer = tokenizer
  }

  of(id: number): Uint8Array {
    return (this.known[id] ??= this.tokenizer.info(id).bytes)
  }
}

/** Lays the tokens' bytes over the document; null when they are not the document. `head`, `tail`: how many
 * ids at either end come from the template. */
export function tile(
  ids: Uint32Array,
  tokens: TokenBytes,
  bytes: Uint8Array,
  head: number,
  tail: number,
): Spans | null {
  const starts = new Uint32Array(ids.length)
  const ends = new Uint32Array(ids.length)
  let at = 0
  for (let i = 0; i < ids.length; i++) {
    starts[i] = at
    if (i >= head && i < ids.length - tail) {
      const own = tokens.of(ids[i]!)
      if (own.length === 0 || at + own.length > bytes.length) return null
      for (let j = 0; j < own.length; j++) if (bytes[at + j] !== own[j]) return null
      at += own.length
    }
    ends[i] = at
  }
  return at === bytes.length ? { ids, starts, ends } : null
}

/** The tokenizer's own offsets. */
export function spansOf(encoding: Encoding): Spans {
  const { ids, byteOffsets } = encoding
  const starts = new Uint32Array(ids.length)
  const ends = new Uint32Array(ids.length)
  for (let i = 0; i < ids.length; i++) {
    starts[i] = byteOffsets[2 * i]!
    ends[i] = byteOffsets[2 * i + 1]!
  }
  return { ids, starts, ends }
}
