// Backtracking that is linear in the text. It starts as plain backtracking; when a text has cost more than
// a few dozen steps per character, it begins to remember for each (fork or loop, position) that everything
// from there failed, and inside lookarounds and atomic groups also what succeeded. No state but the
// instruction and the position decides the outcome (graph.ts sees to that), so nothing is tried twice and
// the steps are at most instructions × characters, over all matches of the text together.
// Source: memoised backtracking as in Davis et al., "Using Selective Memoization to Defeat Regular
// Expression Denial of Service" (S&P 2021).
import { Memory } from './memory.ts'
import { ASSERT_KINDS, Op, type Program } from './program.ts'

/** Steps before remembering begins, per UTF-16 unit of text that is done with. */
const FREE_STEPS_PER_UNIT = 24
const KEPT_UNITS = 1 << 20

export class Matcher {
  /** Steps of the last text, for tests of linearity. */
  steps = 0
  /** Steps before remembering begins; -1 = from the start. */
  freeSteps = 4096
  private readonly program: Program
  private symbols = new Uint16Array(256)
  private length = 0
  private pairs = false
  /** Frames of three: what to try next, where, and the memo number (or the least position of a loop). */
  private stack = new Int32Array(3 * 128)
  private top = 0
  private limit = 0
  private remembering = false
  private depth = 0
  private readonly memory: Memory

  constructor(program: Program) {
    this.program = program
    this.memory = new Memory(program.memos)
  }

  /**
   * Calls `onMatch` for every match in `text[from .. to)`, which is matched as if it were the whole text.
   * Indices are UTF-16 units of `text`.
   */
  findAll(text: string, onMatch: (start: number, end: number) => void, from: number, to: number): void {
    const { program } = this
    const { entry, first, alphabet } = program
    const length = to - from
    if (this.symbols.length < length + 1) this.symbols = new Uint16Array(Math.max(length + 1, 1024))
    const { symbols } = this
    this.pairs = alphabet.read(text, from, to, symbols)
    const { trail } = alphabet
    this.length = length
    this.steps = 0
    this.top = 0
    this.depth = 0
    this.remembering = false
    let at = 0
    let last = -1
    let between = 0
    while (at <= length) {
      const skippedFrom = at
      while (at < length && first[symbols[at]!] === 0) at++
      between += at - skippedFrom
      if (at === length && first[alphabet.end] === 0) break
      this.limit = this.freeSteps < 0 ? -1 : this.freeSteps + FREE_STEPS_PER_UNIT * at
      if (this.remembering && !program.farBehind) this.memory.forget(at)
      const end = this.run(entry, at)
      // An empty match is not taken right after another match.
      if (end > at || (end === at && last !== at)) {
        onMatch(from + at, from + end)
        last = end
      }
      if (end > at) at = end
      else at += symbols[at + 1] === trail && at < length ? 2 : 1
    }
    this.steps += between
    this.memory.clear()
    if (symbols.length > KEPT_UNITS) this.symbols = new Uint16Array(256)
    if (this.stack.length > KEPT_UNITS) this.stack = new Int32Array(3 * 128)
  }

  private push(what: number, at: number, extra: number): void {
    if (this.top + 3 > this.stack.length) {
      const wider = new Int32Array(this.stack.length * 2)
      wider.set(this.stack)
      this.stack = wider
    }
    const { stack } = this
    stack[this.top] = what
    stack[this.top + 1] = at
    stack[this.top + 2] = extra
    this.top += 3
  }

  /** A body of a lookaround or atomic group; its frames are dropped when it succeeds. */
  private inner(body: number, at: number): number {
    this.depth++
    const end = this.run(body, at)
    this.depth--
    return end
  }

  /** Inside a lookaround or atomic group every open frame is on the way to its success: remember that. */
  private accept(base: number, end: number): number {
    if (this.remembering && this.depth > 0) {
      for (let i = base; i < this.top; i += 3) {
        if (this.stack[i]! >= 0) this.memory.setSuccess(this.stack[i + 2]!, this.stack[i + 1]!, end)
      }
    }
    this.top = base
    return end
  }

  private asserts(kind: number, row: number, at: number): boolean {
    const { symbols, length } = this
    const { members } = this.program
    switch (ASSERT_KINDS[kind]!) {
      case 'textStart':
        return at === 0
      case 'textEnd':
        return at === length
      case 'textEndNewline':
        return at === length || (at === length - 1 && members[row + symbols[at]!] === 1)
      case 'lineStart':
        return at === 0 || members[row + symbols[at - 1]!] === 1
      case 'lineStartNotEnd':
        return at === 0 || (at < length && members[row + symbols[at - 1]!] === 1)
      case 'lineEnd':
        return at === length || members[row + symbols[at]!] === 1
      default: {
        const before = at > 0 && members[row + symbols[this.before(at)]!] === 1
        const after = members[row + symbols[at]!] === 1
        return (before !== after) === (ASSERT_KINDS[kind] === 'wordBoundary')
      }
    }
  }

  /** Start of the character before a position. */
  private before(at: number): number {
    return this.symbols[at - 1] === this.program.alphabet.trail ? at - 2 : at - 1
  }

  /** The end of the match that `entry` finds at `start`, or -1. */
  private run(entry: number, start: number): number {
    const { symbols, program, pairs } = this
    const { code, members, tables, lists } = program
    const { trail } = program.alphabet
    const base = this.top
    let pc = entry
    let at = start
    for (;;) {
      this.steps++
      let ok = true
      switch (code[pc]) {
        case Op.char:
          if (members[code[pc + 1]! + symbols[at]!] === 1) {
            at++
            if (pairs && symbols[at] === trail) at++
            pc = code[pc + 2]!
          } else ok = false
          break
        case Op.charBack: {
          const to = at > 0 ? this.before(at) : -1
          if (to >= 0 && members[code[pc + 1]! + symbols[to]!] === 1) {
            at = to
            pc = code[pc + 2]!
          } else ok = false
          break
        }
        case Op.fork: {
          const list = tables[code[pc + 1]! + symbols[at]!]!
          if (!this.remembering && this.steps > this.limit) this.remembering = true
          if (this.remembering) {
            const memo = code[pc + 2]!
            const known = this.known(memo, at)
            if (known >= 0) return this.accept(base, known)
            if (known === -1) ok = false
            else {
              this.push(list, at, memo)
              ok = false
            }
            break
          }
          const next = lists[list]!
          if (next < 0) ok = false
          else {
            if (lists[list + 1]! >= 0) this.push(list + 1, at, code[pc + 2]!)
            pc = next
          }
          break
        }
        case Op.loop:
        case Op.possessive: {
          const row = code[pc + 1]!
          if (!this.remembering && this.steps > this.limit) this.remembering = true
          if (this.remembering) {
            // One character at a time, as (set loop | next), so that every position is remembered.
            const memo = code[pc + 4]!
            const known = this.known(memo, at)
            if (known >= 0) return this.accept(base, known)
            if (known === -1) {
              ok = false
              break
            }
            const inside = members[row + symbols[at]!] === 1
            this.push(inside ? code[pc + 5]! : this.nothing(pc), at, memo)
            if (inside) {
              at++
              if (pairs && symbols[at] === trail) at++
            } else pc = code[pc + 2]!
            break
          }
          const least = at
          if (pairs) {
            while (members[row + symbols[at]!] === 1) {
              at++
              if (symbols[at] === trail) at++
            }
          } else while (members[row + symbols[at]!] === 1) at++
          this.steps += at - least
          if (code[pc] === Op.loop && at > least) {
            this.push(~pc, at, least)
            // The first position at which something can follow.
            const follow = code[pc + 3]!
            if (follow >= 0 && members[follow + symbols[at]!] !== 1) {
              ok = false
              break
            }
          }
          pc = code[pc + 2]!
          break
        }
        case Op.loopBack:
        case Op.possessiveBack: {
          if (!this.remembering && this.steps > this.limit) this.remembering = true
          const memo = code[pc + 4]!
          if (this.remembering) {
            const known = this.known(memo, at)
            if (known >= 0) return this.accept(base, known)
            if (known === -1) {
              ok = false
              break
            }
          }
          const to = at > 0 ? this.before(at) : -1
          const inside = to >= 0 && members[code[pc + 1]! + symbols[to]!] === 1
          const leave = inside ? code[pc + 5]! : this.nothing(pc)
          if (this.remembering || lists[leave]! >= 0) this.push(leave, at, memo)
          if (inside) at = to
          else pc = code[pc + 2]!
          break
        }
        case Op.assert:
          if (this.asserts(code[pc + 1]!, code[pc + 2]!, at)) pc = code[pc + 3]!
          else ok = false
          break
        case Op.peekAhead:
          if (members[code[pc + 1]! + symbols[at]!] === code[pc + 2]!) pc = code[pc + 3]!
          else ok = false
          break
        case Op.peekBehind: {
          const has = at > 0 ? members[code[pc + 1]! + symbols[this.before(at)]!]! : 0
          if (has === code[pc + 2]!) pc = code[pc + 3]!
          else ok = false
          break
        }
        case Op.look: {
          const found = this.inner(code[pc + 1]!, at) >= 0
          if (found === (code[pc + 2] === 0)) pc = code[pc + 3]!
          else ok = false
          break
        }
        case Op.atomic: {
          const end = this.inner(code[pc + 1]!, at)
          if (end < 0) ok = false
          else {
            pc = end === at ? code[pc + 3]! : code[pc + 2]!
            at = end
          }
          break
        }
        case Op.accept:
          return this.accept(base, at)
        default:
          ok = false
      }
      if (ok) continue

      // Back to the last choice.
      const { stack } = this
      for (;;) {
        if (this.top === base) return -1
        const top = this.top
        const what = stack[top - 3]!
        if (what < 0) {
          // A greedy loop gives one character back.
          const loop = ~what
          const follow = code[loop + 3]!
          const least = stack[top - 1]!
          let to = stack[top - 2]!
          do {
            if (to === least) {
              to = -1
              break
            }
            this.steps++
            to--
            if (pairs && symbols[to] === trail) to--
          } while (follow >= 0 && members[follow + symbols[to]!] !== 1)
          if (to < 0) {
            this.top = top - 3
            continue
          }
          if (to === least) this.top = top - 3
          else stack[top - 2] = to
          at = to
          pc = code[loop + 2]!
          break
        }
        const next = lists[what]!
        if (next < 0) {
          this.top = top - 3
          if (this.remembering) this.memory.setFailed(stack[top - 1]!, stack[top - 2]!)
          continue
        }
        at = stack[top - 2]!
        pc = next
        if (!this.remembering && lists[what + 1]! < 0) this.top = top - 3
        else stack[top - 3] = what + 1
        break
      }
    }
  }

  /** What is remembered: the end of the enclosing group (≥ 0), -1 = failed, -2 = nothing. */
  private known(memo: number, at: number): number {
    if (this.memory.hasFailed(memo, at)) return -1
    return this.depth === 0 ? -2 : this.memory.success(memo, at)
  }

  /** The empty list at the end of a loop's list. */
  private nothing(pc: number): number {
    const { code, lists } = this.program
    const list = code[pc + 5]!
    return lists[list]! < 0 ? list : list + 1
  }
}
