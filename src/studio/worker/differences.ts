// Where tokenizers cut the same document differently. Their token ends are compared: a stretch between two
// neighbouring places where all of them cut is a difference unless it is one token for each.
import type { Spans } from './spans.ts'

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

/** Compares two or more tokenizations of one document. */
export function differences(all: readonly Spans[]): Differences {
  const marks = all.map((spans) => new Uint8Array(spans.ids.length))
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
    for (let agreed = false; !agreed; ) {
      end = Math.max(...all.map((spans, k) => endBefore(spans, next[k]!)))
      agreed = true
      for (let k = 0; k < all.length; k++) {
        const spans = all[k]!
        while (next[k]! < spans.ids.length && endBefore(spans, next[k]!) < end) {
          const to = advance(spans, next[k]!, endBefore(spans, next[k]!))
          if (to === next[k]) break
          next[k] = to
        }
        if (endBefore(spans, next[k]!) > end) agreed = false
      }
    }
    const covering = all.map((spans, k) => coveringTokens(spans, from[k]!, next[k]!, start))
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
function advance(spans: Spans, index: number, at: number): number {
  const { ends } = spans
  let i = index
  while (i < ends.length && ends[i]! <= at) i++
  if (i < ends.length) i++
  while (i < ends.length && ends[i]! <= ends[i - 1]!) i++
  return i
}

function endBefore(spans: Spans, next: number): number {
  return next === 0 ? 0 : spans.ends[next - 1]!
}

function coveringTokens(spans: Spans, from: number, to: number, start: number): number {
  let n = 0
  let at = start
  for (let i = from; i < to; i++) {
    if (spans.ends[i]! > at) {
      n++
      at = spans.ends[i]!
    }
  }
  return n
}
