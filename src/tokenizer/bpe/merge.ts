// The merge loop of byte-pair encoding over one piece (Sennrich et al. 2016, section 3.2): join the pair of
// lowest rank, leftmost first, until none is left. Short pieces by a scan for the minimum; longer ones by a
// heap over a linked list; very long ones window by window, so that memory stays in cache and time linear.
//
// Why windows are exact: take tokens that each encode to themselves, of which every two neighbours, encoded
// together, stay those two tokens. Then the whole sequence is the encoding. Were it not, look at the first
// merge across one of the boundaries: until then everything happened inside tokens, so the same merge would
// have happened when its two tokens were encoded alone.
import { NO_MERGE, type MergeRules } from './merge-rules.ts'

/** Longest piece, in symbols, for which a scan for the minimum beats the heap. */
const SCAN_LIMIT = 48
/** First length of a window, in symbols. */
const WINDOW = 4096
/** Tokens at the end of a window that are left to the next one, which sees what follows them. */
const TAIL = 8
/** Positions are packed under ranks in one double: rank * 2^27 + position. */
const POSITIONS = 134217728

export class Merger {
  /** `[count]` ids of the piece: initial symbols before `run`, tokens after it. */
  ids = new Int32Array(64)
  /** `[count + 1]` where each symbol starts in the bytes of the piece; the last entry is the end. */
  starts = new Int32Array(65)
  count = 0
  private ranks = new Int32Array(64)
  private prev = new Int32Array(0)
  private next = new Int32Array(0)
  private heap = new Float64Array(0)
  private heapSize = 0
  private readonly rules: MergeRules

  constructor(rules: MergeRules) {
    this.rules = rules
  }

  /** Makes room for `symbols` initial symbols and empties the piece. */
  reset(symbols: number): void {
    this.count = 0
    if (this.ids.length < symbols) {
      const capacity = Math.max(symbols, this.ids.length * 2)
      this.ids = new Int32Array(capacity)
      this.starts = new Int32Array(capacity + 1)
      this.ranks = new Int32Array(capacity)
    }
  }

  /** Merges in place. `bytes` are the bytes that `starts` points into. */
  run(bytes: Uint8Array, window = WINDOW): void {
    if (this.count < 2) return
    if (this.count <= SCAN_LIMIT) this.scanForMinimum(bytes)
    else if (this.count <= window) this.mergeByHeap(bytes)
    else this.mergeByWindows(bytes, window)
  }

  /** Frees the room that a very long piece took. */
  trim(): void {
    if (this.ids.length <= 65536) return
    this.ids = new Int32Array(64)
    this.starts = new Int32Array(65)
    this.ranks = new Int32Array(64)
    this.prev = new Int32Array(0)
    this.next = new Int32Array(0)
    this.heap = new Float64Array(0)
  }

  private mergeByWindows(bytes: Uint8Array, firstWindow: number): void {
    const symbols = this.ids.slice(0, this.count)
    const starts = this.starts.slice(0, this.count + 1)
    const n = symbols.length
    /** Tokens that are certain so far, and the symbol at which each starts. */
    const ids = this.ids
    const at = new Int32Array(n + 1)
    let done = 0
    let from = 0
    let window = firstWindow
    const part = new Merger(this.rules)
    const pair = new Merger(this.rules)
    const load = (merger: Merger, begin: number, end: number) => {
      merger.reset(end - begin)
      merger.ids.set(symbols.subarray(begin, end))
      merger.starts.set(starts.subarray(begin, end + 1))
      merger.count = end - begin
      merger.run(bytes, Infinity)
    }
    let back = 1
    let to = 0
    while (from < n) {
      to = Math.min(n, Math.max(to, from + window))
      load(part, from, to)
      /** Symbol at which each token of the part starts: symbols and tokens both start at bytes. */
      const firstEnd = symbolAt(starts, part.starts[1]!, from)
      if (done > 0) {
        const last = at[done - 1]!
        load(pair, last, firstEnd)
        if (!(pair.count === 2 && pair.starts[1] === starts[from])) {
          // Take tokens back and try again with what precedes them, in growing steps and windows.
          done = Math.max(0, done - back)
          back *= 2
          window *= 2
          from = at[done]!
          continue
        }
      }
      back = 1
      const keep = to === n ? part.count : Math.max(1, part.count - TAIL)
      let symbol = from
      for (let i = 0; i < keep; i++) {
        ids[done] = part.ids[i]!
        at[done++] = symbol
        symbol = symbolAt(starts, part.starts[i + 1]!, symbol)
      }
      at[done] = symbol
      from = symbol
    }
    for (let i = 0; i <= done; i++) this.starts[i] = starts[at[i]!]!
    this.count = done
  }

  private scanForMinimum(bytes: Uint8Array): void {
    const { ids, starts, ranks, rules } = this
    let n = this.count
    for (let i = 0; i + 1 < n; i++) {
      ranks[i] = rules.rank(ids[i]!, ids[i + 1]!, bytes, starts[i]!, starts[i + 2]!)
    }
    ranks[n - 1] = NO_MERGE
    while (n > 1) {
      let best = NO_MERGE
      let at = -1
      for (let i = 0; i < n - 1; i++) {
        const r = ranks[i]!
        if (r < best) {
          best = r
          at = i
        }
      }
      if (at < 0) break
      ids[at] = rules.result(best)
      n--
      for (let i = at + 1; i < n; i++) {
        ids[i] = ids[i + 1]!
        starts[i] = starts[i + 1]!
        ranks[i] = ranks[i + 1]!
      }
      starts[n] = starts[n + 1]!
      ranks[n - 1] = NO_MERGE
      if (at + 1 < n) ranks[at] = rules.rank(ids[at]!, ids[at + 1]!, bytes, starts[at]!, starts[at + 2]!)
      if (at > 0) ranks[at - 1] = rules.rank(ids[at - 1]!, ids[at]!, bytes, starts[at - 1]!, starts[at + 1]!)
    }
    this.count = n
  }

  private mergeByHeap(bytes: Uint8Array): void {
    const { ids, starts, ranks, rules } = this
    const n = this.count
    if (this.prev.length < n) {
      this.prev = new Int32Array(ids.length)
      this.next = new Int32Array(ids.length)
    }
    const { prev, next } = this
    this.heapSize = 0
    if (this.heap.length < n) this.heap = new Float64Array(ids.length)
    for (let i = 0; i < n; i++) {
      prev[i] = i - 1
      next[i] = i + 1
      const r = i + 1 < n ? rules.rank(ids[i]!, ids[i + 1]!, bytes, starts[i]!, starts[i + 2]!) : NO_MERGE
      ranks[i] = r
      if (r !== NO_MERGE) this.heap[this.heapSize++] = r * POSITIONS + i
    }
    this.heapify()
    while (this.heapSize > 0) {
      const top = this.heap[0]!
      const rank = Math.floor(top / POSITIONS)
      const at = top - rank * POSITIONS
      // An entry is stale when its pair has been merged away or has changed.
      if (ranks[at] !== rank) {
        this.pop()
        continue
      }
      const right = next[at]!
      const after = next[right]!
      ids[at] = rules.result(rank)
      ranks[right] = NO_MERGE
      next[at] = after
      if (after < n) prev[after] = at
      let r = NO_MERGE
      if (after < n) {
        const end = next[after]! < n ? starts[next[after]!]! : starts[n]!
        r = rules.rank(ids[at]!, ids[after]!, bytes, starts[at]!, end)
      }
      ranks[at] = r
      if (r === NO_MERGE) this.pop()
      else this.replaceTop(r * POSITIONS + at)
      const before = prev[at]!
      if (before >= 0) {
        const end = after < n ? starts[after]! : starts[n]!
        const s = rules.rank(ids[before]!, ids[at]!, bytes, starts[before]!, end)
        if (s !== ranks[before]) {
          ranks[before] = s
          if (s !== NO_MERGE) this.push(s * POSITIONS + before)
        }
      }
    }
    let out = 0
    for (let i = 0; i < n; i = next[i]!) {
      ids[out] = ids[i]!
      starts[out] = starts[i]!
      out++
    }
    starts[out] = starts[n]!
    this.count = out
  }

  private heapify(): void {
    const { heap } = this
    for (let i = (this.heapSize >> 1) - 1; i >= 0; i--) this.siftDown(i, heap[i]!)
  }

  private siftDown(from: number, key: number): void {
    const { heap, heapSize } = this
    let i = from
    for (;;) {
      let child = 2 * i + 1
      if (child >= heapSize) break
      if (child + 1 < heapSize && heap[child + 1]! < heap[child]!) child++
      if (heap[child]! >= key) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = key
  }

  private pop(): void {
    const last = this.heap[--this.heapSize]!
    if (this.heapSize > 0) this.siftDown(0, last)
  }

  private replaceTop(key: number): void {
    this.siftDown(0, key)
  }

  private push(key: number): void {
    if (this.heapSize === this.heap.length) {
      const larger = new Float64Array(this.heap.length * 2)
      larger.set(this.heap)
      this.heap = larger
    }
    const { heap } = this
    let i = this.heapSize++
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (heap[parent]! <= key) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = key
  }
}

/** First symbol at or after `from` that starts at the byte position `byte`. */
function symbolAt(starts: Int32Array, byte: number, from: number): number {
  let symbol = from
  while (starts[symbol]! < byte) symbol++
  return symbol
}
