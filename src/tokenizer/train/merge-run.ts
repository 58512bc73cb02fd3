// The training loop of byte-pair encoding (Sennrich et al. 2016): merge the most frequent pair, update the
// counts of its neighbours only, repeat. Merge for merge the result of Hugging Face's trainer; ties go to
// the smaller (left id, right id).
// What makes it fast: all pairs that a merge creates contain the one new token, so their counts are summed
// in dense arrays by neighbour, and each gets one list of places; pairs that are too rare to be reached are
// not indexed at all.
// Why one list for each pair is enough: inside the bounds of a token, what is merged depends on nothing
// outside of them (a merge across a bound would end it for good). So equal strings that became one token were
// merged in the same way: two pairs never make the same token, and a merged pair does not come again.
import type { LearnedMerges, LearnMergesOptions } from './learn-merges.ts'
import { widened } from './merge-queue.ts'
import { PackedWords, type WeightedWords } from './packed-words.ts'
import { PairLists } from './pair-lists.ts'
import { TokenStrings } from './token-strings.ts'

/** What one merge does to the pairs of its token with each neighbour on one side. */
class Neighbours {
  /** `[2 * id]` summed weights of the places with this neighbour; `[2 * id + 1]` their number. */
  readonly sums: Float64Array
  /** Neighbours seen. */
  readonly seen: Int32Array
  size = 0
  /** By neighbour: where the next place of its pair goes in the arena, or -1. */
  readonly next: Int32Array

  constructor(vocabSize: number) {
    this.sums = new Float64Array(2 * vocabSize)
    this.seen = new Int32Array(vocabSize)
    this.next = new Int32Array(vocabSize)
  }
}

export class MergeRun {
  private readonly initial: number
  private readonly vocabSize: number
  private readonly floor: number
  private readonly maxLength: number
  private readonly reuse: boolean
  private readonly closed: ReadonlySet<number>
  private readonly prefix: Uint8Array
  /** Pairs below this are not indexed. They cannot be reached while the best pair is not below it. */
  private indexFrom = Infinity
  private readonly indexRange: number
  private readonly reached: number

  private readonly packed: PackedWords
  private readonly strings: TokenStrings
  private readonly lists = new PairLists()
  /** `[vocabSize + 1]` cells of each token; 0 = never seen in a word; 1 for the edge of words. */
  private readonly lengths: Int32Array
  /** `[vocabSize + 1]` what the longest token is measured in: the cells, unless initial tokens have lengths. */
  private readonly sizes: Int32Array
  private readonly rights: Neighbours
  private readonly lefts: Neighbours
  /** Per replacement of one merge: its cell, its right and its left neighbour. */
  private trace: Int32Array<ArrayBuffer> = new Int32Array(3 * 256)
  /** Summed weight of the places where the token before was the new one too, and their number. */
  private doubled = 0
  private doubledPlaces = 0

  private merges: Int32Array<ArrayBuffer> = new Int32Array(2 * 1024)
  private made: Int32Array<ArrayBuffer> = new Int32Array(1024)
  private counts: number[] = []

  constructor(words: WeightedWords, options: LearnMergesOptions) {
    this.initial = options.initial.length
    this.vocabSize = options.vocabSize
    this.floor = Math.max(1, options.minFrequency ?? 1)
    this.maxLength = options.maxTokenLength ?? Infinity
    this.reuse = options.existing !== 'skip'
    this.closed = options.closed ?? new Set()
    this.prefix = options.continuingPrefix ?? new Uint8Array(0)
    this.lengths = new Int32Array(this.vocabSize + 1)
    this.rights = new Neighbours(this.vocabSize)
    this.lefts = new Neighbours(this.vocabSize)
    this.packed = new PackedWords(words, this.initial, this.vocabSize)
    const { cells } = this.packed
    for (let i = 0; i < cells.length; i++) this.lengths[cells[i]!] = 1
    this.sizes = options.initialLengths ? new Int32Array(this.vocabSize + 1) : this.lengths
    if (options.initialLengths) this.sizes.set(options.initialLengths)
    this.strings = new TokenStrings(options.initial)
    this.indexRange = options.indexRange ?? 64
    // The bound below is about words that become one token, which lengths of their own may forbid.
    this.reached = options.initialLengths ? 1 : this.reachable(words)
  }

  /** Works until the time (of `performance.now`) is over; true when all is done. */
  advance(until: number): boolean {
    const { lists } = this
    const { queue } = lists
    if (this.indexFrom === Infinity) this.index()
    while (this.strings.size < this.vocabSize) {
      const entry = queue.top()
      if (entry < 0) {
        if (this.indexFrom <= this.floor) return true
        this.index()
        continue
      }
      const left = queue.left[entry]!
      const right = queue.right[entry]!
      const count = lists.counts.get(left, right)
      if (count < this.indexFrom) {
        queue.pop()
        lists.drop(entry)
      } else if (count !== queue.stored[entry]) {
        queue.correctTop(count)
      } else {
        queue.pop()
        this.merge(entry, left, right, count)
        if (performance.now() > until) return this.strings.size >= this.vocabSize
      }
    }
    return true
  }

  progress() {
    const { initial } = this
    return {
      stage: 'merging',
      done: this.strings.size - initial,
      total: this.vocabSize - initial,
      unit: 'merges' as const,
    }
  }

  result(): LearnedMerges {
    const { merges, made, counts, strings } = this
    return {
      merges: Uint32Array.from(merges.subarray(0, 2 * counts.length)),
      made: Uint32Array.from(made.subarray(0, counts.length)),
      counts: Float64Array.from(counts),
      vocab: (alphabet, literal) => strings.vocab(alphabet, literal),
    }
  }

  /**
   * A count that the last merge surely reaches: while a word is not one token yet, each of its pairs
   * counts at least as much as the word; so the best pair stays above the weight of the word with number
   * `vocabSize`, as long as the words are distinct.
   */
  private reachable({ weights, offsets }: WeightedWords): number {
    const wanted = this.vocabSize - this.initial
    const sorted = new Float64Array(weights.length)
    let long = 0
    for (let i = 0; i < weights.length; i++) {
      const length = offsets[i + 1]! - offsets[i]!
      if (length >= 2 && length <= this.maxLength) sorted[long++] = weights[i]!
    }
    if (long <= wanted) return 1
    return sorted.subarray(0, long).sort()[long - 1 - wanted]!
  }

  /** Indexes the pairs of the words as they stand; called anew when the best pair fell below the index. */
  private index(): void {
    this.indexFrom = this.lists.build(this.packed, this.lengths, this.sizes, this.maxLength, (highest) => {
      // What counts more than the last index reached down to was skipped there.
      const best = Math.min(highest, this.indexFrom)
      const least = best / this.indexRange
      return Math.max(this.floor, best > this.reached ? Math.max(this.reached, least) : least)
    })
  }

  /** One merge: replaces the pair wherever the entry lists it, and counts what that changes. */
  private merge(entry: number, left: number, right: number, count: number): void {
    const { strings, lengths, lists, reuse } = this
    const length = lengths[left]! + lengths[right]!
    const known = strings.join(left, right, this.prefix)
    // With a prefix or a suffix one string can be spelt in different numbers of symbols: not merged.
    const spelt = known >= 0 ? lengths[known]! : 0
    if (known >= 0 && (!reuse || (spelt !== 0 && spelt !== length) || this.closed.has(known))) {
      lists.drop(entry)
      return
    }
    const id = known >= 0 ? known : strings.appendJoined()
    lengths[id] = length
    if (this.sizes !== lengths) this.sizes[id] = this.sizes[left]! + this.sizes[right]!
    this.record(left, right, id, count)

    const from = lists.queue.from[entry]!
    const to = from + lists.queue.places[entry]!
    if (this.trace.length < 3 * (to - from)) this.trace = new Int32Array(4 * (to - from))
    this.doubled = 0
    this.doubledPlaces = 0
    const traced = this.replace(from, to, left, right, id)
    lists.drop(entry)
    lists.reserve(2 * traced)
    this.recount(left, right, id)
    this.list(id, traced)
  }

  private record(left: number, right: number, id: number, count: number): void {
    const i = this.counts.length
    if (i === this.made.length) {
      this.merges = widened(this.merges, 4 * i)
      this.made = widened(this.made, 2 * i)
    }
    this.merges[2 * i] = left
    this.merges[2 * i + 1] = right
    this.made[i] = id
    this.counts.push(count)
  }

  /** Rewrites the cells and sums up the neighbours; returns the number of replacements. */
  private replace(from: number, to: number, left: number, right: number, id: number): number {
    const { arena } = this.lists
    const { packed, trace, lengths, rights, lefts } = this
    const { cells, edge, inside } = packed
    const rightSums = rights.sums
    const leftSums = lefts.sums
    const leftLength = lengths[left]!
    const rightLength = lengths[right]!
    let put = 0
    for (let i = from; i < to; i++) {
      const at = arena[i]!
      if (cells[at] !== left) continue
      const middle = at + leftLength
      if (cells[middle] !== right) continue
      const end = middle + rightLength
      const before = cells[at - 1]!
      const after = cells[end]!
      if (leftLength > 1) cells[middle - 1] = inside
      if (rightLength > 1) cells[middle] = inside
      cells[at] = id
      cells[end - 1] = id
      const weight = packed.weightAt(at)
      if (after !== edge) {
        const known = rightSums[2 * after + 1]!
        if (known === 0) rights.seen[rights.size++] = after
        rightSums[2 * after]! += weight
        rightSums[2 * after + 1] = known + 1
      }
      if (before === id) {
        this.doubled += weight
        this.doubledPlaces++
      } else if (before !== edge) {
        const known = leftSums[2 * before + 1]!
        if (known === 0) lefts.seen[lefts.size++] = before
        leftSums[2 * before]! += weight
        leftSums[2 * before + 1] = known + 1
      }
      trace[put] = at
      trace[put + 1] = after
      trace[put + 2] = before
      put += 3
    }
    return put / 3
  }

  /** Takes the replaced pairs off the counts, then enters the pairs of the token that was made. */
  private recount(left: number, right: number, id: number): void {
    const { lists, rights, lefts, sizes, maxLength, doubled } = this
    const { counts } = lists
    for (let i = 0; i < rights.size; i++) {
      const after = rights.seen[i]!
      counts.addIfKnown(right, after, -rights.sums[2 * after]!)
    }
    for (let i = 0; i < lefts.size; i++) {
      const before = lefts.seen[i]!
      counts.addIfKnown(before, left, -lefts.sums[2 * before]!)
    }
    // Where two of the new token came to stand side by side, the pair (id, left) that was there between
    // the two replacements is gone again, and (id, id) has come.
    if (doubled > 0) {
      rights.sums[2 * left]! -= doubled
      rights.seen[rights.size++] = id
      rights.sums[2 * id] = doubled
      rights.sums[2 * id + 1] = this.doubledPlaces
    }
    const room = maxLength - sizes[id]!
    for (let i = 0; i < rights.size; i++) {
      const after = rights.seen[i]!
      const change = rights.sums[2 * after]!
      const places = rights.sums[2 * after + 1]!
      rights.sums[2 * after] = 0
      rights.sums[2 * after + 1] = 0
      rights.next[after] = sizes[after]! > room ? -1 : this.enter(id, after, change, places)
    }
    for (let i = 0; i < lefts.size; i++) {
      const before = lefts.seen[i]!
      const change = lefts.sums[2 * before]!
      const places = lefts.sums[2 * before + 1]!
      lefts.sums[2 * before] = 0
      lefts.sums[2 * before + 1] = 0
      lefts.next[before] = sizes[before]! > room ? -1 : this.enter(before, id, change, places)
    }
    rights.size = 0
    lefts.size = 0
  }

  /** Enters a pair that is new. Returns where its list of places begins, or -1 when it is too rare. */
  private enter(left: number, right: number, count: number, places: number): number {
    if (count < this.indexFrom) return -1
    this.lists.counts.add(left, right, count)
    return this.lists.append(left, right, count, places)
  }

  /** Writes the lists of the entered pairs. */
  private list(id: number, traced: number): void {
    const { trace, lengths } = this
    const { arena } = this.lists
    const { edge } = this.packed
    const rightNext = this.rights.next
    const leftNext = this.lefts.next
    for (let i = 0; i < 3 * traced; i += 3) {
      const at = trace[i]!
      const after = trace[i + 1]!
      const before = trace[i + 2]!
      if (before !== edge) {
        const next = before === id ? rightNext : leftNext
        const put = next[before]!
        if (put >= 0) {
          arena[put] = at - lengths[before]!
          next[before] = put + 1
        }
      }
      if (after !== edge) {
        const put = rightNext[after]!
        if (put >= 0) {
          arena[put] = at
          rightNext[after] = put + 1
        }
      }
    }
  }
}
