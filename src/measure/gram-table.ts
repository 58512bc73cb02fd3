// Counts of k-grams in bounded memory. A k-gram is known by a 64-bit hash in an open table of integers; up
// to `limit` different ones every count is exact. Beyond it the table keeps a sample of the k-grams, chosen
// by their hash (distinct sampling, Gibbons 2001): which ones stay never depends on how often they occur,
// so what stays has exact counts, and sums over all k-grams are estimated without bias. Those that were
// frequent when the table first filled stay whatever their hash: they carry most of an entropy. That is good
// for a stream without an order. In one whose later parts bring frequent k-grams of their own a single one
// weighs too much, so there the caller watches `size` and stops in time.

/** Slots per k-gram kept: the table is at most half full. */
const ROOM = 2
const FIRST_SLOTS = 1 << 12
/** Of a full table, at most this share is kept for being frequent. */
const FREQUENT_SHARE = 1 / 4
const CERTAIN = 0x80000000
const COUNT = 0x7fffffff

/**
 * A class, since in Chromium 143 objects of the same literal, made after the loop that fills them, now and then
 * came out with each other's numbers.
 */
export class GramSums {
  /** k-grams counted. */
  readonly total: number
  /** Different ones. */
  readonly types: number
  /** Sum of c · log2 c over the counts c. */
  readonly cLogC: number
  /** False: `types` and `cLogC` are estimates from a sample. */
  readonly exact: boolean

  constructor(total: number, types: number, cLogC: number, exact: boolean) {
    this.total = total
    this.types = types
    this.cLogC = cLogC
    this.exact = exact
  }
}

export class GramTable {
  private high = new Int32Array(FIRST_SLOTS)
  private low = new Int32Array(FIRST_SLOTS)
  /** Count, with CERTAIN for k-grams that stay whatever their hash; 0 = free slot. */
  private counts = new Uint32Array(FIRST_SLOTS)
  /** k-grams kept. */
  size = 0
  private total = 0
  private readonly limit: number
  /** Halvings of the sample: a k-gram belongs to it when so many top bits of `high` are 0. */
  private halvings = 0
  private outside = 0
  private sampled = false

  /** `limit`: most k-grams kept, at least 16. 24 bytes each. */
  constructor(limit: number) {
    this.limit = Math.max(16, limit)
  }

  /** Counts one occurrence of the k-gram with this hash. */
  add(high: number, low: number): void {
    this.total++
    const { counts } = this
    const mask = counts.length - 1
    let at = low & mask
    for (let count = counts[at]!; count !== 0; count = counts[at]!) {
      if (this.low[at] === low && this.high[at] === high) {
        counts[at] = count + 1
        return
      }
      at = (at + 1) & mask
    }
    if ((high & this.outside) !== 0) return
    this.high[at] = high
    this.low[at] = low
    counts[at] = 1
    if (++this.size * ROOM > mask) this.full()
  }

  sums(): GramSums {
    const factor = 2 ** this.halvings
    let types = 0
    let cLogC = 0
    for (let i = 0; i < this.counts.length; i++) {
      const stored = this.counts[i]!
      if (stored === 0) continue
      const count = stored & COUNT
      const weight = (stored & CERTAIN) !== 0 ? 1 : factor
      types += weight
      if (count > 1) cLogC += weight * count * Math.log2(count)
    }
    return new GramSums(this.total, types, cLogC, !this.sampled)
  }

  private full(): void {
    if (this.size < this.limit) {
      this.rebuild(2 * this.counts.length)
      return
    }
    if (!this.sampled) {
      this.sampled = true
      this.markFrequent()
    }
    while (this.size >= this.limit / 2 && this.halvings < 31) {
      const before = this.size
      this.halvings++
      this.outside = -1 << (32 - this.halvings)
      this.rebuild(this.counts.length)
      // Only frequent ones are left, which no halving takes away.
      if (this.size === before && this.halvings > 8) break
    }
  }

  /** Those with at least the least count that no more than FREQUENT_SHARE of the table reaches. */
  private markFrequent(): void {
    const { counts } = this
    const byCount = new Float64Array(1024)
    for (const count of counts) if (count > 0) byCount[Math.min(count, 1023)]!++
    let least = 1024
    for (let kept = 0; least > 2; least--) {
      kept += byCount[least - 1]!
      if (kept > this.limit * FREQUENT_SHARE) break
    }
    for (let i = 0; i < counts.length; i++) if (counts[i]! >= least) counts[i]! |= CERTAIN
  }

  /** Enters what stays into a table of so many slots. */
  private rebuild(slots: number): void {
    const { high, low, counts } = this
    this.high = new Int32Array(slots)
    this.low = new Int32Array(slots)
    this.counts = new Uint32Array(slots)
    this.size = 0
    const mask = slots - 1
    for (let i = 0; i < counts.length; i++) {
      const count = counts[i]!
      if (count === 0 || ((count & CERTAIN) === 0 && (high[i]! & this.outside) !== 0)) continue
      let at = low[i]! & mask
      while (this.counts[at] !== 0) at = (at + 1) & mask
      this.high[at] = high[i]!
      this.low[at] = low[i]!
      this.counts[at] = count
      this.size++
    }
  }
}
