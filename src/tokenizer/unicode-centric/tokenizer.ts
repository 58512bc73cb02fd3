// The Unicode-centric tokenizer in hand. Encoding is the general engine's BPE; here are the id layout, texts
// that the engine refuses to see (lone surrogates, which JavaScript strings may have), and a decoder of its
// own, which has little to do: most ids are the UTF-16 units of the text.
import { TesseraError } from '../../core/index.ts'
import { writeTokenizerJson } from '../formats/index.ts'
import { shippedFile, type ShippedOptions } from '../load/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import { createTokenizer } from '../tokenizer.ts'
import type { Tokenizer } from '../types.ts'
import {
  FIRST_SPECIAL,
  NAMED_SPECIALS,
  UNKNOWN_ID,
  VOCAB_SIZE,
  byteId,
  kindOfId,
  ngramIndex,
  type IdKind,
} from './layout.ts'
import { readNgrams } from './ngram-file.ts'
import { checkNgrams, unicodeCentricSpec, type Unknown } from './spec.ts'
import { wtf8Units } from './wtf8.ts'

export interface UnicodeCentricOptions {
  /** For code points without an id. Default `bytes`: every text gets itself back. `unk`: the paper's. */
  unknown?: Unknown
  /** Whether text such as `<pad>` is the special token. Default `text`: it is ordinary text. */
  specials?: 'text' | 'parse'
}

const FILE = 'unicode-centric.txt'
const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

export class UnicodeCentricTokenizer {
  readonly name: string
  /** Tokens of several characters, in the order of their ids. */
  readonly ngrams: readonly string[]
  readonly vocabSize = VOCAB_SIZE
  private readonly engines = new Map<Unknown, Tokenizer>()

  /** Throws FORMAT_INVALID. */
  constructor(ngrams: readonly string[], name = 'unicode-centric') {
    checkNgrams(ngrams)
    this.ngrams = ngrams
    this.name = name
  }

  /** `[tokens]` ids. With `unknown: 'bytes'`, `decode` gives back any text, ill-formed UTF-16 included. */
  encode(text: string, options: UnicodeCentricOptions = {}): Uint32Array {
    const { unknown = 'bytes', specials = 'text' } = options
    const engine = this.tokenizer(unknown)
    if (typeof text !== 'string' || text.isWellFormed()) return engine.encode(text, { specials })
    const parts: (Uint32Array | number[])[] = []
    let from = 0
    for (const { index } of text.matchAll(LONE)) {
      parts.push(engine.encode(text.slice(from, index), { specials }))
      const unit = text.charCodeAt(index)
      const bytes = [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]
      parts.push(unknown === 'bytes' ? bytes.map(byteId) : [UNKNOWN_ID])
      from = index + 1
    }
    parts.push(engine.encode(text.slice(from), { specials }))
    const ids = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      ids.set(part, at)
      at += part.length
    }
    return ids
  }

  /**
   * The text of the ids. Special tokens stand for nothing (their names with `skipSpecials: false`), unused ids
   * for their names; a run of byte tokens that is no text becomes one U+FFFD for each. Throws ID_OUT_OF_RANGE.
   */
  decode(ids: ArrayLike<number>, options: { skipSpecials?: boolean } = {}): string {
    const { skipSpecials = true } = options
    const parts: string[] = []
    let units: number[] = []
    const flush = () => {
      if (units.length > 0) parts.push(String.fromCharCode(...units))
      units = []
    }
    const spell = (text: string) => {
      for (let j = 0; j < text.length; j++) units.push(text.charCodeAt(j))
    }
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!
      switch (this.kindOf(id, i)) {
        case 'character':
          units.push(id)
          break
        case 'n-gram':
          for (let j = 0, text = this.ngrams[ngramIndex(id)]!; j < text.length; j++)
            units.push(text.charCodeAt(j))
          break
        case 'byte': {
          const bytes: number[] = [id - FIRST_SPECIAL]
          while (i + 1 < ids.length && this.kindOf(ids[i + 1]!, i + 1) === 'byte') {
            bytes.push(ids[++i]! - FIRST_SPECIAL)
          }
          for (const unit of wtf8Units(bytes) ?? bytes.map(() => 0xfffd)) units.push(unit)
          break
        }
        case 'special':
          if (!skipSpecials) spell(this.stringOf(id))
          break
        default:
          spell(this.stringOf(id))
      }
      if (units.length >= 4096) flush()
    }
    flush()
    return parts.join('')
  }

  /** What an id stands for. Throws ID_OUT_OF_RANGE; `place` is only named in it. */
  kindOf(id: number, place?: number): IdKind {
    if (!Number.isInteger(id) || id < 0 || id >= VOCAB_SIZE) {
      throw new TesseraError('ID_OUT_OF_RANGE', `No token has the id ${id}`, {
        where: place === undefined ? undefined : `ids[${place}]`,
        hint: `This vocabulary has the ids 0 to ${VOCAB_SIZE - 1}`,
      })
    }
    return kindOfId(id, this.ngrams.length)
  }

  /** The text of a token, or the name of one that stands for no text. Throws ID_OUT_OF_RANGE. */
  stringOf(id: number): string {
    const hex = id.toString(16).toUpperCase()
    switch (this.kindOf(id)) {
      case 'character':
        return String.fromCharCode(id)
      case 'n-gram':
        return this.ngrams[ngramIndex(id)]!
      case 'special':
        return NAMED_SPECIALS[id - FIRST_SPECIAL]!
      case 'byte':
        return `<0x${hex.slice(2)}>`
      default:
        return `<unused_${hex}>`
    }
  }

  /**
   * What is drawn for each id, `[65536]`: the token's text, the name of a special token; a byte token or an
   * unused id is the private or surrogate code point of its number, which is drawn as a box with that number.
   */
  pictureTokens(): string[] {
    return Array.from({ length: VOCAB_SIZE }, (_, id) => {
      const kind = this.kindOf(id)
      return kind === 'byte' || kind === 'unused' ? String.fromCharCode(id) : this.stringOf(id)
    })
  }

  /** The same vocabulary for the general engine: its ids are those of `encode` on every well-formed text. */
  tokenizer(unknown: Unknown = 'bytes'): Tokenizer {
    let engine = this.engines.get(unknown)
    if (!engine) this.engines.set(unknown, (engine = createTokenizer(this.spec(unknown))))
    return engine
  }

  /** As data for writers. */
  spec(unknown: Unknown = 'bytes'): TokenizerSpec {
    return unicodeCentricSpec(this.ngrams, unknown, this.name)
  }

  /** A tokenizer.json that Hugging Face tokenizers loads to the same ids. */
  save(unknown: Unknown = 'bytes'): string {
    return writeTokenizerJson(this.spec(unknown))
  }
}

/** The vocabulary that ships. Throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_INVALID, CANCELLED. */
export async function loadUnicodeCentric(options: ShippedOptions = {}): Promise<UnicodeCentricTokenizer> {
  return new UnicodeCentricTokenizer(readNgrams(await shippedFile(FILE, options), FILE))
}
