// The symbols that training starts from: which bytes or characters get a token, under which ids, and the
// words as sequences of those ids.
import { BYTE_TO_CHAR } from '../alphabet.ts'
import { utf8Encode } from '../../core/index.ts'
import type { WeightedWords } from './learn-merges.ts'
import type { CountedWords } from './word-table.ts'

export interface AlphabetOptions {
  /** Characters (or bytes, by their UTF-8) that get a token whether they occur or not. */
  always: string | 'bytes'
  /** At most this many symbols, the most frequent ones. */
  limit: number
  prefix: string
  suffix: string
}

export interface Symbols {
  /** Strings of the alphabet's tokens, in the order of their ids. */
  tokens: Uint8Array[]
  words: WeightedWords
  /** Symbols that got no token, and how often they occur. */
  droppedSymbols: number
  droppedOccurrences: number
}

/** Byte base: ids in the order of the bytes' characters in the byte alphabet, as Hugging Face sorts them. */
export function byteSymbols(words: CountedWords, firstId: number, options: AlphabetOptions): Symbols {
  const seen = new Map<number, number>()
  const counts = new Float64Array(256)
  for (let word = 0; word < words.counts.length; word++) {
    const end = words.offsets[word + 1]!
    for (let i = words.offsets[word]!; i < end; i++) counts[words.bytes[i]!]! += words.counts[word]!
  }
  for (let byte = 0; byte < 256; byte++) if (counts[byte]! > 0) seen.set(byte, counts[byte]!)
  const always = options.always === 'bytes' ? Array.from(counts, (_, b) => b) : utf8Encode(options.always)
  const { kept, ...dropped } = chosen(seen, always, options.limit, (byte) => BYTE_TO_CHAR[byte]!)
  const idOf = new Int32Array(256).fill(-1)
  kept.forEach((byte, i) => (idOf[byte] = firstId + i))
  return {
    tokens: kept.map((byte) => Uint8Array.of(byte)),
    words: { symbols: words.bytes, offsets: words.offsets, weights: words.counts, idOf },
    ...dropped,
  }
}

/**
 * Character base. `special`: ids of special tokens by their string; a character that is one has its id.
 * With a prefix or suffix, characters inside or at the end of a word have tokens of their own, after the
 * plain ones.
 */
export function characterSymbols(
  words: CountedWords,
  firstId: number,
  special: ReadonlyMap<string, number>,
  options: AlphabetOptions,
): Symbols {
  const { offsets, counts } = words
  // Characters of the basic plane are counted in an array, others in a map.
  const plane = new Float64Array(0x10000)
  const seen = new Map<number, number>()
  eachCharacter(words, (cp, word) => {
    if (cp < 0x10000) plane[cp]! += counts[word]!
    else seen.set(cp, (seen.get(cp) ?? 0) + counts[word]!)
  })
  plane.forEach((count, cp) => {
    if (count > 0) seen.set(cp, count)
  })
  const always = Array.from(options.always, (character) => character.codePointAt(0)!)
  const { kept, ...dropped } = chosen(seen, always, options.limit, (cp) => cp)
  const tokens: Uint8Array[] = []
  const made = new Map<string, number>()
  const idFor = (token: string): number => {
    let id = special.get(token) ?? made.get(token)
    if (id === undefined) {
      id = firstId + tokens.length
      made.set(token, id)
      tokens.push(utf8Encode(token))
    }
    return id
  }
  const plain = new Map(kept.map((cp) => [cp, idFor(String.fromCodePoint(cp))]))
  const { prefix, suffix } = options
  /** 1: not the first of its word; 2: the last; 3: both. */
  const formOf = (first: boolean, last: boolean): number =>
    (prefix !== '' && !first ? 1 : 0) + (suffix !== '' && last ? 2 : 0)
  const ids = new Map<number, number>()
  if (prefix === '' && suffix === '') for (const [cp, id] of plain) ids.set(cp * 4, id)
  else {
    const forms = new Set<number>()
    eachCharacter(words, (cp, _word, first, last) => {
      if (plain.has(cp)) forms.add(cp * 4 + formOf(first, last))
    })
    for (const form of [...forms].sort((a, b) => a - b)) {
      const character = String.fromCodePoint(form >> 2)
      ids.set(form, idFor((form & 1 ? prefix : '') + character + (form & 2 ? suffix : '')))
    }
  }
  // Most characters are few: their ids are looked up in an array.
  const near = new Int32Array(0x1000).fill(-1)
  for (const [form, id] of ids) if (form < near.length) near[form] = id

  const length = offsets[counts.length]! - offsets[0]!
  const symbols = firstId + tokens.length <= 2 ** 16 ? new Uint16Array(length) : new Int32Array(length)
  const starts = new Uint32Array(counts.length + 1)
  let end = 0
  eachCharacter(words, (cp, word, first, last) => {
    const form = cp * 4 + formOf(first, last)
    const id = form < near.length ? near[form]! : (ids.get(form) ?? -1)
    if (id >= 0) symbols[end++] = id
    if (last) starts[word + 1] = end
  })
  return {
    tokens,
    words: { symbols: symbols.subarray(0, end), offsets: starts, weights: counts },
    ...dropped,
  }
}

/** Visits the characters of all words in order. */
function eachCharacter(
  { bytes, offsets, counts }: CountedWords,
  visit: (cp: number, word: number, first: boolean, last: boolean) => void,
): void {
  for (let word = 0; word < counts.length; word++) {
    const from = offsets[word]!
    const to = offsets[word + 1]!
    for (let at = from; at < to;) {
      const cp = codePointAt(bytes, at)
      const next = at + (cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4)
      visit(cp, word, at === from, next === to)
      at = next
    }
  }
}

/** The code point of a well-formed UTF-8 sequence. */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const a = bytes[at]!
  if (a < 0x80) return a
  const b = bytes[at + 1]! & 0x3f
  if (a < 0xe0) return ((a & 0x1f) << 6) | b
  const c = bytes[at + 2]! & 0x3f
  if (a < 0xf0) return ((a & 0x0f) << 12) | (b << 6) | c
  return ((a & 0x07) << 18) | (b << 12) | (c << 6) | (bytes[at + 3]! & 0x3f)
}

/** Symbols that get a token, in `order`: the fixed ones first, then the more frequent, up to `limit`. */
function chosen(
  seen: ReadonlyMap<number, number>,
  always: Iterable<number>,
  limit: number,
  order: (symbol: number) => number,
): { kept: number[]; droppedSymbols: number; droppedOccurrences: number } {
  const rank = new Map(seen)
  for (const symbol of always) rank.set(symbol, Infinity)
  const byRank = [...rank.keys()].sort((a, b) => {
    const ra = rank.get(a)!
    const rb = rank.get(b)!
    return ra === rb ? order(a) - order(b) : rb - ra
  })
  const rest = byRank.slice(limit)
  return {
    kept: byRank.slice(0, limit).sort((a, b) => order(a) - order(b)),
    droppedSymbols: rest.length,
    droppedOccurrences: rest.reduce((sum, symbol) => sum + (seen.get(symbol) ?? 0), 0),
  }
}
