// More than the one best way to cut a text with a Unigram model: the n best ways, and ways drawn by their
// probability (subword regularization: Kudo 2018, sections 3.3 and 3.4; forward filtering, backward sampling).
// The lattice is that of `unigram.ts`, with its penalty for unknown characters and its treatment of them, so
// the first of the n best is what `encode` gives.
import { TesseraError, type Random } from '../../core/index.ts'
import type { UnigramModelSpec } from '../spec.ts'
import { byteTokens } from './byte-tokens.ts'
import { ByteTrie } from './trie.ts'
import { covered, lowestScore, UNKNOWN_PENALTY, unrepresentable } from './unigram.ts'
import { Utf8Piece } from './utf8.ts'

export interface ScoredPath {
  ids: number[]
  /** Sum of the tokens' log-probabilities. */
  score: number
}

/** Entries of the table of an n-best search: bytes of the piece × n. */
const MOST_ENTRIES = 2 ** 24

export class UnigramLattice {
  private readonly scores: Float64Array
  private readonly unkId: number | null
  private readonly trie: ByteTrie
  private readonly byteIds: Int32Array | null
  private readonly unknownScore: number
  private readonly text = new Utf8Piece()
  /** Edges in the order of their starts: where from and to, which token. */
  private from: number[] = []
  private to: number[] = []
  private ids: number[] = []

  constructor(spec: UnigramModelSpec) {
    this.scores = spec.scores
    this.unkId = spec.unkId
    this.trie = new ByteTrie(spec.vocab)
    this.byteIds = spec.byteFallback ? byteTokens(spec.vocab) : null
    this.unknownScore = lowestScore(spec) - UNKNOWN_PENALTY
  }

  /** Up to `n` different ways to write the piece, best first. Throws TEXT_NOT_REPRESENTABLE, ARGUMENT_INVALID. */
  nBest(piece: string, n: number): ScoredPath[] {
    const length = this.load(piece)
    if (length * n > MOST_ENTRIES) {
      throw new TesseraError('ARGUMENT_INVALID', `${n} ways through ${length} bytes are too many`, {
        where: 'n',
        hint: `At most ${Math.max(1, Math.floor(MOST_ENTRIES / length))} for this text; cut it into lines`,
      })
    }
    interface Entry {
      score: number
      edge: number
      before: Entry | null
    }
    const best: (Entry[] | undefined)[] = []
    best[0] = [{ score: 0, edge: -1, before: null }]
    const incoming = this.incoming(length)
    for (let at = 1; at <= length; at++) {
      const entries: Entry[] = []
      // Edges from earlier starts come first, and the sort is stable: among equals the first stays, as in encode.
      for (const edge of incoming[at] ?? []) {
        const gain = this.scoreOf(edge)
        for (const before of best[this.from[edge]!] ?? []) {
          entries.push({ score: before.score + gain, edge, before })
        }
      }
      if (entries.length > 0) best[at] = entries.sort((a, b) => b.score - a.score).slice(0, n)
    }
    const known = new Set<string>()
    const paths: ScoredPath[] = []
    for (const end of best[length]!) {
      const edges: number[] = []
      for (let entry = end; entry.before; entry = entry.before) edges.push(entry.edge)
      const ids = this.tokens(edges.reverse())
      // Two cuts of unknown characters can be the same tokens.
      const key = ids.join()
      if (!known.has(key)) paths.push({ ids, score: end.score })
      known.add(key)
    }
    return paths
  }

  /** One way to write the piece, drawn with probability ∝ e^(alpha × score). */
  sample(piece: string, alpha: number, random: Random): number[] {
    const length = this.load(piece)
    const incoming = this.incoming(length)
    /** Logarithm of the summed weights of all ways to each place. */
    const sums = new Float64Array(length + 1).fill(-Infinity)
    sums[0] = 0
    for (let at = 1; at <= length; at++) {
      const edges = incoming[at]
      if (!edges) continue
      let highest = -Infinity
      for (const edge of edges) highest = Math.max(highest, this.weight(edge, alpha, sums))
      let sum = 0
      for (const edge of edges) sum += Math.exp(this.weight(edge, alpha, sums) - highest)
      sums[at] = highest + Math.log(sum)
    }
    const path: number[] = []
    for (let at = length; at > 0;) {
      const edges = incoming[at]!
      let left = random.float()
      let chosen = edges[edges.length - 1]!
      for (const edge of edges) {
        left -= Math.exp(this.weight(edge, alpha, sums) - sums[at]!)
        if (left < 0) {
          chosen = edge
          break
        }
      }
      path.push(chosen)
      at = this.from[chosen]!
    }
    return this.tokens(path.reverse())
  }

  private weight(edge: number, alpha: number, sums: Float64Array): number {
    return sums[this.from[edge]!]! + alpha * this.scoreOf(edge)
  }

  private scoreOf(edge: number): number {
    const id = this.ids[edge]!
    return id < 0 ? this.unknownScore : this.scores[id]!
  }

  /** Lists the edges of a piece; returns its length in bytes. Unknown characters have the id -1. */
  private load(piece: string): number {
    this.text.load(piece)
    const { bytes, length } = this.text
    const { trie } = this
    this.from = []
    this.to = []
    this.ids = []
    const add = (from: number, to: number, id: number) => {
      this.from.push(from)
      this.to.push(to)
      this.ids.push(id)
    }
    for (let start = 0; start < length;) {
      const lead = bytes[start]!
      const next = start + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
      let isToken = false
      let node = 0
      for (let i = start; i < length;) {
        node = trie.next(node, bytes[i]!)
        if (node === 0) break
        i++
        if (trie.ids[node]! < 0) continue
        add(start, i, trie.ids[node]!)
        if (i === next) isToken = true
      }
      if (!isToken) {
        if (this.unkId === null) throw unrepresentable(piece)
        add(start, next, -1)
      }
      start = next
    }
    return length
  }

  /** By end: the edges that lead there. */
  private incoming(length: number): (number[] | undefined)[] {
    const incoming: (number[] | undefined)[] = Array.from({ length: length + 1 })
    this.to.forEach((to, edge) => (incoming[to] ??= []).push(edge))
    return incoming
  }

  /** Ids of a path: neighbouring unknown characters are one token, or their bytes. */
  private tokens(path: readonly number[]): number[] {
    const { bytes } = this.text
    const out: number[] = []
    for (let n = 0; n < path.length; n++) {
      const id = this.ids[path[n]!]!
      if (id >= 0 && id !== this.unkId) {
        out.push(id)
        continue
      }
      const start = this.from[path[n]!]!
      const isUnknown = (edge: number) => this.ids[edge]! < 0 || this.ids[edge] === this.unkId
      while (n + 1 < path.length && isUnknown(path[n + 1]!)) n++
      const end = this.to[path[n]!]!
      const whole = this.trie.idOf(bytes, start, end)
      if (whole >= 0) out.push(whole)
      else if (this.byteIds && covered(this.byteIds, bytes, start, end)) {
        for (let i = start; i < end; i++) out.push(this.byteIds[bytes[i]!]!)
      } else out.push(this.unkId!)
    }
    return out
  }
}

/**
 * The `n` best ways through texts one after another: `left` is what came before, `right` the ways of the next
 * one, both best first.
 */
export function joinedBest(left: readonly Chain[], right: readonly ScoredPath[], n: number): Chain[] {
  const out: Chain[] = []
  // The pair (i, j) has (i + 1)(j + 1) - 1 pairs that are no worse.
  for (let i = 0; i < left.length; i++) {
    for (let j = 0; j < right.length && (i + 1) * (j + 1) <= n; j++) {
      out.push({ before: left[i]!, ids: right[j]!.ids, score: left[i]!.score + right[j]!.score })
    }
  }
  return out.sort((a, b) => b.score - a.score).slice(0, n)
}

/** Tokens of several texts, last one first. */
export interface Chain {
  before: Chain | null
  ids: readonly number[]
  score: number
}

export function chainIds(end: Chain): Uint32Array {
  const parts: (readonly number[])[] = []
  for (let chain: Chain | null = end; chain; chain = chain.before) parts.push(chain.ids)
  return Uint32Array.from(parts.reverse().flat())
}
