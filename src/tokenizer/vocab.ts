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
  /** `[2 * capacity]` of (hash, id + 1); 0 = free. */
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
    const { bytes, offsets } = this
    let hash = length
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
    hash ^= hash >>> 15
    if ((this.filter[(hash >>> 5) & ((FILTER_BITS >> 5) - 1)]! & (1 << (hash & 31))) === 0) return -1
    let at = hash & this.mask
    for (;;) {
      const stored = slots[2 * at + 1]!
      if (stored === 0) return -1
      if (slots[2 * at] === hash) {
        const from = offsets[stored - 1]!
        if (offsets[stored]! - from === length) {
          let i = 0
          while (i < length && bytes[from + i] === source[start + i]) i++
          if (i === length) return stored - 1
        }
      }
      at = (at + 1) & this.mask
    }
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
    while (capacity < this.size * 2) capacity *= 2
    const slots = new Int32Array(capacity * 2)
    this.filter = new Int32Array(FILTER_BITS >> 5)
    const { bytes, offsets } = this
    this.mask = capacity - 1
    for (let id = 0; id < this.size; id++) {
      const start = offsets[id]!
      const end = offsets[id + 1]!
      if (start === end || this.literal.has(id)) continue
      let hash = end - start
      for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
      hash ^= hash >>> 15
      let at = hash & this.mask
      let known = false
      let probes = 0
      while (slots[2 * at + 1] !== 0) {
        if (++probes > MAX_PROBES) throw collision(id)
        if (slots[2 * at] === hash) {
          const other = slots[2 * at + 1]! - 1
          const from = offsets[other]!
          if (offsets[other + 1]! - from === end - start) {
            let i = 0
            while (i < end - start && bytes[from + i] === bytes[start + i]) i++
            if (i === end - start) known = true
          }
          if (known) break
        }
        at = (at + 1) & this.mask
      }
      if (known) continue
      slots[2 * at] = hash
      slots[2 * at + 1] = id + 1
      this.filter[(hash >>> 5) & ((FILTER_BITS >> 5) - 1)]! |= 1 << (hash & 31)
    }
    this.slots = slots
    return slots
  }
}
