// Regular expressions as a piece of a grammar. The syntax tree becomes an automaton over sets of characters
// (Thompson 1968); that automaton is then unrolled over what assertions and length limits need to know (has a
// character been taken, may one follow, how many were taken), and each step over a set becomes its bytes: UTF-8,
// or what stands for it inside a JSON string. Which of several matches is preferred makes no difference here, so
// greedy and lazy are the same.
import { TesseraError } from '../../core/index.ts'
import { type CodePointSet, type PatternSyntax } from '../../tokenizer/index.ts'
import type { Grammar } from './grammar.ts'

type Assertion = 'start' | 'end'

interface SetEdge {
  set: CodePointSet
  to: number
}

const MAX_STATES = 200_000

/** An automaton over sets of characters. */
class SetAutomaton {
  readonly sets: SetEdge[][] = []
  readonly empty: { to: number; only: Assertion | null }[][] = []

  state(): number {
    if (this.sets.length >= MAX_STATES) {
      throw new TesseraError('PATTERN_TOO_COMPLEX', `The pattern needs more than ${MAX_STATES} states`, {
        hint: 'Use smaller repeat counts',
      })
    }
    this.sets.push([])
    this.empty.push([])
    return this.sets.length - 1
  }

  skip(from: number, to: number, only: Assertion | null = null): void {
    this.empty[from]!.push({ to, only })
  }

  /** The piece for `node` from a state on; gives the state behind it. */
  add(node: PatternSyntax, from: number): number {
    switch (node.type) {
      case 'literal':
        throw new Error('Literals are folded into sets before')
      case 'set': {
        const to = this.state()
        this.sets[from]!.push({ set: node.set, to })
        return to
      }
      case 'cat':
        return node.parts.reduce((at, part) => this.add(part, at), from)
      case 'alt': {
        const to = this.state()
        for (const option of node.options) this.skip(this.add(option, from), to)
        return to
      }
      case 'repeat':
        return this.repeat(node, from)
      case 'assert': {
        if (node.kind !== 'textStart' && node.kind !== 'textEnd') throw unsupported(node.kind)
        const to = this.state()
        this.skip(from, to, node.kind === 'textStart' ? 'start' : 'end')
        return to
      }
      case 'look':
        throw unsupported(node.behind ? 'lookbehind' : 'lookahead')
      case 'group':
        if (node.atomic) throw unsupported('atomic groups')
        return this.add(node.body, from)
    }
  }

  private repeat(node: Extract<PatternSyntax, { type: 'repeat' }>, from: number): number {
    if (node.mode === 'possessive') throw unsupported('possessive repeats')
    let at = from
    for (let i = 0; i < node.min; i++) at = this.add(node.body, at)
    const end = this.state()
    if (node.max === Infinity) {
      // A state of its own: going round must not lead back into what came before.
      const loop = this.state()
      this.skip(at, loop)
      this.skip(this.add(node.body, loop), loop)
      this.skip(loop, end)
      return end
    }
    for (let i = node.min; i < node.max; i++) {
      this.skip(at, end)
      at = this.add(node.body, at)
    }
    this.skip(at, end)
    return end
  }
}

function unsupported(what: string): TesseraError {
  return new TesseraError('FORMAT_UNSUPPORTED', `A pattern that guides generation cannot have ${what}`, {
    where: 'pattern',
    hint: 'Rewrite it with sets, alternatives and repeats; ^ and $ are start and end of the text',
  })
}

export interface PatternOptions {
  /** Writes one character of a set into the grammar. */
  character(from: number, set: CodePointSet, to: number): void
  /** Of the text, in characters. */
  minLength?: number
  maxLength?: number
}

const TAKEN = 1
const ENDED = 2

/** Adds the texts that the pattern matches as a whole, between two states of the grammar. */
export function addPattern(
  grammar: Grammar,
  syntax: PatternSyntax,
  from: number,
  to: number,
  { character, minLength = 0, maxLength = Infinity }: PatternOptions,
): void {
  const automaton = new SetAutomaton()
  const start = automaton.state()
  const accept = automaton.add(syntax, start)
  // Counting goes on as long as it makes a difference.
  const most = maxLength === Infinity ? minLength : maxLength
  const phases = 4 * (most + 1)
  const states = new Map([[start * phases, from]])
  const stateOf = (state: number, phase: number, count: number): number => {
    const key = state * phases + count * 4 + phase
    let known = states.get(key)
    if (known === undefined) {
      known = grammar.state()
      states.set(key, known)
    }
    return known
  }
  // The map grows while it is walked.
  for (const [key, at] of states) {
    const phase = key % 4
    const count = Math.floor((key % phases) / 4)
    const state = Math.floor(key / phases)
    if (state === accept && count >= minLength) grammar.skip(at, to)
    for (const { to: next, only } of automaton.empty[state]!) {
      if (only === 'start' && (phase & TAKEN) !== 0) continue
      grammar.skip(at, stateOf(next, only === 'end' ? phase | ENDED : phase, count))
    }
    if ((phase & ENDED) !== 0 || count >= maxLength) continue
    for (const { set, to: next } of automaton.sets[state]!) {
      character(at, set, stateOf(next, phase | TAKEN, Math.min(count + 1, most)))
    }
  }
}
