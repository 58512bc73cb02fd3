// What every token of a tokenizer spells: its bytes in the middle of a decoded text, whatever the model type.
// All of this room asks one question of it: which tokens begin the bytes that stand here? Tokens are kept in
// the order of their bytes, so that a walk narrows a range of that order byte by byte: a trie without nodes.
// Tokens with equal bytes (a byte-fallback token beside the character's own) are neighbours in that order.
import { utf8Decode } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'

const SPECIAL = 1
const ADDED = 2
const KNOWN = 4

export class TokenTable {
  /** Largest id + 1. */
  readonly size: number
  /** Bytes of all tokens, one after another, in id order. */
  readonly bytes: Uint8Array
  /** `[size + 1]`: token `id` spells `bytes[offsets[id] .. offsets[id + 1]]`. */
  readonly offsets: Uint32Array
  /** Ids of tokens that spell text (no special tokens, nothing empty), in the order of their bytes. */
  readonly order: Uint32Array
  /** Bytes of the longest token. */
  readonly longest: number
  private readonly flags: Uint8Array
  /** `[257]` where in `order` the tokens with a first byte begin. */
  private readonly first = new Uint32Array(257)

  private constructor(tokenizer: Tokenizer) {
    const { spec } = tokenizer
    this.size = tokenizer.vocabSize
    this.flags = new Uint8Array(this.size)
    const { vocab } = spec.model
    for (let id = 0; id < vocab.size; id++) if (vocab.has(id)) this.flags[id] = KNOWN
    for (const token of spec.addedTokens) {
      this.flags[token.id]! |= KNOWN | ADDED | (token.special ? SPECIAL : 0)
      const twin = token.special ? vocab.idOfString(token.content) : -1
      if (twin >= 0) this.flags[twin]! |= SPECIAL
    }
    const table = spelledBytes(tokenizer, this.flags)
    this.bytes = table.bytes
    this.offsets = table.offsets
    this.order = this.sorted()
    let longest = 0
    for (let id = 0; id < this.size; id++) longest = Math.max(longest, this.lengthOf(id))
    this.longest = longest
  }

  /** The table of a tokenizer, built once (0.1 to 0.5 s for 200,000 tokens) and kept with it. */
  static of(tokenizer: Tokenizer): TokenTable {
    let table = tables.get(tokenizer)
    if (!table) {
      table = new TokenTable(tokenizer)
      tables.set(tokenizer, table)
    }
    return table
  }

  has(id: number): boolean {
    return (this.flags[id]! & KNOWN) !== 0
  }

  isSpecial(id: number): boolean {
    return (this.flags[id]! & SPECIAL) !== 0
  }

  /** In the vocabulary by `added_tokens`, not by the model. */
  isAdded(id: number): boolean {
    return (this.flags[id]! & ADDED) !== 0
  }

  /** A view, not to be written to; empty for an id without a token. */
  bytesOf(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id]!, this.offsets[id + 1]!)
  }

  lengthOf(id: number): number {
    return this.offsets[id + 1]! - this.offsets[id]!
  }

  /** For people; an incomplete character shows as U+FFFD. */
  textOf(id: number): string {
    return utf8Decode(this.bytesOf(id))
  }

  /** Calls `visit` with each token that `text[from .. to]` begins with, shortest first, and where it ends. */
  prefixes(text: Uint8Array, from: number, to: number, visit: (id: number, end: number) => void): void {
    if (from >= to) return
    const { order, offsets, bytes } = this
    let low = this.first[text[from]!]!
    let high = this.first[text[from]! + 1]!
    for (let depth = 1; low < high; depth++) {
      while (low < high && this.lengthOf(order[low]!) === depth) visit(order[low++]!, from + depth)
      if (from + depth >= to || low === high) return
      const byte = text[from + depth]!
      let a = low
      let b = high
      while (a < b) {
        const middle = (a + b) >>> 1
        if (bytes[offsets[order[middle]!]! + depth]! < byte) a = middle + 1
        else b = middle
      }
      low = a
      b = high
      while (a < b) {
        const middle = (a + b) >>> 1
        if (bytes[offsets[order[middle]!]! + depth]! <= byte) a = middle + 1
        else b = middle
      }
      high = a
    }
  }

  /** The tokens that spell exactly these bytes. */
  spelling(text: Uint8Array): number[] {
    const ids: number[] = []
    this.prefixes(text, 0, text.length, (id, end) => {
      if (end === text.length) ids.push(id)
    })
    return ids
  }

  /** Buckets by first byte, then a comparison sort inside each. */
  private sorted(): Uint32Array {
    const { first, bytes, offsets } = this
    const counted = (id: number) => this.lengthOf(id) > 0 && !this.isSpecial(id)
    let total = 0
    for (let id = 0; id < this.size; id++) {
      if (!counted(id)) continue
      first[bytes[offsets[id]!]! + 1]!++
      total++
    }
    for (let byte = 0; byte < 256; byte++) first[byte + 1]! += first[byte]!
    const next = first.slice(0, 256)
    const order = new Uint32Array(total)
    for (let id = 0; id < this.size; id++) if (counted(id)) order[next[bytes[offsets[id]!]!]!++] = id
    const compare = (x: number, y: number): number => {
      const a = offsets[x]!
      const b = offsets[y]!
      const lengthA = offsets[x + 1]! - a
      const lengthB = offsets[y + 1]! - b
      const shared = Math.min(lengthA, lengthB)
      for (let i = 1; i < shared; i++) {
        const difference = bytes[a + i]! - bytes[b + i]!
        if (difference !== 0) return difference
      }
      return lengthA - lengthB || x - y
    }
    for (let byte = 0; byte < 256; byte++) order.subarray(first[byte]!, first[byte + 1]!).sort(compare)
    return order
  }
}

const tables = new WeakMap<Tokenizer, TokenTable>()

/**
 * Byte-level vocabularies hold these bytes already. Of all others each token is decoded behind a first one,
 * since many decoders treat the first token of a text differently.
 */
function spelledBytes(tokenizer: Tokenizer, flags: Uint8Array): { bytes: Uint8Array; offsets: Uint32Array } {
  const { model, decoder } = tokenizer.spec
  const { vocab } = model
  const plain = vocab.alphabet === 'bytes' && decoder?.type === 'ByteLevel'
  const isKnown = (id: number) => (flags[id]! & KNOWN) !== 0
  let anchor = 0
  while (anchor < tokenizer.vocabSize && (!isKnown(anchor) || (flags[anchor]! & SPECIAL) !== 0)) anchor++
  const keep = { skipSpecials: false }
  const lead = anchor < tokenizer.vocabSize ? tokenizer.decodeBytes([anchor], keep).length : 0
  const bytesOf = (id: number): Uint8Array =>
    plain && (flags[id]! & ADDED) === 0
      ? vocab.bytesOf(id)
      : tokenizer.decodeBytes([anchor, id], keep).subarray(lead)
  const offsets = new Uint32Array(tokenizer.vocabSize + 1)
  let bytes = new Uint8Array(Math.max(1024, tokenizer.vocabSize * 8))
  let used = 0
  for (let id = 0; id < tokenizer.vocabSize; id++) {
    const some = isKnown(id) ? bytesOf(id) : NONE
    if (used + some.length > bytes.length) {
      const wider = new Uint8Array((used + some.length) * 2)
      wider.set(bytes.subarray(0, used))
      bytes = wider
    }
    bytes.set(some, used)
    used += some.length
    offsets[id + 1] = used
  }
  return { bytes: bytes.subarray(0, used), offsets }
}

const NONE = new Uint8Array(0)
