// What every model is to the pipeline, and the cache of piece results that models share.

/** One token of a piece: its id and its range in UTF-16 units of the piece. */
export type Emit = (id: number, start: number, end: number) => void

export interface Model {
  /**
   * Encodes one piece. Tokens that are parts of one character (bytes) all get that character's range.
   * Throws TEXT_NOT_REPRESENTABLE when the vocabulary has neither the text nor an unknown token.
   */
  encodePiece(piece: string, emit: Emit): void
}

/** Pieces above this length are rarely met twice. */
const LONGEST_CACHED = 64
const MOST_CACHED = 10_000

/**
 * Remembers the results of short pieces. `encode` appends (id, start, end) triples to the list it is given.
 * When full, the cache starts over: no input can make it grow.
 */
export function cached(encode: (piece: string, out: number[]) => void): Model {
  const known = new Map<string, number[]>()
  return {
    encodePiece(piece, emit) {
      let triples = known.get(piece)
      if (triples === undefined) {
        triples = []
        encode(piece, triples)
        if (piece.length <= LONGEST_CACHED) {
          if (known.size >= MOST_CACHED) known.clear()
          known.set(piece, triples)
        }
      }
      for (let i = 0; i < triples.length; i += 3) emit(triples[i]!, triples[i + 1]!, triples[i + 2]!)
    },
  }
}
