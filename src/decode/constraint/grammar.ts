// A language of byte strings as an automaton with calls: states with edges over byte ranges, edges that take nothing,
// and edges that call a rule (another start and end state) and go on behind it. Without calls it is a finite
// automaton; with them it has what nesting needs. Built by `from → to` pieces, then compiled: for each state what
// it leads to, and how deep the nesting must still go before it can end. States that can never end are dead.
import { TesseraError } from '../../core/index.ts'
import type { CodePointSet } from '../../tokenizer/index.ts'
import { type ByteRange, utf8Sequences } from './utf8-ranges.ts'

interface Rule {
  start: number
  end: number
  /** What a call adds to the depth of nesting: 0 or 1. */
  weight: number
}

interface ByteEdge {
  low: number
  high: number
  to: number
}

interface CallEdge {
  rule: number
  to: number
}

/** What a state leads to without taking a byte. */
export interface Closed {
  /** States with edges over bytes. */
  readonly takers: readonly number[]
  readonly calls: readonly CallEdge[]
  /** The rule may end here. */
  readonly ends: boolean
}

const MAX_STATES = 300_000

export class Grammar {
  readonly rules: Rule[] = []
  readonly bytes: ByteEdge[][] = []
  private readonly empty: number[][] = []
  private readonly calls: CallEdge[][] = []
  private readonly closures: (Closed | undefined)[] = []
  private endOf: Map<number, number> | null = null

  /** A new state. Throws PATTERN_TOO_COMPLEX. */
  state(): number {
    if (this.bytes.length >= MAX_STATES) {
      throw new TesseraError('PATTERN_TOO_COMPLEX', `The constraint needs more than ${MAX_STATES} states`, {
        hint: 'Use smaller repeat counts, lengths or fewer alternatives',
      })
    }
    this.bytes.push([])
    this.empty.push([])
    this.calls.push([])
    return this.bytes.length - 1
  }

  rule(weight: 0 | 1): number {
    this.rules.push({ start: this.state(), end: this.state(), weight })
    return this.rules.length - 1
  }

  skip(from: number, to: number): void {
    if (from !== to) this.empty[from]!.push(to)
  }

  byte(from: number, low: number, high: number, to: number): void {
    this.bytes[from]!.push({ low, high, to })
  }

  call(from: number, rule: number, to: number): void {
    this.calls[from]!.push({ rule, to })
  }

  /** These bytes, one after another; gives the state behind them. */
  literal(from: number, bytes: Uint8Array): number {
    let at = from
    for (const byte of bytes) {
      const next = this.state()
      this.byte(at, byte, byte, next)
      at = next
    }
    return at
  }

  /** One character of the set in UTF-8. Equal rests of characters share their states. */
  character(from: number, set: CodePointSet, to: number): void {
    const shared = new Map<string, number>()
    const add = (at: number, sequences: readonly ByteRange[][]): void => {
      const groups = new Map<string, ByteRange[][]>()
      for (const sequence of sequences) {
        const key = sequence[0]!.join()
        const group = groups.get(key)
        if (group) group.push(sequence)
        else groups.set(key, [sequence])
      }
      for (const group of groups.values()) {
        const [low, high] = group[0]![0]!
        const rests = group.map((sequence) => sequence.slice(1)).filter((rest) => rest.length > 0)
        if (rests.length === 0) {
          this.byte(at, low, high, to)
          continue
        }
        const key = rests.join('|')
        let next = shared.get(key)
        if (next === undefined) {
          next = this.state()
          shared.set(key, next)
          add(next, rests)
        }
        this.byte(at, low, high, next)
      }
    }
    add(from, utf8Sequences(set))
  }

  /** What a state leads to; call it when the grammar is whole. */
  closed(state: number): Closed {
    const known = this.closures[state]
    if (known) return known
    this.endOf ??= new Map(this.rules.map(({ end }, rule) => [end, rule]))
    const seen = new Set([state])
    const takers: number[] = []
    const calls: CallEdge[] = []
    let ends = false
    for (const at of seen) {
      if (this.bytes[at]!.length > 0) takers.push(at)
      calls.push(...this.calls[at]!)
      if (this.endOf.has(at)) ends = true
      for (const next of this.empty[at]!) seen.add(next)
    }
    const closed = { takers, calls, ends }
    this.closures[state] = closed
    return closed
  }

  /**
   * For each state how much deeper the nesting must go, at least, before its rule can end; Infinity: it never ends.
   * Throws ARGUMENT_INVALID for a rule that calls itself before it takes a byte.
   */
  needs(): Float64Array {
    const needs = new Float64Array(this.bytes.length).fill(Infinity)
    for (const { end } of this.rules) needs[end] = 0
    for (let changed = true; changed;) {
      changed = false
      for (let state = needs.length - 1; state >= 0; state--) {
        let least = needs[state]!
        for (const { to } of this.bytes[state]!) if (needs[to]! < least) least = needs[to]!
        for (const to of this.empty[state]!) if (needs[to]! < least) least = needs[to]!
        for (const { rule, to } of this.calls[state]!) {
          const { start, weight } = this.rules[rule]!
          least = Math.min(least, Math.max(weight + needs[start]!, needs[to]!))
        }
        if (least < needs[state]!) {
          needs[state] = least
          changed = true
        }
      }
    }
    this.refuseLeftRecursion()
    return needs
  }

  private refuseLeftRecursion(): void {
    const nullable = new Set<number>()
    /** States reached from a rule's start without a byte, going over rules that can be empty. */
    const before = (rule: number): { called: Set<number>; ends: boolean } => {
      const called = new Set<number>()
      const seen = new Set([this.rules[rule]!.start])
      for (const state of seen) {
        for (const to of this.empty[state]!) seen.add(to)
        for (const call of this.calls[state]!) {
          called.add(call.rule)
          if (nullable.has(call.rule)) seen.add(call.to)
        }
      }
      return { called, ends: seen.has(this.rules[rule]!.end) }
    }
    for (let size = -1; size !== nullable.size;) {
      size = nullable.size
      for (let rule = 0; rule < this.rules.length; rule++) if (before(rule).ends) nullable.add(rule)
    }
    const edges = this.rules.map((_, rule) => before(rule).called)
    const done = new Set<number>()
    const open = new Set<number>()
    const visit = (rule: number): void => {
      if (done.has(rule)) return
      if (open.has(rule)) {
        throw new TesseraError(
          'ARGUMENT_INVALID',
          'The constraint refers to itself without anything between',
          {
            where: 'constraint',
          },
        )
      }
      open.add(rule)
      for (const next of edges[rule]!) visit(next)
      open.delete(rule)
      done.add(rule)
    }
    for (let rule = 0; rule < this.rules.length; rule++) visit(rule)
  }
}
