// Merge lists and ranks: when do they say the same?
// tiktoken's rule: of all neighbours whose joined bytes are a token, the pair with the lowest joined id
// merges first, leftmost among equals. A merge list: of all neighbours that are in the list, the pair
// listed first. What either does inside a span that no other merge crosses, it also does on that span
// alone; so a token is only ever made from one pair of parts, the last two that remain when its own
// bytes are merged alone. Call it the canonical pair. Pairs that are not canonical never get to merge.
// Hence: (1) a rank vocabulary equals the merge list of its canonical pairs in id order; (2) a merge
// list equals ranks when every token has the same canonical pair under both and list order is id order.
// This also covers lists with every possible split (llama3: 280,147 merges for 128,000 tokens).
import { utf8SequenceLength } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { Vocab } from '../vocab.ts'
import { invalid } from './limits.ts'

/** How two neighbouring symbols merge. */
interface MergeRule {
  /** Priority of merging the tokens `left` and `right` (whose bytes are `[from, to)`), or -1. */
  rank(left: number, right: number, from: number, to: number): number
  /** The token that a merge of this rank makes. */
  joined(rank: number): number
}

function rankRule(vocab: Vocab): MergeRule {
  return { rank: (_left, _right, from, to) => vocab.idOf(vocab.bytes, from, to), joined: (rank) => rank }
}

function listRule(vocab: Vocab, merges: Uint32Array): MergeRule {
  const ranks = new Map<number, number>()
  const joined = joinedIds(vocab, merges)
  for (let i = 0; i < joined.length; i++) {
    ranks.set(merges[2 * i]! * 0x1000000 + merges[2 * i + 1]!, i)
  }
  return {
    rank: (left, right) => ranks.get(left * 0x1000000 + right) ?? -1,
    joined: (rank) => joined[rank]!,
  }
}

/** `[merges]` the id that each merge makes; -1 when the vocabulary has no such token. */
export function joinedIds(vocab: Vocab, merges: Uint32Array, prefixLength = 0): Int32Array {
  const out = new Int32Array(merges.length / 2)
  const buffer = new Uint8Array(2 * vocab.maxTokenBytes)
  const { bytes, offsets } = vocab
  for (let i = 0; i < out.length; i++) {
    let n = 0
    const left = merges[2 * i]!
    const right = merges[2 * i + 1]!
    for (let at = offsets[left]!; at < offsets[left + 1]!; at++) buffer[n++] = bytes[at]!
    for (let at = offsets[right]! + prefixLength; at < offsets[right + 1]!; at++) buffer[n++] = bytes[at]!
    out[i] =
      vocab.literal.has(left) || vocab.literal.has(right)
        ? vocab.idOfString(vocab.stringOf(left) + vocab.stringOf(right))
        : vocab.idOf(buffer, 0, n)
  }
  return out
}

/**
 * Merges one span of symbols to the end, by a heap of (rank, position) with lazy deletion.
 * The arrays are reused from token to token.
 */
class SpanMerger {
  private readonly vocab: Vocab
  private readonly rule: MergeRule
  private readonly ids: Int32Array
  /** Where each symbol begins among the bytes of the token. */
  private readonly starts: Int32Array
  private readonly next: Int32Array
  private readonly previous: Int32Array
  private readonly ranks: Int32Array
  private readonly heap: number[] = []
  /** The last pair that was merged. */
  left = -1
  right = -1
  rank = -1

  /** Bytes that may still be looked up. A chain of ever longer tokens would cost the cube of its length. */
  private budget: number

  constructor(vocab: Vocab, rule: MergeRule) {
    this.vocab = vocab
    this.rule = rule
    this.budget = 2 ** 28 + 16 * vocab.bytes.length
    const n = vocab.maxTokenBytes + 1
    this.ids = new Int32Array(n)
    this.starts = new Int32Array(n)
    this.next = new Int32Array(n)
    this.previous = new Int32Array(n)
    this.ranks = new Int32Array(n)
  }

  /** Fills `ids` and `starts` with the token's bytes or characters; -1 = one of them is no token. */
  private initial(token: number): number {
    const { ids, starts, vocab } = this
    const { bytes } = vocab
    const base = vocab.offsets[token]!
    const end = vocab.offsets[token + 1]!
    let n = 0
    for (let at = base; at < end;) {
      const length = vocab.alphabet === 'bytes' ? 1 : utf8SequenceLength(bytes, at, end) || 1
      const id = vocab.idOf(bytes, at, at + length)
      if (id < 0) return -1
      ids[n] = id
      starts[n++] = at - base
      at += length
    }
    starts[n] = end - base
    return n
  }

  /** True when all bytes of the token end up in one symbol, by the merge `left`, `right`. */
  merge(token: number): boolean {
    const { ids, next, previous, ranks, heap, rule } = this
    const base = this.vocab.offsets[token]!
    const n = this.initial(token)
    if (n < 2) return false
    heap.length = 0
    for (let i = 0; i < n; i++) {
      next[i] = i + 1
      previous[i] = i - 1
    }
    for (let i = 0; i + 1 < n; i++) this.offer(i, n, base)
    ranks[n - 1] = -1
    let symbols = n
    while (heap.length > 0) {
      const key = this.pop()
      const rank = Math.floor(key / 0x8000000)
      const at = key - rank * 0x8000000
      if (ranks[at] !== rank) continue
      const right = next[at]!
      this.left = ids[at]!
      this.right = ids[right]!
      this.rank = rank
      ids[at] = rule.joined(rank)
      if (ids[at]! < 0) return false
      next[at] = next[right]!
      if (next[at]! < n) previous[next[at]!] = at
      ranks[right] = -1
      ranks[at] = -1
      symbols--
      if (next[at]! < n) this.offer(at, n, base)
      if (previous[at]! >= 0) this.offer(previous[at]!, n, base)
    }
    return symbols === 1
  }

  /** Ranks the pair that begins at `at`. */
  private offer(at: number, n: number, base: number): void {
    const { ids, next, ranks, starts } = this
    const right = next[at]!
    const end = Math.min(next[right]!, n)
    this.budget -= starts[end]! - starts[at]!
    if (this.budget < 0) throw invalid('Tokens are too long and too many to find out how they merge')
    const rank = this.rule.rank(ids[at]!, ids[right]!, base + starts[at]!, base + starts[end]!)
    ranks[at] = rank
    if (rank < 0) return
    const { heap } = this
    const key = rank * 0x8000000 + at
    let i = heap.length
    heap.push(key)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (heap[parent]! <= key) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = key
  }

  private pop(): number {
    const { heap } = this
    const top = heap[0]!
    const last = heap.pop()!
    const n = heap.length
    if (n > 0) {
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= n) break
        if (child + 1 < n && heap[child + 1]! < heap[child]!) child++
        if (heap[child]! >= last) break
        heap[i] = heap[child]!
        i = child
      }
      heap[i] = last
    }
    return top
  }
}

/** Tokens that a merge can make: neither holes, nor single bytes, nor outside the byte alphabet. */
function isMergeable(vocab: Vocab, id: number): boolean {
  return vocab.offsets[id + 1]! - vocab.offsets[id]! > 1 && !vocab.literal.has(id)
}

/**
 * The merge list, as `[2 * merges]` ids in rank order, that equals SentencePiece's rule: of all neighbours
 * that join to a token, the one with the highest score merges first. `scores` has NaN for tokens that are
 * never made by merging (control, byte, unknown, user-defined). Equal scores rank by id.
 */
export function mergesFromScores(vocab: Vocab, scores: Float64Array): Uint32Array {
  const order = Array.from(scores.keys()).filter((id) => !Number.isNaN(scores[id]) && vocab.has(id))
  order.sort((a, b) => scores[b]! - scores[a]! || a - b)
  const rankOf = new Int32Array(vocab.size).fill(-1)
  order.forEach((id, rank) => (rankOf[id] = rank))
  const merger = new SpanMerger(vocab, {
    rank: (_left, _right, from, to) => {
      const id = vocab.idOf(vocab.bytes, from, to)
      return id < 0 ? -1 : rankOf[id]!
    },
    joined: (rank) => order[rank]!,
  })
  const out: number[] = []
  for (const id of order) if (merger.merge(id)) out.push(merger.left, merger.right)
  return Uint32Array.from(out)
}

/**
 * The inverse of `mergesFromScores`: scores (0, -1, -2, … in the order of merges, characters below all of them,
 * NaN for longer tokens that no merge makes) under which SentencePiece's rule does what the merge list does on
 * every input; null when there are none. See the file head for why one pair per token decides.
 */
export function scoresFromMerges(model: BpeModelSpec): Float64Array | null {
  const { vocab, merges } = model
  if (merges === null) return null
  const byList = new SpanMerger(vocab, listRule(vocab, merges))
  const ranks = new Int32Array(vocab.size).fill(-1)
  const pairs = new Int32Array(2 * vocab.size)
  const made: number[] = []
  for (let id = 0; id < vocab.size; id++) {
    if (!vocab.has(id) || !byList.merge(id)) continue
    ranks[id] = byList.rank
    pairs[2 * id] = byList.left
    pairs[2 * id + 1] = byList.right
    made.push(id)
  }
  const scores = new Float64Array(vocab.size).fill(NaN)
  made.sort((a, b) => ranks[a]! - ranks[b]!).forEach((id, n) => (scores[id] = -n))
  const derived = mergesFromScores(vocab, scores)
  if (derived.length !== 2 * made.length) return null
  for (let n = 0; n < made.length; n++) {
    const id = made[n]!
    if (derived[2 * n] !== pairs[2 * id] || derived[2 * n + 1] !== pairs[2 * id + 1]) return null
  }
  let lowest = -made.length
  for (let id = 0; id < vocab.size; id++) {
    const from = vocab.offsets[id]!
    const length = vocab.offsets[id + 1]! - from
    if (length > 0 && utf8SequenceLength(vocab.bytes, from, from + length) === length) scores[id] = lowest--
  }
  return scores
}

/**
 * `[2 * size]` of each token the canonical pair that it is merged from (see the file head), or -1 twice: holes,
 * single symbols, tokens that no merge makes. Merges are as the model has them, without prefixes and suffixes.
 */
export function canonicalPairs({ vocab, merges }: BpeModelSpec): Int32Array {
  const merger = new SpanMerger(vocab, merges ? listRule(vocab, merges) : rankRule(vocab))
  const pairs = new Int32Array(2 * vocab.size).fill(-1)
  for (let id = 0; id < vocab.size; id++) {
    if (!isMergeable(vocab, id) || !merger.merge(id)) continue
    pairs[2 * id] = merger.left
    pairs[2 * id + 1] = merger.right
  }
  return pairs
}

/** The merge list, as `[2 * merges]` ids in rank order, that equals tiktoken's rule on this vocabulary. */
export function mergesFromRanks(vocab: Vocab): Uint32Array {
  const merger = new SpanMerger(vocab, rankRule(vocab))
  const out: number[] = []
  for (let id = 0; id < vocab.size; id++) {
    if (isMergeable(vocab, id) && merger.merge(id)) out.push(merger.left, merger.right)
  }
  return Uint32Array.from(out)
}

/** True when `merges: null, ignoreMerges: true` gives the same ids on every input; see the file head. */
export function mergesFollowRanks(model: BpeModelSpec): boolean {
  const { vocab, merges } = model
  if (!model.byteLevel) return false
  if (merges === null) return true
  for (let b = 0; b < 256; b++) if (vocab.idOf(Uint8Array.of(b)) < 0) return false
  const byRank = new SpanMerger(vocab, rankRule(vocab))
  const byList = new SpanMerger(vocab, listRule(vocab, merges))
  let lastRank = -1
  for (let id = 0; id < vocab.size; id++) {
    if (!isMergeable(vocab, id)) continue
    const made = byRank.merge(id)
    if (byList.merge(id) !== made) return false
    if (!made) {
      if (!model.ignoreMerges) return false
      continue
    }
    if (byRank.left !== byList.left || byRank.right !== byList.right || byList.rank <= lastRank) return false
    lastRank = byList.rank
  }
  return true
}
