// Byte-pair encoding's training loop (Sennrich et al. 2016): merge the most frequent pair, update the
// counts of its neighbours only, repeat. Merge for merge the result of Hugging Face's trainer; ties go to
// the smaller (left id, right id).
// What makes it fast: all pairs that a merge creates contain the one new token, so they are counted in two
// dense arrays and get one list of places each; pairs too rare to be reached are not indexed at all.
import { TesseraError, throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Vocab, VocabAlphabet } from '../vocab.ts'
import { MergeQueue, widened } from './merge-queue.ts'
import { EDGE, INSIDE, PackedWords, type WeightedWords } from './packed-words.ts'
import { PairTable } from './pair-table.ts'
import { TokenStrings } from './token-strings.ts'

export type { WeightedWords } from './packed-words.ts'

export interface LearnMergesOptions extends LongWork {
  /** Tokens that exist before the first merge (special tokens, alphabet): ids 0, 1, 2, … */
  initial: readonly Uint8Array[]
  /** Stop at this many tokens, initial ones included. */
  vocabSize: number
  /** Stop at the first pair that occurs less often. Default 1. */
  minFrequency?: number
  /** Longest token, in symbols. Default: no limit. */
  maxTokenLength?: number
  /**
   * When the joined string of a pair is a token already:
   * - `reuse` (default, Hugging Face): the merge makes that token once more, and no new id;
   * - `skip`: the pair is never merged.
   */
  existing?: 'reuse' | 'skip'
  /** Left out of the right token's string when joining (WordPiece-style `##`). Default none. */
  continuingPrefix?: Uint8Array
  /** Pairs rarer than this are indexed only when needed. Default: chosen from the words. Never changes the result. */
  indexFrom?: number
}

export interface LearnedMerges {
  /** `[2 * merges]` left and right id of each merge, in order. A pair never comes twice. */
  merges: Uint32Array
  /** `[merges]` the token each merge makes. Under `skip` these are consecutive. */
  made: Uint32Array
  /** `[merges]` weighted count of the pair when it was merged. */
  counts: Float64Array
  /** All tokens, initial ones included. */
  vocab(alphabet: VocabAlphabet, literal?: ReadonlySet<number>): Vocab
}

/**
 * Learns merges, giving way to the event loop every few milliseconds.
 * Throws ARGUMENT_INVALID, TRAINING_IMPOSSIBLE (vocabulary size below the initial tokens), CANCELLED.
 */
export async function learnMerges(words: WeightedWords, options: LearnMergesOptions): Promise<LearnedMerges> {
  const run = start(words, options)
  while (!run.advance(performance.now() + 40)) {
    options.onProgress?.(run.progress())
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(options.signal)
  }
  options.onProgress?.(run.progress())
  return run.result()
}

/** As `learnMerges`, in one go. */
export function learnMergesSync(words: WeightedWords, options: LearnMergesOptions): LearnedMerges {
  const run = start(words, options)
  while (!run.advance(performance.now() + 100)) {
    options.onProgress?.(run.progress())
    throwIfCancelled(options.signal)
  }
  options.onProgress?.(run.progress())
  return run.result()
}

function start(words: WeightedWords, options: LearnMergesOptions): MergeRun {
  throwIfCancelled(options.signal)
  const { initial, vocabSize, minFrequency = 1, maxTokenLength = Infinity } = options
  const whole = (value: number, least: number, name: string) => {
    if (!(Number.isInteger(value) || value === Infinity) || value < least) {
      throw new TesseraError('ARGUMENT_INVALID', `${name} is ${value}`, {
        where: name,
        hint: `Give a whole number from ${least} up`,
      })
    }
  }
  whole(vocabSize, 1, 'vocabSize')
  whole(minFrequency, 0, 'minFrequency')
  whole(maxTokenLength, 1, 'maxTokenLength')
  if (vocabSize > 2 ** 24) {
    throw new TesseraError('ARGUMENT_INVALID', `vocabSize is ${vocabSize}; at most ${2 ** 24}`, {
      where: 'vocabSize',
    })
  }
  if (words.offsets.length !== words.weights.length + 1) {
    throw new TesseraError('ARGUMENT_INVALID', 'offsets must have one entry more than weights', {
      where: 'words',
    })
  }
  if (words.symbols.length + words.weights.length >= 2 ** 31 - 1) {
    throw new TesseraError('TRAINING_IMPOSSIBLE', `${words.symbols.length} symbols; at most 2^31`, {
      hint: 'Train on a sample of the corpus',
    })
  }
  if (initial.length > vocabSize) {
    throw new TesseraError(
      'TRAINING_IMPOSSIBLE',
      `A vocabulary of ${vocabSize} cannot hold the ${initial.length} initial tokens`,
      { where: 'vocabSize', hint: 'Ask for a larger vocabulary or a smaller alphabet' },
    )
  }
  return new MergeRun(words, options)
}

class MergeRun {
  private readonly words: WeightedWords
  private readonly initial: readonly Uint8Array[]
  private readonly vocabSize: number
  private readonly floor: number
  private readonly maxLength: number
  private readonly reuse: boolean
  private readonly prefix: Uint8Array

  /** Pairs below this are not in the table. They cannot be reached while the best pair is not below it. */
  private indexFrom: number
  private packed: PackedWords
  private strings: TokenStrings
  private table = new PairTable()
  private readonly queue = new MergeQueue()
  /** First cells of the left tokens of indexed pairs; the queue's entries own ranges of it. */
  private arena: Int32Array<ArrayBuffer> = new Int32Array(0)
  private arenaEnd = 0
  private arenaGone = 0
  /** `[vocabSize]` cells of each token; 0 = never seen in a word. */
  private readonly lengths: Int32Array

  // Scratch of one step, by neighbour: change of count and number of places of the pairs
  // (new, neighbour) and (neighbour, new); where the next place of such a pair goes in the arena.
  private readonly rightChange: Float64Array
  private readonly leftChange: Float64Array
  private readonly rightPlaces: Int32Array
  private readonly leftPlaces: Int32Array
  private touchedRight: Int32Array<ArrayBuffer> = new Int32Array(256)
  private touchedLeft: Int32Array<ArrayBuffer> = new Int32Array(256)
  /** Per replacement: its cell, the right neighbour or -1, the left neighbour or -1. */
  private trace: Int32Array<ArrayBuffer> = new Int32Array(3 * 256)

  /** `reuse` only: where each token was made (ranges of `madeAt`), and pairs with more than one list. */
  private madeAt: Int32Array<ArrayBuffer> = new Int32Array(1024)
  private madeEnd = 0
  private madeRanges: number[][] = []
  private several = new Set<number>()
  /** `reuse` only: counts of the neighbours of one token. */
  private readonly adjacentLeft: Float64Array
  private readonly adjacentRight: Float64Array
  private adjacentCounted = false

  private left: number[] = []
  private right: number[] = []
  private made: number[] = []
  private counts: number[] = []
  private indexed = false

  constructor(words: WeightedWords, options: LearnMergesOptions) {
    this.words = words
    this.initial = options.initial
    this.vocabSize = options.vocabSize
    this.floor = Math.max(1, options.minFrequency ?? 1)
    this.maxLength = options.maxTokenLength ?? Infinity
    this.reuse = options.existing !== 'skip'
    this.prefix = options.continuingPrefix ?? new Uint8Array(0)
    const size = this.vocabSize + 1
    this.rightChange = new Float64Array(size)
    this.leftChange = new Float64Array(size)
    this.rightPlaces = new Int32Array(size)
    this.leftPlaces = new Int32Array(size)
    this.adjacentLeft = new Float64Array(this.reuse ? size : 0)
    this.adjacentRight = new Float64Array(this.reuse ? size : 0)
    this.lengths = new Int32Array(size)
    this.strings = new TokenStrings(this.initial)
    this.packed = this.pack()
    this.indexFrom = Math.max(this.floor, options.indexFrom ?? this.reachable())
  }

  /** Works until the time (of `performance.now`) is over; true when all is done. */
  advance(until: number): boolean {
    const { queue } = this
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
      const slot = this.table.find(left, right)
      const count = slot < 0 ? 0 : this.table.count(slot)
      if (count < this.indexFrom) {
        queue.pop()
        this.drop(entry)
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
    const last = new Map<number, number>()
    for (let i = 0; i < this.left.length; i++) last.set(pairKey(this.left[i]!, this.right[i]!), i)
    const kept = this.left
      .map((_, i) => i)
      .filter((i) => last.get(pairKey(this.left[i]!, this.right[i]!)) === i)
    const { strings } = this
    return {
      merges: Uint32Array.from(kept.flatMap((i) => [this.left[i]!, this.right[i]!])),
      made: Uint32Array.from(kept, (i) => this.made[i]!),
      counts: Float64Array.from(kept, (i) => this.counts[i]!),
      vocab: (alphabet, literal) => strings.vocab(alphabet, literal),
    }
  }

  /**
   * A count that the last merge surely reaches: while a word is not one token yet, each of its pairs
   * counts at least as much as the word; so the best pair stays above the weight of the word with number
   * `vocabSize`, as long as the words are distinct.
   */
  private reachable(): number {
    const { weights, offsets } = this.words
    const wanted = this.vocabSize - this.initial.length
    const long: number[] = []
    for (let i = 0; i < weights.length; i++) {
      const length = offsets[i + 1]! - offsets[i]!
      if (length >= 2 && length <= this.maxLength) long.push(weights[i]!)
    }
    if (long.length <= wanted) return 1
    const sorted = Float64Array.from(long).sort()
    return sorted[sorted.length - 1 - wanted]!
  }

  /** The words as they were at the start. */
  private pack(): PackedWords {
    const packed = new PackedWords(this.words, this.initial.length)
    this.lengths.fill(0)
    for (const id of packed.cells) if (id >= 0) this.lengths[id] = 1
    return packed
  }

  /** The best pair fell below the index: index rarer pairs too. */
  private lowerIndex(): void {
    this.indexFrom = Math.max(this.floor, Math.floor(this.indexFrom / 8))
    if (this.reuse) {
      // The age of a list matters there, and a new index would not know it: begin again.
      this.strings = new TokenStrings(this.initial)
      this.packed = this.pack()
      this.madeEnd = 0
      this.madeRanges = []
      this.several = new Set()
      this.left = []
      this.right = []
      this.made = []
      this.counts = []
    }
    this.index()
  }

  /** Counts all pairs of the words as they stand and lists the places of those that count enough. */
  private index(): void {
    this.indexed = true
    const { cells } = this.packed
    const { lengths, queue, maxLength } = this
    const all = new PairTable(1 << 12)
    for (let at = 1; at < cells.length;) {
      const left = cells[at]!
      if (left === EDGE) {
        at++
        continue
      }
      const length = lengths[left]!
      const right = cells[at + length]!
      if (right >= 0 && length + lengths[right]! <= maxLength) all.add(left, right, this.packed.weightAt(at))
      at += length
    }
    let enough = 0
    for (let slot = 0; slot < all.capacity; slot++) {
      if (all.left(slot) >= 0 && all.count(slot) >= this.indexFrom) enough++
    }
    const table = new PairTable(enough)
    for (let slot = 0; slot < all.capacity; slot++) {
      if (all.left(slot) >= 0 && all.count(slot) >= this.indexFrom) {
        table.add(all.left(slot), all.right(slot), all.count(slot))
      }
    }
    const ends = new Int32Array(table.capacity)
    const eachPlace = (visit: (slot: number, at: number) => void) => {
      for (let at = 1; at < cells.length;) {
        const left = cells[at]!
        if (left === EDGE) {
          at++
          continue
        }
        const length = lengths[left]!
        const right = cells[at + length]!
        if (right >= 0) {
          const slot = table.find(left, right)
          if (slot >= 0) visit(slot, at)
        }
        at += length
      }
    }
    eachPlace((slot) => void ends[slot]!++)
    queue.clear()
    let total = 0
    for (let slot = 0; slot < table.capacity; slot++) {
      const places = ends[slot]!
      if (places === 0) continue
      queue.push(table.left(slot), table.right(slot), table.count(slot), total, places)
      ends[slot] = total
      total += places
    }
    const arena = new Int32Array(total + (total >> 1) + 1024)
    eachPlace((slot, at) => {
      arena[ends[slot]!++] = at
    })
    this.arena = arena
    this.arenaEnd = total
    this.arenaGone = 0
    this.table = table
  }

  private drop(entry: number): void {
    this.arenaGone += this.queue.places[entry]!
    this.queue.places[entry] = -1
  }

  /** One merge: replaces the pair wherever the entry lists it, and counts what that changes. */
  private merge(entry: number, left: number, right: number, count: number): void {
    const { strings, lengths, reuse, table, rightChange, leftChange, rightPlaces, leftPlaces } = this
    const leftLength = lengths[left]!
    const rightLength = lengths[right]!
    const length = leftLength + rightLength
    const known = strings.join(left, right, this.prefix)
    if (known >= 0) {
      // With a prefix or a suffix one string can be spelt in different numbers of symbols: not merged.
      if (!reuse || (lengths[known] !== 0 && lengths[known] !== length)) {
        this.drop(entry)
        return
      }
    }
    const id = known >= 0 ? known : strings.appendJoined()
    lengths[id] = length
    this.left.push(left)
    this.right.push(right)
    this.made.push(id)
    this.counts.push(count)

    let arena = this.arena
    let from = this.queue.from[entry]!
    let to = from + this.queue.places[entry]!
    if (this.several.size > 0 && this.several.has(pairKey(left, right))) {
      arena = this.allPlacesInWords(from, to, left, right)
      from = 0
      to = arena.length
    }
    if (this.trace.length < 3 * (to - from)) this.trace = new Int32Array(4 * (to - from))
    const neighbours = Math.min(to - from, this.vocabSize) + 2
    if (this.touchedRight.length < neighbours) {
      this.touchedRight = new Int32Array(2 * neighbours)
      this.touchedLeft = new Int32Array(2 * neighbours)
    }
    const { packed, trace, touchedRight, touchedLeft, maxLength } = this
    const { cells } = packed
    let traced = 0
    let rights = 0
    let lefts = 0

    for (let i = from; i < to; i++) {
      const at = arena[i]!
      if (cells[at] !== left) continue
      const middle = at + leftLength
      if (cells[middle] !== right) continue
      const end = middle + rightLength
      const before = cells[at - 1]!
      const after = cells[end]!
      if (leftLength > 1) cells[middle - 1] = INSIDE
      if (rightLength > 1) cells[middle] = INSIDE
      cells[at] = id
      cells[end - 1] = id
      const weight = packed.weightAt(at)
      trace[3 * traced] = at
      if (before !== EDGE) {
        // (before, left) is gone and (before, id) has come. Pairs with `id` are counted apart.
        if (before === id) {
          if (rightPlaces[left] === 0 && rightChange[left] === 0) touchedRight[rights++] = left
          rightChange[left]! -= weight
          if (length + length <= maxLength) {
            if (rightPlaces[id] === 0 && rightChange[id] === 0) touchedRight[rights++] = id
            rightChange[id]! += weight
            rightPlaces[id]!++
            trace[3 * traced + 2] = id
          } else trace[3 * traced + 2] = -1
        } else {
          table.addIfKnown(before, left, -weight)
          if (lengths[before]! + length <= maxLength) {
            if (leftPlaces[before] === 0 && leftChange[before] === 0) touchedLeft[lefts++] = before
            leftChange[before]! += weight
            leftPlaces[before]!++
            trace[3 * traced + 2] = before
          } else trace[3 * traced + 2] = -1
        }
      } else trace[3 * traced + 2] = -1
      if (after !== EDGE) {
        if (after === id) {
          if (leftPlaces[right] === 0 && leftChange[right] === 0) touchedLeft[lefts++] = right
          leftChange[right]! -= weight
        } else table.addIfKnown(right, after, -weight)
        if (lengths[after]! + length <= maxLength) {
          if (rightPlaces[after] === 0 && rightChange[after] === 0) touchedRight[rights++] = after
          rightChange[after]! += weight
          rightPlaces[after]!++
          trace[3 * traced + 1] = after
        } else trace[3 * traced + 1] = -1
      } else trace[3 * traced + 1] = -1
      traced++
    }
    this.drop(entry)
    this.reserve(2 * traced)
    if (known >= 0) this.noteMade(id, traced)
    // What is in the scratch of places from here on is where the next place goes, or -1.
    for (let i = 0; i < rights; i++) {
      const other = touchedRight[i]!
      rightPlaces[other] = this.commit(id, other, rightChange[other]!, rightPlaces[other]!, known >= 0, id)
      rightChange[other] = 0
    }
    for (let i = 0; i < lefts; i++) {
      const other = touchedLeft[i]!
      leftPlaces[other] = this.commit(other, id, leftChange[other]!, leftPlaces[other]!, known >= 0, id)
      leftChange[other] = 0
    }
    const lists = this.arena
    for (let i = 0; i < 3 * traced; i += 3) {
      const at = trace[i]!
      const before = trace[i + 2]!
      if (before >= 0) {
        const next = before === id ? rightPlaces : leftPlaces
        if (next[before]! >= 0) lists[next[before]!++] = at - lengths[before]!
      }
      const after = trace[i + 1]!
      if (after >= 0 && rightPlaces[after]! >= 0) lists[rightPlaces[after]!++] = at
    }
    for (let i = 0; i < rights; i++) rightPlaces[touchedRight[i]!] = 0
    for (let i = 0; i < lefts; i++) leftPlaces[touchedLeft[i]!] = 0
    if (this.adjacentCounted) this.countAdjacent(id, true)
  }

  /**
   * Enters the changed count of a pair with the token just made. Returns where its list of places begins,
   * or -1 when it gets none.
   */
  private commit(
    left: number,
    right: number,
    change: number,
    places: number,
    reused: boolean,
    id: number,
  ): number {
    const { table, indexFrom } = this
    let count = change
    if (reused) {
      const slot = table.find(left, right)
      if (slot >= 0) {
        count += table.count(slot)
        table.add(left, right, change)
      } else {
        if (places === 0) return -1
        // The pair may have occurred before, too rarely for the index.
        if (!this.adjacentCounted) this.countAdjacent(id, false)
        count = left === id ? this.adjacentRight[right]! : this.adjacentLeft[left]!
        if (count >= indexFrom) table.add(left, right, count)
      }
      this.several.add(pairKey(left, right))
    } else if (places > 0 && count >= indexFrom) table.add(left, right, count)
    if (places === 0 || count < indexFrom) return -1
    const from = this.arenaEnd
    this.arenaEnd += places
    this.queue.push(left, right, count, from, places)
    return from
  }

  /** Makes room for `places` more in the arena: by closing gaps if there are many, else by growing. */
  private reserve(places: number): void {
    if (this.arenaEnd + places <= this.arena.length) return
    const { queue, arena } = this
    if (this.arenaGone * 4 > arena.length) {
      queue.compact()
      let end = 0
      for (let entry = 0; entry < queue.entries; entry++) {
        const from = queue.from[entry]!
        const count = queue.places[entry]!
        arena.copyWithin(end, from, from + count)
        queue.from[entry] = end
        end += count
      }
      this.arenaEnd = end
      this.arenaGone = 0
      if (end + places <= arena.length) return
    }
    this.arena = widened(arena, Math.ceil(arena.length * 1.5) + places)
  }

  /** Every place of the pair in the words in which the list names a place. */
  private allPlacesInWords(from: number, to: number, left: number, right: number): Int32Array<ArrayBuffer> {
    const { cells } = this.packed
    const found: number[] = []
    let done = 0
    for (let i = from; i < to; i++) {
      let at = this.arena[i]!
      if (at < done) continue
      while (cells[at - 1] !== EDGE) at--
      for (; cells[at] !== EDGE; at += this.lengths[cells[at]!]!) {
        if (cells[at] === left && cells[at + this.lengths[left]!] === right) found.push(at)
      }
      done = at
    }
    return Int32Array.from(found)
  }

  /** Remembers where the last merge made its token. */
  private noteMade(id: number, traced: number): void {
    if (this.madeEnd + traced > this.madeAt.length) {
      this.madeAt = widened(this.madeAt, 2 * (this.madeEnd + traced))
    }
    for (let i = 0; i < traced; i++) this.madeAt[this.madeEnd + i] = this.trace[3 * i]!
    const ranges = (this.madeRanges[id] ??= [])
    ranges.push(this.madeEnd, this.madeEnd + traced)
    this.madeEnd += traced
  }

  /** Counts the neighbours of a token wherever it was made (or, with `clear`, sets those counts to 0). */
  private countAdjacent(id: number, clear: boolean): void {
    const { cells } = this.packed
    const { lengths, maxLength, adjacentLeft, adjacentRight } = this
    const length = lengths[id]!
    const ranges = this.madeRanges[id]!
    for (let range = 0; range < ranges.length; range += 2) {
      for (let i = ranges[range]!; i < ranges[range + 1]!; i++) {
        const at = this.madeAt[i]!
        if (cells[at] !== id) continue
        const weight = this.packed.weightAt(at)
        const after = cells[at + length]!
        if (after !== EDGE && length + lengths[after]! <= maxLength) {
          adjacentRight[after] = clear ? 0 : adjacentRight[after]! + weight
        }
        const before = cells[at - 1]!
        if (before !== EDGE && before !== id && length + lengths[before]! <= maxLength) {
          adjacentLeft[before] = clear ? 0 : adjacentLeft[before]! + weight
        }
      }
    }
    this.adjacentCounted = !clear
  }
}

function pairKey(left: number, right: number): number {
  return left * 2 ** 25 + right
}
