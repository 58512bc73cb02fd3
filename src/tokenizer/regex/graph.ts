// Syntax tree → graph of instructions, built backwards: each part is given the instruction that follows it.
// Repeats of bodies that can match nothing are the hard case: each such body is compiled for two states,
// "nothing taken since this iteration began" and "something taken", so that an empty iteration is known
// from the instruction alone. The outcome of (instruction, position) then depends on nothing else, which is
// what allows failures to be remembered and matching to be linear (match.ts).
import type { Reference } from '../spec.ts'
import { wordSet, type CodePointSet } from '../unicode/index.ts'
import { isNullable, MAX_PROGRAM, patternTooComplex, type AssertKind, type Syntax } from './syntax.ts'

export type Instruction =
  /** Takes one character of the set, forwards or (in a lookbehind) backwards. */
  | { op: 'char'; set: number; next: Instruction; back: boolean }
  /** Takes as many as it can; gives back one by one unless possessive. */
  | { op: 'loop'; set: number; next: Instruction; back: boolean; possessive: boolean }
  /** Tries the alternatives in order. */
  | { op: 'fork'; options: Instruction[] }
  | { op: 'assert'; kind: AssertKind; set: number; next: Instruction }
  /** One character ahead or behind. */
  | { op: 'peek'; set: number; behind: boolean; negative: boolean; next: Instruction }
  | { op: 'look'; body: Instruction; negative: boolean; next: Instruction }
  /** `nextEmpty`: where to go when the body took nothing. */
  | { op: 'atomic'; body: Instruction; next: Instruction; nextEmpty: Instruction }
  | { op: 'accept' }
  | { op: 'fail' }

export interface Graph {
  entry: Instruction
  sets: CodePointSet[]
  /** A lookbehind without a bound: what was learnt about positions far back must be kept. */
  farBehind: boolean
}

const ACCEPT: Instruction = { op: 'accept' }
const FAIL: Instruction = { op: 'fail' }
const NEWLINE: CodePointSet = [0x0a, 0x0b]

/** Throws PATTERN_TOO_COMPLEX. */
export function buildGraph(syntax: Syntax, reference: Reference): Graph {
  const builder = new Builder(reference)
  const entry = builder.compile(syntax, ACCEPT, ACCEPT, false)
  return { entry, sets: builder.sets, farBehind: builder.farBehind }
}

class Builder {
  readonly sets: CodePointSet[] = []
  farBehind = false
  private readonly setNumbers = new Map<string, number>()
  private readonly reference: Reference
  private readonly rust: boolean
  private count = 0

  constructor(reference: Reference) {
    this.reference = reference
    this.rust = reference === 'tiktoken'
  }

  private made<T extends Instruction>(instruction: T): T {
    if (++this.count > MAX_PROGRAM) {
      throw patternTooComplex(`The pattern needs more than ${MAX_PROGRAM} instructions`)
    }
    return instruction
  }

  private set(set: CodePointSet): number {
    const key = set.join()
    let number = this.setNumbers.get(key)
    if (number === undefined) {
      number = this.sets.length
      this.sets.push(set)
      this.setNumbers.set(key, number)
    }
    return number
  }

  /** `taken` follows when the part took a character, `empty` when nothing has been taken yet. */
  compile(node: Syntax, taken: Instruction, empty: Instruction, back: boolean): Instruction {
    switch (node.type) {
      case 'literal':
        throw new Error('Literals are folded into sets before compiling')
      case 'set':
        return this.made({ op: 'char', set: this.set(node.set), next: taken, back })
      case 'cat':
        return this.sequence(back ? node.parts.toReversed() : node.parts, taken, empty, back)
      case 'alt':
        return this.made({
          op: 'fork',
          options: node.options.map((option) => this.compile(option, taken, empty, back)),
        })
      case 'assert':
        return this.made({ op: 'assert', kind: node.kind, set: this.assertSet(node.kind), next: empty })
      case 'look':
        return this.look(node, empty)
      case 'group':
        if (!node.atomic) return this.compile(node.body, taken, empty, back)
        return this.atomic(node.body, taken, empty, back)
      case 'repeat':
        return this.repeat(node, taken, empty, back)
    }
  }

  private assertSet(kind: AssertKind): number {
    const word = kind === 'wordBoundary' || kind === 'notWordBoundary'
    return this.set(word ? wordSet(this.reference) : NEWLINE)
  }

  private sequence(
    parts: readonly Syntax[],
    taken: Instruction,
    empty: Instruction,
    back: boolean,
  ): Instruction {
    // How many leading parts can be passed without taking anything: only those need the second state.
    let open = 0
    while (open < parts.length && isNullable(parts[open]!)) open++
    let after = taken
    let afterEmpty = empty
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]!
      const same = after === afterEmpty
      const inTaken = i === 0 ? null : this.compile(part, after, after, back)
      const inEmpty =
        i > open ? null : same && inTaken ? inTaken : this.compile(part, after, afterEmpty, back)
      after = inTaken ?? inEmpty!
      afterEmpty = inEmpty ?? after
    }
    return parts.length === 0 ? empty : afterEmpty
  }

  private look(node: Extract<Syntax, { type: 'look' }>, next: Instruction): Instruction {
    const { behind, negative, body } = node
    if (body.type === 'set') {
      return this.made({ op: 'peek', set: this.set(body.set), behind, negative, next })
    }
    if (behind && longest(body) === Infinity) this.farBehind = true
    return this.made({ op: 'look', body: this.compile(body, ACCEPT, ACCEPT, behind), negative, next })
  }

  private atomic(body: Syntax, taken: Instruction, empty: Instruction, back: boolean): Instruction {
    const inner = this.compile(body, ACCEPT, ACCEPT, back)
    return this.made({ op: 'atomic', body: inner, next: taken, nextEmpty: empty })
  }

  private repeat(
    node: Extract<Syntax, { type: 'repeat' }>,
    taken: Instruction,
    empty: Instruction,
    back: boolean,
  ): Instruction {
    const { body, min, max, mode } = node
    const single = body.type === 'set' ? this.set(body.set) : -1
    if (mode === 'possessive' && !(single >= 0 && max === Infinity && taken === empty)) {
      return this.atomic({ ...node, mode: 'greedy' }, taken, empty, back)
    }
    const lazy = mode === 'lazy'
    const fork = (again: Instruction, leave: Instruction): Instruction =>
      this.made({ op: 'fork', options: lazy ? [leave, again] : [again, leave] })

    // The optional tail, for both states.
    let after = taken
    let afterEmpty = empty
    if (max === Infinity) {
      if (single >= 0 && !lazy) {
        const possessive = mode === 'possessive'
        after = this.made({ op: 'loop', set: single, next: taken, back, possessive })
        if (taken === empty) afterEmpty = after
        else afterEmpty = fork(this.made({ op: 'char', set: single, next: after, back }), empty)
      } else [after, afterEmpty] = this.star(body, lazy, taken, empty, back)
    } else {
      for (let i = min; i < max; i++) {
        const inTaken = fork(this.compile(body, after, after, back), taken)
        afterEmpty = taken === empty ? inTaken : fork(this.compile(body, after, afterEmpty, back), empty)
        after = inTaken
      }
    }
    const nullable = isNullable(body)
    for (let i = 0; i < min; i++) {
      const same = after === afterEmpty
      // A body that takes something is only ever entered untaken at the first copy.
      const first = i === min - 1
      const inTaken = first && !same ? null : this.compile(body, after, after, back)
      const inEmpty =
        same && inTaken ? inTaken : first || nullable ? this.compile(body, after, afterEmpty, back) : inTaken!
      after = inTaken ?? inEmpty
      afterEmpty = inEmpty
    }
    return afterEmpty
  }

  /** `body*`: the loop's head in the state "taken" and in the state "nothing taken". */
  private star(
    body: Syntax,
    lazy: boolean,
    taken: Instruction,
    empty: Instruction,
    back: boolean,
  ): [Instruction, Instruction] {
    const options: Instruction[] = []
    const head = this.made({ op: 'fork' as const, options })
    const nullable = isNullable(body)
    // An empty iteration leaves the loop in Oniguruma; in Rust it is tried only as the first one.
    const again = this.compile(body, head, nullable && this.rust ? FAIL : taken, back)
    options.push(...(lazy ? [taken, again] : [again, taken]))
    if (taken === empty && !(nullable && this.rust)) return [head, head]
    const first = this.compile(body, head, empty, back)
    const entry = this.made({ op: 'fork' as const, options: lazy ? [empty, first] : [first, empty] })
    if (taken === empty) return [entry, entry]
    if (!nullable || !this.rust) return [head, entry]
    // Entered from outside with something taken: its own first iteration may still be empty.
    const inTaken = this.made({ op: 'fork' as const, options: [] as Instruction[] })
    const firstTaken = this.compile(body, head, taken, back)
    inTaken.options.push(...(lazy ? [taken, firstTaken] : [firstTaken, taken]))
    return [inTaken, entry]
  }
}

/** The most characters a part can take. */
function longest(node: Syntax): number {
  switch (node.type) {
    case 'literal':
    case 'set':
      return 1
    case 'cat':
      return node.parts.reduce((sum, part) => sum + longest(part), 0)
    case 'alt':
      return Math.max(...node.options.map(longest))
    case 'repeat': {
      const body = longest(node.body)
      return body === 0 ? 0 : body * node.max
    }
    case 'assert':
    case 'look':
      return 0
    case 'group':
      return longest(node.body)
  }
}
