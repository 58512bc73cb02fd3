// A tokenizer for executables and any other bytes: Binary BPE (Bommarito 2025, arXiv 2511.17573).
// One object holds the whole nested family, since the member of size v is the first v ids: `size` in each
// call picks the member. Input and output are bytes; nothing here knows about text.
import { compareBytes, TesseraError, type LongWork } from '../../core/index.ts'
import { isCompact, readCompact, readTokenizerJson } from '../formats/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { SequenceEncoder } from './encode.ts'
import { BINARY_SPECIALS, FIRST_BYTE_ID, FIRST_MERGE_ID, mergesOfSize } from './layout.ts'
import { MergeTable } from './merge-table.ts'
import { binarySpec, mergesFromSpec } from './spec.ts'
import { tokenizerJson, type BinaryJsonForm } from './tokenizer-json.ts'

export interface BinaryEncodeOptions extends LongWork {
  /** Which member of the family: its vocabulary size, 263 or more. Default: the largest. */
  size?: number
}

export class BinaryTokenizer {
  readonly name: string
  /** Number of ids of the largest member. */
  readonly size: number
  /** `[2 * (size - 263)]` pairs of ids; merge m makes id 263 + m. */
  readonly merges: Uint32Array
  /** Bytes of every id; ids 0 to 6 hold the text of the special tokens. */
  readonly vocab: Vocab
  private encoder: SequenceEncoder | null = null

  /**
   * `merges`: `[2 * n]`. Throws FORMAT_INVALID when a merge uses an id that does not exist yet, a special
   * token, or makes bytes that already have an id.
   */
  constructor(merges: Uint32Array, name = `binary-${FIRST_MERGE_ID + merges.length / 2}`) {
    this.name = name
    this.merges = merges
    this.vocab = vocabOf(merges)
    this.size = this.vocab.size
  }

  /** From a spec whose ids follow the layout of the family. Throws FORMAT_UNSUPPORTED, FORMAT_INVALID. */
  static fromSpec(spec: TokenizerSpec): BinaryTokenizer {
    return new BinaryTokenizer(mergesFromSpec(spec), spec.name)
  }

  /**
   * From the bytes of a file: a tokenizer.json in either form, or the compact form.
   * Throws FORMAT_INVALID, FORMAT_UNSUPPORTED, FILE_TOO_LARGE, TEXT_NOT_UTF8.
   */
  static load(file: Uint8Array, name?: string): BinaryTokenizer {
    const spec = isCompact(file) ? readCompact(file) : readTokenizerJson(file, { name })
    return BinaryTokenizer.fromSpec(spec)
  }

  /** Sizes to choose from: 1k, 2k, 4k … below the largest, and the largest itself. */
  get sizes(): number[] {
    const sizes: number[] = []
    for (let size = 1024; size < this.size; size *= 2) sizes.push(size)
    sizes.push(this.size)
    return sizes
  }

  /**
   * `[tokens]` ids of the whole input as one sequence. Never yields a special token.
   * Throws ARGUMENT_INVALID, CANCELLED.
   */
  encode(bytes: Uint8Array, options: BinaryEncodeOptions = {}): Uint32Array {
    return this.sequence(bytes).encode(bytes, this.limitOf(options.size), options)
  }

  /** Number of ids that `encode` gives, in constant memory. */
  count(bytes: Uint8Array, options: BinaryEncodeOptions = {}): number {
    return this.sequence(bytes).count(bytes, this.limitOf(options.size), options)
  }

  /** The bytes of the ids, one after another; special tokens stand for no bytes. Throws ID_OUT_OF_RANGE. */
  decode(ids: ArrayLike<number>): Uint8Array {
    const { offsets, bytes } = this.vocab
    let length = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (!Number.isInteger(id) || id < 0 || id >= this.size) {
        throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, {
          where: `ids[${i}]`,
          hint: `This vocabulary has the ids 0 to ${this.size - 1}`,
        })
      }
      if (id >= FIRST_BYTE_ID) length += offsets[id + 1]! - offsets[id]!
    }
    const out = new Uint8Array(length)
    let at = 0
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      if (id < FIRST_BYTE_ID) continue
      for (let j = offsets[id]!, end = offsets[id + 1]!; j < end; j++) out[at++] = bytes[j]!
    }
    return out
  }

  /** The bytes that an id stands for (a view); empty for a special token. Throws ID_OUT_OF_RANGE. */
  bytesOf(id: number): Uint8Array {
    if (!Number.isInteger(id) || id < 0 || id >= this.size) {
      throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, {
        hint: `This vocabulary has the ids 0 to ${this.size - 1}`,
      })
    }
    return id < FIRST_BYTE_ID ? new Uint8Array(0) : this.vocab.bytesOf(id)
  }

  /** The member of a smaller size as a tokenizer of its own. Throws ARGUMENT_INVALID. */
  member(size: number): BinaryTokenizer {
    return new BinaryTokenizer(this.merges.slice(0, 2 * this.limitOf(size)))
  }

  /** The tokenizer as data for the general loader and writers: byte-level BPE that splits nowhere. */
  spec(): TokenizerSpec {
    return binarySpec(this.vocab, this.merges, this.name)
  }

  /**
   * A tokenizer.json of Hugging Face. `latin1`: byte b is written U+00bb, as the published files do;
   * `byte-level`: in the GPT-2 byte alphabet. The ids are the same.
   */
  save(form: BinaryJsonForm = 'byte-level'): string {
    return tokenizerJson(this.vocab, this.merges, form)
  }

  private limitOf(size: number | undefined): number {
    if (size === undefined) return mergesOfSize(this.size)
    if (!Number.isInteger(size) || size < FIRST_MERGE_ID || size > this.size) {
      throw new TesseraError('ARGUMENT_INVALID', `There is no member of size ${size}`, {
        where: 'size',
        hint: `Choose a whole number from ${FIRST_MERGE_ID} to ${this.size}`,
      })
    }
    return mergesOfSize(size)
  }

  private sequence(bytes: Uint8Array): SequenceEncoder {
    if (!(bytes instanceof Uint8Array)) {
      throw new TesseraError('ARGUMENT_INVALID', 'A binary tokenizer encodes bytes, not text', {
        hint: 'Pass a Uint8Array, for example the contents of a file',
      })
    }
    return (this.encoder ??= new SequenceEncoder(new MergeTable(this.merges), this.vocab))
  }
}

function vocabOf(merges: Uint32Array): Vocab {
  const count = merges.length / 2
  const invalid = (m: number, why: string) =>
    new TesseraError('FORMAT_INVALID', why, {
      where: `merges[${m}]`,
      hint: 'The file is not a vocabulary of the Binary BPE family, or it is damaged',
    })
  if (!Number.isInteger(count)) throw invalid(Math.floor(count), 'The list of merges ends inside a pair')
  const offsets = new Uint32Array(FIRST_MERGE_ID + count + 1)
  const head = BINARY_SPECIALS.map((text) => Uint8Array.from(text, (c) => c.charCodeAt(0)))
  for (let b = 0; b < 256; b++) head.push(Uint8Array.of(b))
  head.forEach((token, id) => (offsets[id + 1] = offsets[id]! + token.length))
  for (let m = 0; m < count; m++) {
    const id = FIRST_MERGE_ID + m
    let length = 0
    for (const half of [merges[2 * m]!, merges[2 * m + 1]!]) {
      if (half < FIRST_BYTE_ID || half >= id)
        throw invalid(m, `Merge of the id ${half}, which is not a token yet`)
      length += offsets[half + 1]! - offsets[half]!
    }
    if (length > 65536) throw invalid(m, `A token of ${length} bytes; at most 65536 are read`)
    offsets[id + 1] = offsets[id]! + length
    if (offsets[id + 1]! > 1 << 28) throw invalid(m, 'The tokens together are longer than 256 MB')
  }
  const bytes = new Uint8Array(offsets[FIRST_MERGE_ID + count]!)
  head.forEach((token, id) => bytes.set(token, offsets[id]!))
  for (let m = 0; m < count; m++) {
    let at = offsets[FIRST_MERGE_ID + m]!
    for (const half of [merges[2 * m]!, merges[2 * m + 1]!]) {
      bytes.copyWithin(at, offsets[half]!, offsets[half + 1]!)
      at += offsets[half + 1]! - offsets[half]!
    }
  }
  const literal = new Set(BINARY_SPECIALS.map((_, id) => id))
  const vocab = new Vocab(bytes, offsets, 'bytes', literal)
  for (let m = 0; m < count; m++) {
    const id = FIRST_MERGE_ID + m
    if (vocab.idOf(bytes, offsets[id]!, offsets[id + 1]!) !== id) {
      throw invalid(m, 'The merge makes bytes that already have an id')
    }
    // In tokenizer.json the two would be one key.
    for (const special of head.slice(0, FIRST_BYTE_ID)) {
      if (compareBytes(special, vocab.bytesOf(id)) === 0) throw invalid(m, 'The merge spells a special token')
    }
  }
  return vocab
}
