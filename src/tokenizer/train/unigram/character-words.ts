// Counted words as sequences of characters, for the Unigram trainer: in the order of their bytes, so that
// every sum is taken in the same order whatever thread counted a word; characters beyond the coverage end a
// word, since no piece may hold them (SentencePiece, trainer_interface.cc).
import { utf8Encode } from '../../../core/index.ts'
import { codePointAt } from '../alphabet-symbols.ts'
import { byteOrder, type CountedWords } from '../word-table.ts'

export interface CharacterWords {
  /** Words with a 0 before, between and after them; symbol s is `characters[s - 1]`. */
  symbols: Uint16Array | Int32Array
  /** `[words + 1]`: word `i` is `symbols[starts[i] .. starts[i + 1] - 1]`, and a 0 follows. */
  starts: Uint32Array
  /** `[words]` how often each occurs. */
  weights: Float64Array
  /** Code points that get a token, in order. */
  characters: number[]
  /** Characters without a token, and how often they occur. */
  droppedCharacters: number
  droppedOccurrences: number
}

export interface CoverageOptions {
  /** The most frequent characters that make up this share of the text get tokens. */
  coverage: number
  /** At most so many characters. */
  limit: number
  /** Characters that get a token in any case. */
  always: string
}

export function characterWords(words: CountedWords, options: CoverageOptions): CharacterWords {
  const { kept, ...dropped } = covered(words, options)
  const symbolOf = new Map(kept.map((cp, i) => [cp, i + 1]))
  const near = new Int32Array(0x3000)
  for (const [cp, symbol] of symbolOf) if (cp < near.length) near[cp] = symbol

  const { bytes, offsets, counts } = words
  const most = offsets[counts.length]! - offsets[0]! + counts.length + 1
  const symbols = kept.length < 2 ** 16 ? new Uint16Array(most) : new Int32Array(most)
  const starts: number[] = []
  const weights: number[] = []
  let end = 1
  for (const word of byteOrder(words)) {
    let from = end
    const finish = () => {
      if (end === from) return
      starts.push(from)
      weights.push(counts[word]!)
      symbols[end++] = 0
      from = end
    }
    for (let at = offsets[word]!; at < offsets[word + 1]!;) {
      const cp = codePointAt(bytes, at)
      at += cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4
      const symbol = cp < near.length ? near[cp]! : (symbolOf.get(cp) ?? 0)
      if (symbol > 0) symbols[end++] = symbol
      else finish()
    }
    finish()
  }
  starts.push(end)
  return {
    symbols: symbols.slice(0, end),
    starts: Uint32Array.from(starts),
    weights: Float64Array.from(weights),
    characters: kept,
    ...dropped,
  }
}

/** The characters that get tokens: the more frequent first, the smaller among equals. */
function covered({ bytes, offsets, counts }: CountedWords, { coverage, limit, always }: CoverageOptions) {
  const plane = new Float64Array(0x110000)
  let total = 0
  for (let word = 0; word < counts.length; word++) {
    for (let at = offsets[word]!; at < offsets[word + 1]!;) {
      const cp = codePointAt(bytes, at)
      at += cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4
      plane[cp]! += counts[word]!
      total += counts[word]!
    }
  }
  const seen: number[] = []
  plane.forEach((count, cp) => {
    if (count > 0) seen.push(cp)
  })
  seen.sort((a, b) => plane[b]! - plane[a]! || a - b)
  const kept = new Set(Array.from(always, (character) => character.codePointAt(0)!))
  let coveredOccurrences = 0
  let droppedCharacters = 0
  let droppedOccurrences = 0
  for (const cp of seen) {
    const wanted = kept.has(cp) || (coveredOccurrences < coverage * total && kept.size < limit)
    if (wanted) kept.add(cp)
    else {
      droppedCharacters++
      droppedOccurrences += plane[cp]!
    }
    coveredOccurrences += plane[cp]!
  }
  return { kept: [...kept].sort((a, b) => a - b), droppedCharacters, droppedOccurrences }
}

/** UTF-8 of a run of symbols. */
export function utf8OfSymbols(words: CharacterWords, from: number, length: number): Uint8Array {
  let text = ''
  for (let i = from; i < from + length; i++)
    text += String.fromCodePoint(words.characters[words.symbols[i]! - 1]!)
  return utf8Encode(text)
}
