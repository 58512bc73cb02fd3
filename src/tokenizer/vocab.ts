// The vocabulary: ids ⇄ token bytes, in three flat arrays (no object per token), with a hash index
// built on first use. Loading 200,000 tokens costs one pass over a few MB.
import { TesseraError, utf8Decode, utf8Encode } from '../core/index.ts'
import { alphabetToBytes, bytesToAlphabet } from './alphabet.ts'

/**
 * How token bytes relate to the strings of tokenizer.json.
 * - `text`: the UTF-8 of the string (SentencePiece, WordPiece, WordLevel, character BPE);
 * - `bytes`: raw bytes; tokenizer.json writes them in the GPT-2 byte alphabet (byte-level BPE, tiktoken).
 */
export type VocabAlphabet = 'text' | 'bytes'

const FILTER_BITS = 1 << 21
/** Int32 words of a slot of the index. */
const STRIDE = 3
/** Lengths from here on are written as this one in the index and looked up in `offsets`. */
const LONG = 255
/** Far beyond what chance makes of 2^24 tokens: only a file made to collide gets here. */
const MAX_PROBES = 4096

function collision(id: number): TesseraError {
  return new TesseraError(
    'FORMAT_INVALID',
    'Too many tokens share one hash: the file was made to stall its reader',
    {
      where: `token ${id}`,
    },
  )
}

export class Vocab {
  /** Number of ids: largest id + 1. Some ids may be holes (see `has`). */
  readonly size: number
  /** All token bytes, one after another, in id order. */
  readonly bytes: Uint8Array
  /** `[size + 1]`: token `id` is `bytes[offsets[id] .. offsets[id + 1]]`. A hole has length 0. */
  readonly offsets: Uint32Array
  readonly alphabet: VocabAlphabet
  /**
   * Only for alphabet `bytes`: ids whose tokenizer.json string is not written in the byte alphabet
   * (for example `<｜tool｜>`): their bytes are the UTF-8 of the string, and no input byte reaches them.
   */
  readonly literal: ReadonlySet<number>
  /** Longest token, in bytes. */
  readonly maxTokenBytes: number
  /**
   * `[STRIDE * capacity]`: for a token of up to 8 bytes the bytes themselves in two words, for a longer one its
   * hash and where its bytes start; then `min(length, LONG) << 24 | id`, 0 = free. One read from memory decides
   * most look-ups.
   */
  private slots: Int32Array | null = null
  private mask = 0
  /** One bit per hash: most byte strings that are no token are told apart without touching the index. */
  private filter = new Int32Array(0)

  constructor(
    bytes: Uint8Array,
    offsets: Uint32Array,
    alphabet: VocabAlphabet,
    literal: ReadonlySet<number> = new Set(),
  ) {
    this.bytes = bytes
    this.offsets = offsets
    this.size = offsets.length - 1
    this.alphabet = alphabet
    this.literal = literal
    let longest = 0
    for (let id = 0; id < this.size; id++) {
      const n = offsets[id + 1]! - offsets[id]!
      if (n > longest) longest = n
    }
    this.maxTokenBytes = longest
  }

  /** From tokenizer.json strings by id; `undefined` = hole. */
  static fromStrings(strings: readonly (string | undefined)[], alphabet: VocabAlphabet): Vocab {
    const literal = new Set<number>()
    const parts = strings.map((s, id) => {
      if (s === undefined) return new Uint8Array(0)
      if (alphabet === 'text') return utf8Encode(s)
      const raw = alphabetToBytes(s)
      if (raw) return raw
      literal.add(id)
      return utf8Encode(s)
    })
    return Vocab.fromBytes(parts, alphabet, literal)
  }

  /** From token bytes by id; an empty array = hole. */
  static fromBytes(
    parts: readonly Uint8Array[],
    alphabet: VocabAlphabet,
    literal: ReadonlySet<number> = new Set(),
  ): Vocab {
    const offsets = new Uint32Array(parts.length + 1)
    for (let i = 0; i < parts.length; i++) offsets[i + 1] = offsets[i]! + parts[i]!.length
    const bytes = new Uint8Array(offsets[parts.length]!)
    for (let i = 0; i < parts.length; i++) bytes.set(parts[i]!, offsets[i]!)
    return new Vocab(bytes, offsets, alphabet, literal)
  }

  has(id: number): boolean {
    return id >= 0 && id < this.size && this.offsets[id + 1]! > this.offsets[id]!
  }

  /** The token's bytes (a view, do not write to it); empty for a hole. */
  bytesOf(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id]!, this.offsets[id + 1]!)
  }

  /** The token as tokenizer.json writes it. */
  stringOf(id: number): string {
    const bytes = this.bytesOf(id)
    return this.alphabet === 'text' || this.literal.has(id) ? utf8Decode(bytes) : bytesToAlphabet(bytes)
  }

  /** Id of the token with exactly the bytes `source[start .. end]`, or -1. */
  idOf(source: Uint8Array, start = 0, end = source.length): number {
    const length = end - start
    if (length === 0 || length > this.maxTokenBytes) return -1
    const slots = this.slots ?? this.index()
    const long = length > 8
    const first = long ? hashLong(source, start, end) : wordAt(source, start, end)
    const second = long || length < 5 ? 0 : wordAt(source, start + 4, end)
    const hash = mixed(first, second, length)
    if ((this.filter[(hash >>> 5) & ((FILTER_BITS >> 5) - 1)]! & (1 << (hash & 31))) === 0) return -1
    const size = length < LONG ? length : LONG
    for (let at = hash & this.mask; ; at = (at + 1) & this.mask) {
      const last = slots[STRIDE * at + 2]!
      if (last === 0) return -1
      if (last >>> 24 !== size || slots[STRIDE * at] !== first) continue
      const other = slots[STRIDE * at + 1]!
      const id = last & 0xffffff
      if (long ? this.hasBytes(id, other, source, start, length) : other === second) return id
    }
  }

  private hasBytes(id: number, from: number, source: Uint8Array, start: number, length: number): boolean {
    if (length >= LONG && this.offsets[id + 1]! - from !== length) return false
    const { bytes } = this
    let i = 0
    while (i < length && bytes[from + i] === source[start + i]) i++
    return i === length
  }

  /** Id of the token that tokenizer.json writes as `text`, or -1. */
  idOfString(text: string): number {
    if (this.alphabet === 'bytes') {
      const raw = alphabetToBytes(text)
      if (raw) return this.idOf(raw)
      for (const id of this.literal) if (utf8Decode(this.bytesOf(id)) === text) return id
      return -1
    }
    return this.idOf(utf8Encode(text))
  }

  /** Builds the index; when two ids have the same bytes, the first one wins. Literal ids are left out. */
  private index(): Int32Array {
    let capacity = 16
    while (capacity < this.size * 1.25) capacity *= 2
    const slots = new Int32Array(capacity * STRIDE)
    this.filter = new Int32Array(FILTER_BITS >> 5)
    const { bytes, offsets } = this
    const mask = capacity - 1
    for (let id = 0; id < this.size; id++) {
      const start = offsets[id]!
      const end = offsets[id + 1]!
      const length = end - start
      if (length === 0 || this.literal.has(id)) continue
      const long = length > 8
      const first = long ? hashLong(bytes, start, end) : wordAt(bytes, start, end)
      const second = long || length < 5 ? 0 : wordAt(bytes, start + 4, end)
      const hash = mixed(first, second, length)
      const size = length < LONG ? length : LONG
      let at = hash & mask
      let known = false
      for (let probes = 0; ; at = (at + 1) & mask) {
        const last = slots[STRIDE * at + 2]!
        if (last === 0) break
        if (++probes > MAX_PROBES) throw collision(id)
        if (last >>> 24 !== size || slots[STRIDE * at] !== first) continue
        const other = slots[STRIDE * at + 1]!
        known = long ? this.hasBytes(last & 0xffffff, other, bytes, start, length) : other === second
        if (known) break
      }
      if (known) continue
      slots[STRIDE * at] = first
      slots[STRIDE * at + 1] = long ? start : second
      slots[STRIDE * at + 2] = (size << 24) | id
      this.filter[(hash >>> 5) & ((FILTER_BITS >> 5) - 1)]! |= 1 << (hash & 31)
    }
    this.slots = slots
    this.mask = mask
    return slots
  }
}

/** Up to four bytes from `at`, little-endian, as if zeros followed `end`. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  let word = bytes[at]!
  if (at + 1 < end) word |= bytes[at + 1]! << 8
  if (at + 2 < end) word |= bytes[at + 2]! << 16
  if (at + 3 < end) word |= bytes[at + 3]! << 24
  return word
}

function hashLong(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let at = start; at < end; at += 4) {
    hash = Math.imul(hash ^ wordAt(bytes, at, end), 0x9e3779b1)
    hash ^= hash >>> 15
  }
  return hash
}

function mixed(first: number, second: number, length: number): number {
  const hash = Math.imul(Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b) ^ length, 0xc2b2ae35)
  return hash ^ (hash >>> 15)
}
