// The symbols that training starts from: which bytes or characters get a token, under which ids, and the
// words as sequences of those ids.
import { BYTE_TO_CHAR } from '../alphabet.ts'
import { utf8Decode, utf8Encode } from '../../core/index.ts'
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
  const { bytes, offsets, counts } = words
  const symbols = new Int32Array(bytes.length)
  const starts = new Uint32Array(counts.length + 1)
  const seen = new Map<number, number>()
  let end = 0
  for (let word = 0; word < counts.length; word++) {
    for (const character of utf8Decode(bytes.subarray(offsets[word]!, offsets[word + 1]!))) {
      const cp = character.codePointAt(0)!
      symbols[end++] = cp
      seen.set(cp, (seen.get(cp) ?? 0) + counts[word]!)
    }
    starts[word + 1] = end
  }
  const always = Array.from(options.always, (character) => character.codePointAt(0)!)
  const { kept, ...dropped } = chosen(seen, always, options.limit, (cp) => cp)
  const tokens: Uint8Array[] = []
  const ids = new Map<string, number>()
  const idFor = (token: string): number => {
    let id = special.get(token) ?? ids.get(token)
    if (id === undefined) {
      id = firstId + tokens.length
      ids.set(token, id)
      tokens.push(utf8Encode(token))
    }
    return id
  }
  const plain = new Map(kept.map((cp) => [cp, idFor(String.fromCodePoint(cp))]))
  // Form 1: not first, 2: last, 3: both.
  const { prefix, suffix } = options
  const formOf = (at: number, word: number): number =>
    (prefix !== '' && at > starts[word]! ? 1 : 0) + (suffix !== '' && at + 1 === starts[word + 1]! ? 2 : 0)
  const forms = new Set<number>()
  if (prefix !== '' || suffix !== '') {
    for (let word = 0; word < counts.length; word++) {
      for (let at = starts[word]!; at < starts[word + 1]!; at++) {
        if (plain.has(symbols[at]!)) forms.add(symbols[at]! * 4 + formOf(at, word))
      }
    }
  }
  const formIds = new Map<number, number>()
  for (const form of [...forms].sort((a, b) => a - b)) {
    const character = String.fromCodePoint(form >> 2)
    formIds.set(form, idFor((form & 1 ? prefix : '') + character + (form & 2 ? suffix : '')))
  }
  for (let word = 0; word < counts.length; word++) {
    for (let at = starts[word]!; at < starts[word + 1]!; at++) {
      const cp = symbols[at]!
      const id = forms.size > 0 ? formIds.get(cp * 4 + formOf(at, word)) : plain.get(cp)
      symbols[at] = id ?? -1
    }
  }
  return {
    tokens,
    words: { symbols: symbols.subarray(0, end), offsets: starts, weights: counts },
    ...dropped,
  }
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
