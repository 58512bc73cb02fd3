// Which two neighbouring tokens may merge, and at which rank: a list of merges (tokenizer.json), or
// tiktoken's rule, by which the joined bytes are looked up in the vocabulary and the id is the rank.
import { TesseraError } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { Vocab } from '../vocab.ts'

/** Far beyond what chance makes of a merge list. */
const MAX_PROBES = 4096

/** "These two do not merge." Larger than every rank. */
export const NO_MERGE = 0x7fffffff

export interface MergeRules {
  /**
   * Rank of merging the neighbours `left` and `right`, whose bytes are `bytes[start .. end]`; NO_MERGE
   * when they do not. The lowest rank merges first; at equal rank the leftmost.
   */
  rank(left: number, right: number, bytes: Uint8Array, start: number, end: number): number
  /** As `rank`, for neighbours of more than two bytes together. */
  rankOfLonger(left: number, right: number, bytes: Uint8Array, start: number, end: number): number
  /** Id of the token that the merge of this rank makes. */
  result(rank: number): number
}

export function mergeRules(model: BpeModelSpec): MergeRules {
  return model.merges ? new MergeList(model.vocab, model.merges) : new RankRule(model.vocab)
}

/** Slots of `PairCache`, as a number of bits. */
const CACHED_BITS = 14
/** The largest id that `PairCache` has room for. */
const CACHED_IDS = 1 << 20
/** Words of the filter, less one: 4 Mbit for at most some 500,000 merges. */
const FILTER_MASK = (1 << 17) - 1

/**
 * tiktoken's rule. Most questions are about pairs of bytes, which have a table of their own, or about pairs
 * asked before, which a direct-mapped cache of fixed size answers (yes or no) without touching the bytes.
 */
class RankRule implements MergeRules {
  private readonly vocab: Vocab
  /** `[65536]` the rank of each pair of bytes. */
  private readonly bytePairs = new Int32Array(65536).fill(NO_MERGE)
  /** Of no use with ids from CACHED_IDS on: all of it stays free. */
  private readonly cache = newPairCache()
  private readonly cached: boolean

  constructor(vocab: Vocab) {
    this.vocab = vocab
    this.cached = vocab.size <= CACHED_IDS
    const { bytes, offsets } = vocab
    for (let id = vocab.size - 1; id >= 0; id--) {
      const at = offsets[id]!
      if (offsets[id + 1]! - at === 2 && !vocab.literal.has(id))
        this.bytePairs[(bytes[at]! << 8) | bytes[at + 1]!] = id
    }
  }

  rank(left: number, right: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start === 2) return this.bytePairs[(bytes[start]! << 8) | bytes[start + 1]!]!
    return this.rankOfLonger(left, right, bytes, start, end)
  }

  rankOfLonger(left: number, right: number, bytes: Uint8Array, start: number, end: number): number {
    const at = pairPlace(left, right)
    return this.cache[at] === pairKey(left, right)
      ? this.cache[at + 1]!
      : this.ask(left, right, bytes, start, end)
  }

  result(rank: number): number {
    return rank
  }

  private ask(left: number, right: number, bytes: Uint8Array, start: number, end: number): number {
    const id = this.vocab.idOf(bytes, start, end)
    const rank = id < 0 ? NO_MERGE : id
    if (this.cached) {
      const at = pairPlace(left, right)
      this.cache[at] = pairKey(left, right)
      this.cache[at + 1] = rank
    }
    return rank
  }
}

/** A merge list as an open-addressing table (left, right) → rank in one Int32Array. */
export class MergeList implements MergeRules {
  private readonly results: Int32Array
  /** `[3 * capacity]` left + 1 (0 = free), right, rank. */
  private readonly slots: Int32Array
  private readonly mask: number
  /** Answers to recent questions, as in RankRule: the table itself is larger than the processor's cache. */
  private readonly cache: Int32Array | null
  /** `[65536]` the rank of each pair of one-byte tokens, the commonest question. */
  private readonly bytePairs = new Int32Array(65536).fill(NO_MERGE)
  /** One bit per hash: most pairs that do not merge are told apart here. */
  private readonly filter = new Int32Array(FILTER_MASK + 1)

  constructor(vocab: Vocab, merges: Uint32Array) {
    this.cache = vocab.size <= CACHED_IDS ? newPairCache() : null
    const count = merges.length >> 1
    let capacity = 16
    while (capacity < count * 1.6) capacity *= 2
    const slots = new Int32Array(capacity * 3)
    const mask = capacity - 1
    const results = new Int32Array(count)
    const longest = new Uint8Array(vocab.maxTokenBytes * 2)
    /** What the merge before made: lists that came from SentencePiece name every way to a token in a row. */
    let made = -1
    for (let rank = 0; rank < count; rank++) {
      const left = merges[2 * rank]!
      const right = merges[2 * rank + 1]!
      const leftEnd = vocab.offsets[left + 1]! - vocab.offsets[left]!
      const length = leftEnd + vocab.offsets[right + 1]! - vocab.offsets[right]!
      copy(vocab.bytes, vocab.offsets[left]!, longest, 0, leftEnd)
      copy(vocab.bytes, vocab.offsets[right]!, longest, leftEnd, length - leftEnd)
      if (!spells(vocab, made, longest, length)) made = vocab.idOf(longest, 0, length)
      results[rank] = made
      let at = pairHash(left, right) & mask
      let probes = 0
      while (slots[3 * at] !== 0 && !(slots[3 * at] === left + 1 && slots[3 * at + 1] === right)) {
        at = (at + 1) & mask
        if (++probes > MAX_PROBES) {
          throw new TesseraError('FORMAT_INVALID', 'Too many merges share one hash', {
            where: `merge ${rank}`,
          })
        }
      }
      // Hugging Face keeps the last of two equal pairs.
      slots[3 * at] = left + 1
      slots[3 * at + 1] = right
      slots[3 * at + 2] = rank
      const hash = pairHash(left, right)
      this.filter[(hash >>> 5) & FILTER_MASK]! |= 1 << (hash & 31)
      if (length === 2) this.bytePairs[(longest[0]! << 8) | longest[1]!] = rank
    }
    this.slots = slots
    this.mask = mask
    this.results = results
  }

  rank(left: number, right: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start === 2) return this.bytePairs[(bytes[start]! << 8) | bytes[start + 1]!]!
    return this.rankOf(left, right)
  }

  rankOfLonger(left: number, right: number): number {
    return this.rankOf(left, right)
  }

  /** As `rank`, from the ids alone. */
  rankOf(left: number, right: number): number {
    const { cache } = this
    const hash = pairHash(left, right)
    if ((this.filter[(hash >>> 5) & FILTER_MASK]! & (1 << (hash & 31))) === 0) return NO_MERGE
    if (cache === null) return this.search(left, right, hash)
    const at = pairPlace(left, right)
    const key = pairKey(left, right)
    if (cache[at] === key) return cache[at + 1]!
    const rank = this.search(left, right, hash)
    cache[at] = key
    cache[at + 1] = rank
    return rank
  }

  result(rank: number): number {
    return this.results[rank]!
  }

  /** Number of merges: ranks are below it. */
  get count(): number {
    return this.results.length
  }

  private search(left: number, right: number, hash: number): number {
    const { slots, mask } = this
    let at = hash & mask
    for (;;) {
      const key = slots[3 * at]!
      if (key === 0) return NO_MERGE
      if (key === left + 1 && slots[3 * at + 1] === right) return slots[3 * at + 2]!
      at = (at + 1) & mask
    }
  }
}

/**
 * A direct-mapped cache of fixed size, (left, right) → rank: `[2 << CACHED_BITS]` key, rank. Place and key
 * together say which pair it is: the place is the low bits of `right`, changed in a way that depends on `left`
 * alone, and the key has the rest of both. Ids are below CACHED_IDS. No pair has the key 0.
 */
function newPairCache(): Int32Array {
  return new Int32Array(2 << CACHED_BITS)
}

function pairPlace(left: number, right: number): number {
  return ((right ^ (Math.imul(left, 0x9e3779b1) >>> 15)) & ((1 << CACHED_BITS) - 1)) << 1
}

function pairKey(left: number, right: number): number {
  return ((left << 6) | (right >>> CACHED_BITS)) + 1
}

function pairHash(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** Whether the bytes of `id` are `bytes[0 .. length]`. */
function spells(vocab: Vocab, id: number, bytes: Uint8Array, length: number): boolean {
  if (id < 0) return false
  const from = vocab.offsets[id]!
  if (vocab.offsets[id + 1]! - from !== length) return false
  for (let i = 0; i < length; i++) if (vocab.bytes[from + i] !== bytes[i]) return false
  return true
}

function copy(from: Uint8Array, at: number, to: Uint8Array, start: number, length: number): void {
  for (let i = 0; i < length; i++) to[start + i] = from[at + i]!
}
