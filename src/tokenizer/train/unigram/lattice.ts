// All ways to cut the words into pieces, written down once: for each position the pieces that begin there.
// Expectation-maximisation passes over this list again and again, and it shrinks with the vocabulary; no
// pass walks a trie or looks up a string. 4 bytes an edge, 4 a position.
import type { CharacterWords } from './character-words.ts'
import type { SeedPieces } from './seed-pieces.ts'

/** Pieces `0 .. characters` are the single characters; they are never dropped, so every word has a path. */
export class Lattice {
  readonly words: CharacterWords
  /** `[positions + 1]`: pieces that begin at position p are `edges[first[p] .. first[p + 1]]`. */
  readonly first: Uint32Array
  edges: Int32Array
  /** By piece: its symbols, and a position where it occurs. */
  lengths: Uint8Array
  places: Int32Array
  readonly characters: number
  readonly longestWord: number

  constructor(words: CharacterWords, seeds: SeedPieces) {
    this.words = words
    const { symbols, starts } = words
    const positions = symbols.length
    this.characters = words.characters.length
    const size = this.characters + seeds.length.length
    this.lengths = new Uint8Array(size).fill(1, 0, this.characters)
    this.lengths.set(seeds.length, this.characters)
    this.places = new Int32Array(size).fill(-1)
    const first = new Uint32Array(positions + 1)
    for (let p = 0; p < positions; p++) if (symbols[p] !== 0) first[p + 1] = 1
    const { order, from, to } = seeds
    for (let i = 0; i < from.length; i++) for (let n = from[i]!; n < to[i]!; n++) first[order[n]! + 1]!++
    for (let p = 0; p < positions; p++) first[p + 1]! += first[p]!
    const edges = new Int32Array(first[positions]!)
    // While filling, first[p] is where the next edge of p goes; afterwards all of it is moved back by one.
    for (let p = 0; p < positions; p++) {
      if (symbols[p] === 0) continue
      edges[first[p]!++] = symbols[p]! - 1
      this.places[symbols[p]! - 1] = p
    }
    for (let i = 0; i < from.length; i++) {
      this.places[this.characters + i] = order[from[i]!]!
      for (let n = from[i]!; n < to[i]!; n++) edges[first[order[n]!]!++] = this.characters + i
    }
    first.copyWithin(1, 0, positions)
    first[0] = 0
    this.first = first
    this.edges = edges
    let longest = 0
    for (let w = 0; w + 1 < starts.length; w++) longest = Math.max(longest, starts[w + 1]! - starts[w]! - 1)
    this.longestWord = longest
  }

  get size(): number {
    return this.lengths.length
  }

  /** Keeps the pieces that `renamed` gives a new number (-1 = dropped); numbers keep their order. */
  keep(renamed: Int32Array): void {
    let size = 0
    for (let id = 0; id < renamed.length; id++) {
      if (renamed[id]! < 0) continue
      this.lengths[size] = this.lengths[id]!
      this.places[size] = this.places[id]!
      size++
    }
    this.lengths = this.lengths.slice(0, size)
    this.places = this.places.slice(0, size)
    const { first, edges } = this
    const positions = first.length - 1
    let put = 0
    let e = 0
    for (let p = 0; p < positions; p++) {
      const end = first[p + 1]!
      first[p] = put
      for (; e < end; e++) {
        const id = renamed[edges[e]!]!
        if (id >= 0) edges[put++] = id
      }
    }
    first[positions] = put
    // Memory is given back when half of it is free.
    this.edges = put * 2 < edges.length ? edges.slice(0, put) : edges
  }
}
