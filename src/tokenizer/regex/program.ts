// Graph → flat program. Every fork gets, per symbol of the alphabet, the list of those alternatives that can
// begin with it: most forks of real patterns are decided by the next character and need no backtracking.
import { Alphabet } from './alphabet.ts'
import type { Graph, Instruction } from './graph.ts'
import { patternTooComplex, type AssertKind } from './syntax.ts'

export const Op = {
  /** set, next */
  char: 0,
  charBack: 1,
  /** set, next, first (row of what can follow, or -1), memo, list of [next] */
  loop: 2,
  loopBack: 3,
  possessive: 4,
  possessiveBack: 5,
  /** table (in `tables`, by symbol: a list), memo */
  fork: 6,
  /** kind, set, next */
  assert: 7,
  /** set, wanted (1 or 0), next */
  peekAhead: 8,
  peekBehind: 9,
  /** body, negative, next */
  look: 10,
  /** body, next, nextEmpty */
  atomic: 11,
  accept: 12,
  fail: 13,
} as const

export const ASSERT_KINDS: readonly AssertKind[] = [
  'textStart',
  'textEnd',
  'textEndNewline',
  'lineStart',
  'lineStartNotEnd',
  'lineEnd',
  'wordBoundary',
  'notWordBoundary',
]

export interface Program {
  alphabet: Alphabet
  code: Int32Array
  entry: number
  /** Fork tables: list positions by symbol. */
  tables: Int32Array
  /** Alternatives as code positions, each list ended by -1. */
  lists: Int32Array
  /** `[width]` 1 = a match can begin at this symbol (or `end`). */
  first: Uint8Array
  /** Rows of 0/1 by symbol: the alphabet's sets, then the follow rows of loops. */
  members: Uint8Array
  /** Forks and loops: how many bits a position needs to remember what failed. */
  memos: number
  farBehind: boolean
}

const MAX_TABLES = 4_000_000
const MAX_ROWS = 32_000_000
const MAX_DEPTH = 300

export function flatten(graph: Graph): Program {
  return new Flattener(graph).run()
}

class Flattener {
  private readonly graph: Graph
  private readonly alphabet: Alphabet
  private readonly width: number
  private readonly all: Uint8Array
  /** By what may follow the accepted part, then by instruction. */
  private readonly firsts = new Map<Uint8Array, Map<Instruction, Uint8Array>>()
  private readonly positions = new Map<Instruction, number>()
  private readonly order: Instruction[] = []
  private readonly code: number[] = []
  private readonly lists: number[] = []
  private readonly listOf = new Map<string, number>()
  private readonly tables: number[] = []
  private readonly rows: Uint8Array[] = []
  private readonly rowOf = new Map<string, number>()
  private memos = 0

  constructor(graph: Graph) {
    this.graph = graph
    this.alphabet = new Alphabet(graph.sets)
    this.width = this.alphabet.width
    this.all = new Uint8Array(this.width).fill(1)
    this.all[this.alphabet.trail] = 0
  }

  run(): Program {
    const { alphabet, width } = this
    this.place(this.graph.entry)
    if (this.order.length * width > MAX_ROWS) {
      throw patternTooComplex('The pattern is too long for so many different characters')
    }
    for (const instruction of this.order) this.write(instruction)
    const members = new Uint8Array(alphabet.members.length + this.rows.length * width)
    members.set(alphabet.members)
    for (const [i, row] of this.rows.entries()) members.set(row, alphabet.members.length + i * width)
    return {
      alphabet,
      code: Int32Array.from(this.code),
      entry: this.positions.get(this.graph.entry)!,
      tables: Int32Array.from(this.tables),
      lists: Int32Array.from(this.lists),
      first: this.firstOf(this.graph.entry, this.all, 0),
      members,
      memos: this.memos,
      farBehind: this.graph.farBehind,
    }
  }

  /** Gives each instruction reachable from `root` its position. */
  private place(root: Instruction): void {
    const todo = [root]
    let at = 0
    while (todo.length > 0) {
      const instruction = todo.pop()!
      if (this.positions.has(instruction)) continue
      this.positions.set(instruction, at)
      this.order.push(instruction)
      at += SIZES[instruction.op]
      if (instruction.op === 'fork') todo.push(...instruction.options)
      if ('next' in instruction) todo.push(instruction.next)
      if ('nextEmpty' in instruction) todo.push(instruction.nextEmpty)
      if ('body' in instruction) todo.push(instruction.body)
    }
  }

  private write(instruction: Instruction): void {
    const { code, width } = this
    const at = (target: Instruction) => this.positions.get(target)!
    switch (instruction.op) {
      case 'char':
        code.push(instruction.back ? Op.charBack : Op.char, instruction.set * width, at(instruction.next))
        break
      case 'loop': {
        const follow = instruction.back ? this.all : this.firstOf(instruction.next, this.all, 0)
        let op: number = instruction.back ? Op.loopBack : Op.loop
        let disjoint = !instruction.back
        for (let s = 0; s < width && disjoint; s++) {
          if (follow[s] === 1 && this.alphabet.members[instruction.set * width + s] === 1) disjoint = false
        }
        // What can follow is never in the set: giving back cannot help.
        const keep = instruction.possessive || disjoint
        if (keep) op = instruction.back ? Op.possessiveBack : Op.possessive
        const row = follow === this.all ? -1 : this.row(follow)
        const leave = keep ? [] : [at(instruction.next)]
        code.push(op, instruction.set * width, at(instruction.next), row, this.memos++, this.list(leave))
        break
      }
      case 'fork': {
        const table = this.tables.length
        if (table + width > MAX_TABLES) throw patternTooComplex('The pattern has too many alternatives')
        const firsts = instruction.options.map((option) => this.firstOf(option, this.all, 0))
        const targets = instruction.options.map(at)
        for (let s = 0; s < width; s++) {
          this.tables.push(this.list(targets.filter((_, i) => firsts[i]![s] === 1)))
        }
        code.push(Op.fork, table, this.memos++)
        break
      }
      case 'assert':
        code.push(
          Op.assert,
          ASSERT_KINDS.indexOf(instruction.kind),
          instruction.set * width,
          at(instruction.next),
        )
        break
      case 'peek':
        code.push(
          instruction.behind ? Op.peekBehind : Op.peekAhead,
          instruction.set * width,
          instruction.negative ? 0 : 1,
          at(instruction.next),
        )
        break
      case 'look':
        code.push(Op.look, at(instruction.body), instruction.negative ? 1 : 0, at(instruction.next))
        break
      case 'atomic':
        code.push(Op.atomic, at(instruction.body), at(instruction.next), at(instruction.nextEmpty))
        break
      case 'accept':
        code.push(Op.accept)
        break
      case 'fail':
        code.push(Op.fail)
        break
    }
  }

  private list(targets: readonly number[]): number {
    const key = targets.join()
    let at = this.listOf.get(key)
    if (at === undefined) {
      at = this.lists.length
      this.lists.push(...targets, -1)
      if (this.lists.length > MAX_TABLES) throw patternTooComplex('The pattern has too many alternatives')
      this.listOf.set(key, at)
    }
    return at
  }

  private row(follow: Uint8Array): number {
    const key = follow.join('')
    let number = this.rowOf.get(key)
    if (number === undefined) {
      number = this.rows.length
      this.rows.push(follow)
      this.rowOf.set(key, number)
    }
    return this.alphabet.members.length + number * this.width
  }

  /** By symbol: whether the instruction can succeed there. Errs towards yes. `accepted`: what may follow it. */
  private firstOf(instruction: Instruction, accepted: Uint8Array, depth: number): Uint8Array {
    if (depth > MAX_DEPTH) return this.all
    if (instruction.op === 'accept') return accepted
    let cache = this.firsts.get(accepted)
    if (!cache) {
      cache = new Map()
      this.firsts.set(accepted, cache)
    }
    let first = cache.get(instruction)
    if (!first) {
      first = this.computeFirst(instruction, accepted, depth)
      cache.set(instruction, first)
    }
    return first
  }

  private computeFirst(instruction: Instruction, accepted: Uint8Array, depth: number): Uint8Array {
    const { width, alphabet } = this
    const ofSet = (set: number) => alphabet.members.slice(set * width, (set + 1) * width)
    const either = (a: Uint8Array, b: Uint8Array) => a.map((v, i) => v | b[i]!)
    switch (instruction.op) {
      case 'char':
        return instruction.back ? this.all : ofSet(instruction.set)
      case 'loop':
        if (instruction.back) return this.all
        return either(ofSet(instruction.set), this.firstOf(instruction.next, accepted, depth + 1))
      case 'fork': {
        let first: Uint8Array = new Uint8Array(width)
        for (const option of instruction.options) {
          first = either(first, this.firstOf(option, accepted, depth + 1))
        }
        return first
      }
      case 'assert':
        return this.firstOf(instruction.next, accepted, depth + 1)
      case 'peek': {
        const next = this.firstOf(instruction.next, accepted, depth + 1)
        if (instruction.behind) return next
        const set = ofSet(instruction.set)
        return next.map((v, i) => (set[i] === (instruction.negative ? 0 : 1) ? v : 0))
      }
      case 'look':
        return this.firstOf(instruction.next, accepted, depth + 1)
      case 'atomic': {
        const next = either(
          this.firstOf(instruction.next, accepted, depth + 1),
          this.firstOf(instruction.nextEmpty, accepted, depth + 1),
        )
        return this.firstOf(instruction.body, next, depth + 1)
      }
      case 'accept':
        return accepted
      case 'fail':
        return new Uint8Array(width)
    }
  }
}

const SIZES: Record<Instruction['op'], number> = {
  char: 3,
  loop: 6,
  fork: 3,
  assert: 4,
  peek: 4,
  look: 4,
  atomic: 4,
  accept: 1,
  fail: 1,
}
