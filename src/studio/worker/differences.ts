// Where tokenizers cut the same document differently. Their token ends are compared: a stretch between two
// neighbouring places where all of them cut is a difference unless it is one token for each.
export interface Difference {
  /** Bytes of the stretch. */
  start: number
  end: number
  /** For each tokenizer: index of its first token of the stretch, and behind its last. */
  tokens: [from: number, to: number][]
}

export interface Differences {
  /** `[tokenizers][tokens]` 1 = this token is part of a difference. */
  marks: Uint8Array[]
  /** The first ones, in order. */
  first: Difference[]
  total: number
}

const LISTED = 400

/** Compares two or more tokenizations of one document: for each, the byte behind every token. */
export function differences(all: readonly Uint32Array[]): Differences {
  const marks = all.map((ends) => new Uint8Array(ends.length))
  const first: Difference[] = []
  let total = 0
  /** Token behind the stretch so far, for each tokenizer. */
  const next = all.map(() => 0)
  let start = 0
  for (;;) {
    const from = next.slice()
    let done = 0
    // Take tokens until all end at the same byte; one that covers nothing new belongs to its neighbour.
    let end = -1
    for (let k = 0; k < all.length; k++) {
      next[k] = advance(all[k]!, next[k]!, start)
      if (next[k] === from[k]) done++
    }
    if (done === all.length) return { marks, first, total }
    for (let agreed = false; !agreed;) {
      end = Math.max(...all.map((ends, k) => endBefore(ends, next[k]!)))
      agreed = true
      for (let k = 0; k < all.length; k++) {
        const ends = all[k]!
        while (next[k]! < ends.length && endBefore(ends, next[k]!) < end) {
          const to = advance(ends, next[k]!, endBefore(ends, next[k]!))
          if (to === next[k]) break
          next[k] = to
        }
        if (endBefore(ends, next[k]!) > end) agreed = false
      }
    }
    const covering = all.map((ends, k) => coveringTokens(ends, from[k]!, next[k]!, start))
    if (covering.some((n) => n !== 1)) {
      total++
      for (let k = 0; k < all.length; k++) marks[k]!.fill(1, from[k]!, next[k]!)
      if (first.length < LISTED) {
        first.push({ start, end, tokens: all.map((_, k) => [from[k]!, next[k]!]) })
      }
    }
    start = end
  }
}

/** Behind the next token that ends after byte `at`, and behind those after it that cover nothing more. */
function advance(ends: Uint32Array, index: number, at: number): number {
  let i = index
  while (i < ends.length && ends[i]! <= at) i++
  if (i < ends.length) i++
  while (i < ends.length && ends[i]! <= ends[i - 1]!) i++
  return i
}

function endBefore(ends: Uint32Array, next: number): number {
  return next === 0 ? 0 : ends[next - 1]!
}

function coveringTokens(ends: Uint32Array, from: number, to: number, start: number): number {
  let n = 0
  let at = start
  for (let i = from; i < to; i++) {
    if (ends[i]! > at) {
      n++
      at = ends[i]!
    }
  }
  return n
}
