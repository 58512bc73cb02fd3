// Finds, for every position of a text, the longest of many fixed strings that starts there: an
// Aho-Corasick automaton (Aho and Corasick 1975) over the reversed strings, run from the end of the text
// to its start. Running backwards is what makes leftmost-longest matching linear on every input: the
// forward automaton has to give up a long partial match and read the same text again.

/** Starts of matches in falling order with the pattern number of the longest match at each. */
export interface Hits {
  readonly count: number
  readonly starts: Int32Array
  readonly patterns: Int32Array
}

const NO_HITS: Hits = { count: 0, starts: new Int32Array(0), patterns: new Int32Array(0) }

export class PatternSet {
  /** Lengths of the patterns in UTF-16 units. */
  readonly lengths: Int32Array
  /** `[65536]` 1 = the last unit of some pattern. */
  private readonly isLast = new Uint8Array(65536)
  /** The distinct first units when there are few of them (a text without any holds no pattern), else null. */
  private readonly firsts: string[] | null
  /** Child of the root by unit, 0 = none. */
  private readonly roots = new Int32Array(65536)
  /** Hash of (state, unit) → child state, for states below the root; `[2 * capacity]` of (key, child). */
  private readonly edges: Float64Array
  private readonly mask: number
  private readonly fail: Int32Array
  /** Longest pattern whose reverse is a suffix of the state's string, or -1. */
  private readonly longest: Int32Array

  /** Patterns must not be empty; of two equal ones the last counts. */
  constructor(patterns: readonly string[]) {
    this.lengths = Int32Array.from(patterns, (p) => p.length)
    let units = 1
    for (const p of patterns) units += p.length
    let capacity = 16
    while (capacity < units * 2) capacity *= 2
    this.mask = capacity - 1
    this.edges = new Float64Array(capacity * 2)
    const own = new Int32Array(units).fill(-1)
    const parents = new Int32Array(units)
    const labels = new Uint16Array(units)
    const depths = new Int32Array(units)
    const firsts = new Set<string>()
    let states = 1
    for (let n = 0; n < patterns.length; n++) {
      const p = patterns[n]!
      firsts.add(p[0]!)
      this.isLast[p.charCodeAt(p.length - 1)] = 1
      let state = 0
      for (let i = p.length - 1; i >= 0; i--) {
        const unit = p.charCodeAt(i)
        let next = this.child(state, unit)
        if (next === 0) {
          next = states++
          parents[next] = state
          labels[next] = unit
          depths[next] = depths[state]! + 1
          this.link(state, unit, next)
        }
        state = next
      }
      own[state] = n
    }
    this.firsts = firsts.size <= 3 ? [...firsts] : null
    this.fail = new Int32Array(states)
    this.longest = new Int32Array(states).fill(-1)
    this.followFailures(states, own, parents, labels, depths)
  }

  /** All positions where a pattern starts, in one backward pass over the text. */
  find(text: string): Hits {
    if (this.firsts && !this.firsts.some((unit) => text.includes(unit))) return NO_HITS
    const { isLast, fail, longest } = this
    let starts = NO_HITS.starts
    let patterns = NO_HITS.patterns
    let count = 0
    let state = 0
    for (let i = text.length - 1; i >= 0; i--) {
      const unit = text.charCodeAt(i)
      if (state === 0 && isLast[unit] === 0) continue
      let next = this.child(state, unit)
      while (next === 0 && state !== 0) {
        state = fail[state]!
        next = this.child(state, unit)
      }
      state = next
      const pattern = longest[state]!
      if (pattern < 0) continue
      if (count === starts.length) {
        starts = grown(starts)
        patterns = grown(patterns)
      }
      starts[count] = i
      patterns[count++] = pattern
    }
    return { count, starts, patterns }
  }

  private child(state: number, unit: number): number {
    if (state === 0) return this.roots[unit]!
    const { edges, mask } = this
    const key = state * 65536 + unit
    let at = slotOf(state, unit) & mask
    for (;;) {
      const found = edges[2 * at]!
      if (found === key) return edges[2 * at + 1]!
      if (found === 0) return 0
      at = (at + 1) & mask
    }
  }

  private link(state: number, unit: number, child: number): void {
    if (state === 0) {
      this.roots[unit] = child
      return
    }
    const { edges, mask } = this
    let at = slotOf(state, unit) & mask
    while (edges[2 * at] !== 0) at = (at + 1) & mask
    edges[2 * at] = state * 65536 + unit
    edges[2 * at + 1] = child
  }

  /** Failure links and longest outputs, level by level. */
  private followFailures(
    states: number,
    own: Int32Array,
    parents: Int32Array,
    labels: Uint16Array,
    depths: Int32Array,
  ): void {
    const order = Int32Array.from({ length: states - 1 }, (_, i) => i + 1).sort(
      (a, b) => depths[a]! - depths[b]!,
    )
    for (const state of order) {
      let suffix = 0
      if (parents[state] !== 0) {
        let from = this.fail[parents[state]!]!
        suffix = this.child(from, labels[state]!)
        while (suffix === 0 && from !== 0) {
          from = this.fail[from]!
          suffix = this.child(from, labels[state]!)
        }
      }
      this.fail[state] = suffix
      this.longest[state] = own[state]! >= 0 ? own[state]! : this.longest[suffix]!
    }
  }
}

function slotOf(state: number, unit: number): number {
  const h = Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)
  return h ^ (h >>> 15)
}

function grown(a: Int32Array): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(Math.max(16, a.length * 2))
  wider.set(a)
  return wider
}
