// The passes of Unigram training over the lattice of all words (Kudo 2018, section 3.2): expected counts by
// forward-backward, counts on the best paths, and for a piece the best way to do without it.
// Forward-backward works with plain numbers: each piece's probability is multiplied by e^(scale × symbols),
// where -scale is about the log-probability of a symbol, so sums over paths stay near 1. A word that leaves
// the range all the same is done again with logarithms.
import type { Lattice } from './lattice.ts'

/** Sums within these bounds lose nothing that counts. */
const TINY = 1e-100
const HUGE = 1e100

export class Passes {
  private readonly lattice: Lattice
  private readonly forward: Float64Array
  private readonly backward: Float64Array
  /** Of the best path to each place in a word: the piece that ends there. */
  private readonly last: Int32Array

  constructor(lattice: Lattice) {
    this.lattice = lattice
    this.forward = new Float64Array(lattice.longestWord + 1)
    this.backward = new Float64Array(lattice.longestWord + 1)
    this.last = new Int32Array(lattice.longestWord + 1)
  }

  /**
   * Adds the expected counts of pieces in the words `[from, to)` to `expected`; returns their weighted
   * log-likelihood. `factors[id]` is e^(score + scale × symbols).
   */
  expect(
    from: number,
    to: number,
    scores: Float64Array,
    factors: Float64Array,
    scale: number,
    expected: Float64Array,
  ): number {
    const { forward, backward } = this
    const { first, edges, lengths, words } = this.lattice
    const { starts, weights } = words
    let likelihood = 0
    for (let word = from; word < to; word++) {
      const start = starts[word]!
      const n = starts[word + 1]! - 1 - start
      const weight = weights[word]!
      if (n === 1) {
        const id = edges[first[start]!]!
        expected[id]! += weight
        likelihood += weight * scores[id]!
        continue
      }
      for (let i = 1; i <= n; i++) forward[i] = 0
      forward[0] = 1
      let inside = true
      for (let i = 0; i < n; i++) {
        const here = forward[i]!
        if (!(here > TINY && here < HUGE)) {
          inside = false
          break
        }
        for (let e = first[start + i]!, end = first[start + i + 1]!; e < end; e++) {
          const id = edges[e]!
          forward[i + lengths[id]!]! += here * factors[id]!
        }
      }
      const whole = forward[n]!
      if (!inside || !(whole > TINY && whole < HUGE)) {
        likelihood += this.expectByLogarithms(word, scores, expected)
        continue
      }
      likelihood += weight * (Math.log(whole) - scale * n)
      backward[n] = 1
      const share = weight / whole
      for (let i = n - 1; i >= 0; i--) {
        const here = forward[i]! * share
        let sum = 0
        for (let e = first[start + i]!, end = first[start + i + 1]!; e < end; e++) {
          const id = edges[e]!
          const through = factors[id]! * backward[i + lengths[id]!]!
          expected[id]! += here * through
          sum += through
        }
        backward[i] = sum
      }
    }
    return likelihood
  }

  /** As `expect` for one word of any length. */
  private expectByLogarithms(word: number, scores: Float64Array, expected: Float64Array): number {
    const { forward, backward } = this
    const { first, edges, lengths, words } = this.lattice
    const start = words.starts[word]!
    const n = words.starts[word + 1]! - 1 - start
    forward.fill(-Infinity, 1, n + 1)
    forward[0] = 0
    for (let i = 0; i < n; i++) {
      for (let e = first[start + i]!, end = first[start + i + 1]!; e < end; e++) {
        const id = edges[e]!
        const at = i + lengths[id]!
        forward[at] = addLogs(forward[at]!, forward[i]! + scores[id]!)
      }
    }
    const weight = words.weights[word]!
    backward[n] = 0
    for (let i = n - 1; i >= 0; i--) {
      let sum = -Infinity
      for (let e = first[start + i]!, end = first[start + i + 1]!; e < end; e++) {
        const id = edges[e]!
        const through = scores[id]! + backward[i + lengths[id]!]!
        expected[id]! += weight * Math.exp(forward[i]! + through - forward[n]!)
        sum = addLogs(sum, through)
      }
      backward[i] = sum
    }
    return weight * forward[n]!
  }

  /** Adds to `counts` how often each piece is on the best paths of the words `[from, to)`. */
  bestPaths(from: number, to: number, scores: Float64Array, counts: Float64Array): void {
    const { lengths, words } = this.lattice
    for (let word = from; word < to; word++) {
      const start = words.starts[word]!
      const n = words.starts[word + 1]! - 1 - start
      this.viterbi(start, n, scores, -1)
      for (let i = n; i > 0; i -= lengths[this.last[i]!]!) counts[this.last[i]!]! += words.weights[word]!
    }
  }

  /**
   * The pieces of the best way to write piece `id` with others, last one first, in `out`; returns its score,
   * -Infinity when there is none.
   */
  without(id: number, scores: Float64Array, out: number[]): number {
    const { lengths, places } = this.lattice
    const n = lengths[id]!
    out.length = 0
    if (n === 1) return -Infinity
    this.viterbi(places[id]!, n, scores, id)
    for (let i = n; i > 0; i -= lengths[this.last[i]!]!) out.push(this.last[i]!)
    return this.forward[n]!
  }

  /** Best paths over the `n` symbols from `start`, without the piece `except`. The first of equals stays. */
  private viterbi(start: number, n: number, scores: Float64Array, except: number): void {
    const { forward, last } = this
    const { first, edges, lengths } = this.lattice
    for (let i = 1; i <= n; i++) forward[i] = -Infinity
    forward[0] = 0
    for (let i = 0; i < n; i++) {
      const here = forward[i]!
      for (let e = first[start + i]!, end = first[start + i + 1]!; e < end; e++) {
        const id = edges[e]!
        const at = i + lengths[id]!
        if (at > n || id === except) continue
        const score = here + scores[id]!
        if (score > forward[at]!) {
          forward[at] = score
          last[at] = id
        }
      }
    }
  }
}

/** log(e^a + e^b) */
function addLogs(a: number, b: number): number {
  if (a < b) return addLogs(b, a)
  return b === -Infinity ? a : a + Math.log1p(Math.exp(b - a))
}
