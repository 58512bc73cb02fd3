// The training loop of byte-pair encoding (Sennrich et al. 2016): merge the most frequent pair, update the
// counts of its neighbours only, repeat. Merge for merge the result of Hugging Face's trainer; ties go to
// the smaller (left id, right id).
// What makes it fast: all pairs that a merge creates contain the one new token, so their counts are summed
// in dense arrays by neighbour, and each gets one list of places; pairs that are too rare to be reached are
// not indexed at all.
import type { LearnedMerges, LearnMergesOptions } from './learn-merges.ts'
import { MadePlaces } from './made-places.ts'
import { widened } from './merge-queue.ts'
import { PackedWords, type WeightedWords } from './packed-words.ts'
import { PairLists } from './pair-lists.ts'
import { PairTable } from './pair-table.ts'
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
  private readonly words: WeightedWords
  private readonly initial: readonly Uint8Array[]
  private readonly vocabSize: number
  private readonly floor: number
  private readonly maxLength: number
  private readonly reuse: boolean
  private readonly prefix: Uint8Array
  /** Pairs below this are not indexed. They cannot be reached while the best pair is not below it. */
  private indexFrom: number

  private packed: PackedWords
  private strings: TokenStrings
  private readonly lists = new PairLists()
  private indexed = false
  /** `[vocabSize + 1]` cells of each token; 0 = never seen in a word; 1 for the edge of words. */
  private readonly lengths: Int32Array
  private readonly rights: Neighbours
  private readonly lefts: Neighbours
  /** Per replacement of one merge: its cell, its right and its left neighbour. */
  private trace: Int32Array<ArrayBuffer> = new Int32Array(3 * 256)
  /** Summed weight of the places where the token before was the new one too, and their number. */
  private doubled = 0
  private doubledPlaces = 0
  /** `reuse` only. */
  private madePlaces: MadePlaces | null = null
  /** Pairs that may have more than one list. */
  private several = new PairTable()

  private merges: Int32Array<ArrayBuffer> = new Int32Array(2 * 1024)
  private made: Int32Array<ArrayBuffer> = new Int32Array(1024)
  private counts: number[] = []

  constructor(words: WeightedWords, options: LearnMergesOptions) {
    this.words = words
    this.initial = options.initial
    this.vocabSize = options.vocabSize
    this.floor = Math.max(1, options.minFrequency ?? 1)
    this.maxLength = options.maxTokenLength ?? Infinity
    this.reuse = options.existing !== 'skip'
    this.prefix = options.continuingPrefix ?? new Uint8Array(0)
    this.lengths = new Int32Array(this.vocabSize + 1)
    this.rights = new Neighbours(this.vocabSize)
    this.lefts = new Neighbours(this.vocabSize)
    this.packed = this.pack()
    this.strings = new TokenStrings(this.initial)
    this.indexFrom = Math.max(this.floor, options.indexFrom ?? this.reachable())
  }

  /** Works until the time (of `performance.now`) is over; true when all is done. */
  advance(until: number): boolean {
    const { lists } = this
    const { queue } = lists
    if (!this.indexed) this.index()
    while (this.strings.size < this.vocabSize) {
      const entry = queue.top()
      if (entry < 0) {
        if (this.indexFrom <= this.floor) return true
        this.lowerIndex()
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
    const initial = this.initial.length
    return {
      stage: 'merging',
      done: this.strings.size - initial,
      total: this.vocabSize - initial,
      unit: 'merges' as const,
    }
  }

  /** A pair whose list came in parts was merged more than once: its last place in the order counts. */
  result(): LearnedMerges {
    const { merges, made, counts, strings, several } = this
    const later = new PairTable()
    const kept = new Uint8Array(counts.length).fill(1)
    for (let i = counts.length - 1; i >= 0 && several.size > 0; i--) {
      const left = merges[2 * i]!
      const right = merges[2 * i + 1]!
      if (several.find(left, right) < 0) continue
      if (later.find(left, right) >= 0) kept[i] = 0
      later.add(left, right, 1)
    }
    let from = 0
    for (let i = 0; i < counts.length; i++) {
      if (kept[i] === 0) continue
      merges[2 * from] = merges[2 * i]!
      merges[2 * from + 1] = merges[2 * i + 1]!
      made[from] = made[i]!
      counts[from++] = counts[i]!
    }
    return {
      merges: Uint32Array.from(merges.subarray(0, 2 * from)),
      made: Uint32Array.from(made.subarray(0, from)),
      counts: Float64Array.from(counts.slice(0, from)),
      vocab: (alphabet, literal) => strings.vocab(alphabet, literal),
    }
  }

  /** The words as they were at the start. */
  private pack(): PackedWords {
    const { lengths, vocabSize } = this
    const packed = new PackedWords(this.words, this.initial.length, vocabSize)
    const { cells } = packed
    lengths.fill(0)
    for (let i = 0; i < cells.length; i++) lengths[cells[i]!] = 1
    return packed
  }

  /**
   * A count that the last merge surely reaches: while a word is not one token yet, each of its pairs
   * counts at least as much as the word; so the best pair stays above the weight of the word with number
   * `vocabSize`, as long as the words are distinct.
   */
  private reachable(): number {
    const { weights, offsets } = this.words
    const wanted = this.vocabSize - this.initial.length
    const sorted = new Float64Array(weights.length)
    let long = 0
    for (let i = 0; i < weights.length; i++) {
      const length = offsets[i + 1]! - offsets[i]!
      if (length >= 2 && length <= this.maxLength) sorted[long++] = weights[i]!
    }
    if (long <= wanted) return 1
    return sorted.subarray(0, long).sort()[long - 1 - wanted]!
  }

  private index(): void {
    this.lists.build(this.packed, this.lengths, this.maxLength, this.indexFrom)
    this.madePlaces = this.reuse ? new MadePlaces(this.vocabSize, this.packed.symbols) : null
    this.indexed = true
  }

  /** The best pair fell below the index: index rarer pairs too. */
  private lowerIndex(): void {
    this.indexFrom = Math.max(this.floor, Math.floor(this.indexFrom / 8))
    if (this.reuse) {
      // The age of a list matters there, and a new index would not know it: begin again.
      this.strings = new TokenStrings(this.initial)
      this.packed = this.pack()
      this.several = new PairTable()
      this.counts = []
    }
    this.index()
  }

  /** One merge: replaces the pair wherever the entry lists it, and counts what that changes. */
  private merge(entry: number, left: number, right: number, count: number): void {
    const { strings, lengths, lists, reuse } = this
    const length = lengths[left]! + lengths[right]!
    const known = strings.join(left, right, this.prefix)
    // With a prefix or a suffix one string can be spelt in different numbers of symbols: not merged.
    if (known >= 0 && (!reuse || (lengths[known] !== 0 && lengths[known] !== length))) {
      lists.drop(entry)
      return
    }
    const id = known >= 0 ? known : strings.appendJoined()
    lengths[id] = length
    this.record(left, right, id, count)

    let { arena } = lists
    let from = lists.queue.from[entry]!
    let to = from + lists.queue.places[entry]!
    if (this.several.size > 0 && this.several.find(left, right) >= 0) {
      arena = this.allPlacesInWords(from, to, left, right)
      from = 0
      to = arena.length
    }
    if (this.trace.length < 3 * (to - from)) this.trace = new Int32Array(4 * (to - from))
    this.doubled = 0
    this.doubledPlaces = 0
    const traced = this.replace(arena, from, to, left, right, id)
    lists.drop(entry)
    lists.reserve(2 * traced)
    this.madePlaces?.note(id, this.trace, traced)
    this.recount(left, right, id, known >= 0)
    this.list(id, traced)
    this.madePlaces?.clear(this.packed, lengths)
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
  private replace(
    arena: Int32Array,
    from: number,
    to: number,
    left: number,
    right: number,
    id: number,
  ): number {
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
  private recount(left: number, right: number, id: number, existed: boolean): void {
    const { lists, rights, lefts, lengths, maxLength, doubled } = this
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
      if (rights.sums[2 * left + 1] === 0) rights.seen[rights.size++] = left
      rights.sums[2 * left]! -= doubled
      if (rights.sums[2 * id + 1] === 0) rights.seen[rights.size++] = id
      rights.sums[2 * id]! += doubled
    }
    const room = maxLength - lengths[id]!
    for (let i = 0; i < rights.size; i++) {
      const after = rights.seen[i]!
      const change = rights.sums[2 * after]!
      let places = rights.sums[2 * after + 1]!
      rights.sums[2 * after] = 0
      rights.sums[2 * after + 1] = 0
      if (after === id) places += this.doubledPlaces
      rights.next[after] = lengths[after]! > room ? -1 : this.enter(id, after, change, places, id, existed)
    }
    for (let i = 0; i < lefts.size; i++) {
      const before = lefts.seen[i]!
      const change = lefts.sums[2 * before]!
      const places = lefts.sums[2 * before + 1]!
      lefts.sums[2 * before] = 0
      lefts.sums[2 * before + 1] = 0
      lefts.next[before] = lengths[before]! > room ? -1 : this.enter(before, id, change, places, id, existed)
    }
    rights.size = 0
    lefts.size = 0
  }

  /**
   * Enters the changed count of a pair with the token `id`. Returns where its list of places begins, or -1
   * when it gets none.
   */
  private enter(
    left: number,
    right: number,
    change: number,
    places: number,
    id: number,
    existed: boolean,
  ): number {
    const { counts } = this.lists
    let count = change
    if (existed) {
      if (counts.find(left, right) >= 0) {
        counts.add(left, right, change)
        count = counts.get(left, right)
      } else {
        if (places === 0) return -1
        // The pair may have occurred before, too rarely for the index.
        count = this.madePlaces!.count(id, left, right, this.packed, this.lengths)
        if (count >= this.indexFrom) counts.add(left, right, count)
      }
      this.several.add(left, right, 1)
    } else if (places > 0 && count >= this.indexFrom) counts.add(left, right, count)
    return places > 0 && count >= this.indexFrom ? this.lists.append(left, right, count, places) : -1
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

  /** Every place of the pair in the words in which the list names a place. */
  private allPlacesInWords(from: number, to: number, left: number, right: number): Int32Array<ArrayBuffer> {
    const { cells, edge } = this.packed
    const { arena } = this.lists
    const found: number[] = []
    let done = 0
    for (let i = from; i < to; i++) {
      let at = arena[i]!
      if (at < done) continue
      while (cells[at - 1] !== edge) at--
      for (; cells[at] !== edge; at += this.lengths[cells[at]!]!) {
        if (cells[at] === left && cells[at + this.lengths[left]!] === right) found.push(at)
      }
      done = at
    }
    return Int32Array.from(found)
  }
}
