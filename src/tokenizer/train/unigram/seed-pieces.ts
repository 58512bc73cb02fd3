// The seed vocabulary of a Unigram model: substrings of the words, by (occurrences × length), as in
// SentencePiece (Kudo 2018, section 3.2; there with an enhanced suffix array). Pieces are short, so a full
// suffix array is not needed: positions are sorted by their first `maxLength` symbols, digit by digit, and
// every range that branches is a substring worth having (one that is always followed by the same symbol
// is not: the longer one does its work). Occurrences are weighted by the counts of the words, so a frequent
// word is a candidate even if no other word contains it.
import type { CharacterWords } from './character-words.ts'

export interface SeedPieces {
  /** Positions, sorted so that those of one substring stand together. */
  order: Int32Array
  /** Piece `i` occurs at the positions `order[from[i] .. to[i]]` and has `length[i]` symbols. */
  from: Int32Array
  to: Int32Array
  length: Uint8Array
  /** Weighted occurrences. */
  count: Float64Array
}

export interface SeedOptions {
  /** In symbols, at most 255. */
  maxLength: number
  /** A piece occurs at least so often. */
  minCount: number
  /** Keep at most so many. */
  limit: number
  /** Tokens that the vocabulary has already: no piece may be spelt like one. */
  reserved?: readonly string[]
}

/** Substrings of two symbols and more, in an order that depends on the words alone. */
export function seedPieces(words: CharacterWords, options: SeedOptions): SeedPieces {
  const { symbols } = words
  const { maxLength, minCount } = options
  const found = new Candidates()
  const weightAt = new Float64Array(symbols.length)
  for (let word = 0; word < words.weights.length; word++)
    weightAt.fill(words.weights[word]!, words.starts[word], words.starts[word + 1]! - 1)

  let positions = 0
  for (let i = 0; i < symbols.length; i++) if (symbols[i] !== 0) positions++
  const order = new Int32Array(positions)
  for (let i = 0, n = 0; i < symbols.length; i++) if (symbols[i] !== 0) order[n++] = i

  const alphabet = words.characters.length + 1
  /** By next symbol: how many positions, their weight, and where they go. */
  const counts = new Int32Array(alphabet)
  const weights = new Float64Array(alphabet)
  const next = new Int32Array(alphabet)
  const touched = new Int32Array(alphabet)
  let held = new Int32Array(1 << 12)

  const alone = (at: number, depth: number, place: number): void => {
    let end = depth
    while (end <= maxLength && symbols[at + end] !== 0) end++
    const weight = weightAt[at]!
    if (end <= maxLength && end >= 2 && weight >= minCount) found.push(place, place + 1, end, weight)
  }

  // (from, to, depth) of ranges still to be sorted: their positions share `depth` symbols.
  const stack: number[] = [0, positions, 0]
  while (stack.length > 0) {
    const depth = stack.pop()!
    const to = stack.pop()!
    const from = stack.pop()!
    let kinds = 0
    let weight = 0
    for (let i = from; i < to; i++) {
      const at = order[i]!
      const symbol = symbols[at + depth]!
      if (counts[symbol] === 0) touched[kinds++] = symbol
      counts[symbol]!++
      weights[symbol]! += weightAt[at]!
      weight += weightAt[at]!
    }
    let heaviest = 0
    for (let k = 0; k < kinds; k++) {
      const symbol = touched[k]!
      if (symbol !== 0 && weights[symbol]! > heaviest) heaviest = weights[symbol]!
    }
    if (depth >= 2 && weight > heaviest && weight >= minCount) found.push(from, to, depth, weight)
    if (depth === maxLength) {
      for (let k = 0; k < kinds; k++) {
        counts[touched[k]!] = 0
        weights[touched[k]!] = 0
      }
      continue
    }
    if (kinds > 1) {
      const length = to - from
      if (held.length < length) held = new Int32Array(2 * length)
      let put = from
      for (let k = 0; k < kinds; k++) {
        next[touched[k]!] = put
        put += counts[touched[k]!]!
      }
      for (let i = 0; i < length; i++) held[i] = order[from + i]!
      for (let i = 0; i < length; i++) order[next[symbols[held[i]! + depth]!]!++] = held[i]!
    }
    let start = from
    for (let k = 0; k < kinds; k++) {
      const symbol = touched[k]!
      const count = counts[symbol]!
      if (symbol !== 0) {
        if (count === 1) alone(order[start]!, depth + 1, start)
        else stack.push(start, start + count, depth + 1)
      }
      start += count
      counts[symbol] = 0
      weights[symbol] = 0
    }
  }
  return found.best(order, options.limit, taken(words, order, options.reserved ?? []))
}

/** Whether the substring of some symbols at a place of the order is a reserved token. */
function taken(words: CharacterWords, order: Int32Array, reserved: readonly string[]) {
  const symbolOf = new Map(words.characters.map((cp, i) => [cp, i + 1]))
  const byLength = new Map<number, number[][]>()
  for (const token of reserved) {
    const symbols = Array.from(token, (character) => symbolOf.get(character.codePointAt(0)!) ?? 0)
    // A character outside of the alphabet is in no piece.
    if (symbols.includes(0)) continue
    byLength.set(symbols.length, [...(byLength.get(symbols.length) ?? []), symbols])
  }
  return (place: number, length: number): boolean =>
    byLength
      .get(length)
      ?.some((symbols) => symbols.every((symbol, i) => words.symbols[order[place]! + i] === symbol)) ?? false
}

/** Found substrings, in growing arrays. */
class Candidates {
  private size = 0
  private from = new Int32Array(1 << 12)
  private to = new Int32Array(1 << 12)
  private length = new Uint8Array(1 << 12)
  private count = new Float64Array(1 << 12)

  push(from: number, to: number, length: number, count: number): void {
    if (this.size === this.from.length) {
      const grown = <T extends Int32Array | Uint8Array | Float64Array>(old: T, wide: T): T => {
        wide.set(old)
        return wide
      }
      this.from = grown(this.from, new Int32Array(2 * this.size))
      this.to = grown(this.to, new Int32Array(2 * this.size))
      this.length = grown(this.length, new Uint8Array(2 * this.size))
      this.count = grown(this.count, new Float64Array(2 * this.size))
    }
    const i = this.size++
    this.from[i] = from
    this.to[i] = to
    this.length[i] = length
    this.count[i] = count
  }

  /** Of those that are not taken, the `limit` best by count × length; among equals, the ones found first. */
  best(order: Int32Array, limit: number, isTaken: (place: number, length: number) => boolean): SeedPieces {
    const { size, from, length, count } = this
    let kept: number[] = []
    for (let i = 0; i < size; i++) if (!isTaken(from[i]!, length[i]!)) kept.push(i)
    if (kept.length > limit) {
      const score = (i: number) => count[i]! * length[i]!
      kept = kept
        .sort((a, b) => score(b) - score(a) || a - b)
        .slice(0, limit)
        .sort((a, b) => a - b)
    }
    return {
      order,
      from: Int32Array.from(kept, (i) => this.from[i]!),
      to: Int32Array.from(kept, (i) => this.to[i]!),
      length: Uint8Array.from(kept, (i) => length[i]!),
      count: Float64Array.from(kept, (i) => count[i]!),
    }
  }
}
