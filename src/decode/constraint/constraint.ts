// What a text must be, made ready for a vocabulary: for every state of the text so far, which tokens may come next. A
// token may begin or end inside a character; all is decided on bytes. A state never changes, so that forks and
// beams share it, and the mask of a state is computed once.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import { patternSyntax, type Tokenizer } from '../../tokenizer/index.ts'
import { fromEcma } from './ecma-pattern.ts'
import { Grammar } from './grammar.ts'
import { SchemaCompiler } from './json-schema.ts'
import type { Whitespace } from './json-text.ts'
import { Machine, type MachineState } from './machine.ts'
import { addPattern } from './regex.ts'
import type { JsonSchema } from './schema-merge.ts'
import { tokenTrie, type TokenTrie } from './token-trie.ts'

export interface JsonLayout {
  /** `compact` (default): at most a space behind `:` and `,`; `free`: line breaks and indentation, too. */
  whitespace?: Whitespace
  /** How deep arrays, objects and `$ref` may nest. Default 32. */
  maxNesting?: number
}

/** What the whole text must be. */
export type ConstraintSpec =
  /** Matched from start to end; ECMAScript syntax in Unicode mode, without lookaround and references to groups. */
  | { regex: string | RegExp }
  | { choice: readonly string[] }
  /** Any JSON value, or any object. */
  | ({ json: 'value' | 'object' } & JsonLayout)
  | ({ schema: JsonSchema } & JsonLayout)

export interface ConstraintState {
  /** The text so far is whole. */
  readonly accepting: boolean
  /** It is whole, and nothing may follow. */
  readonly complete: boolean
  /** Tokens that may come next: bit `id & 31` of word `id >> 5`. Not to be written to. */
  mask(): Uint32Array
  /** The state after a token. Throws ARGUMENT_INVALID for one that is not allowed. */
  next(id: number): ConstraintState
}

const MAX_CHOICES = 10_000
const DEFAULT_NESTING = 32
/** Masks that are kept, in bytes. */
const MASK_BYTES = 1 << 26

export class Constraint {
  readonly start: ConstraintState
  private readonly machine: Machine
  private readonly trie: TokenTrie
  private readonly wrapped = new WeakMap<MachineState, ConstraintState>()
  private masked: MachineState[] = []

  /** @internal See `compileConstraint`. */
  constructor(machine: Machine, trie: TokenTrie) {
    this.machine = machine
    this.trie = trie
    this.start = this.at(machine.start)
  }

  /** Whether a text is whole under the constraint. */
  accepts(text: string | Uint8Array): boolean {
    const state = this.walk(this.machine.start, typeof text === 'string' ? utf8Encode(text) : text)
    return state !== null && state.accepting
  }

  private at(state: MachineState): ConstraintState {
    let known = this.wrapped.get(state)
    if (!known) {
      const next = (id: number): ConstraintState => {
        const bytes = this.trie.bytesOf(id)
        const reached = bytes && this.walk(state, bytes)
        if (!reached) {
          throw new TesseraError('ARGUMENT_INVALID', `The constraint does not allow the token ${id} here`)
        }
        return this.at(reached)
      }
      const { accepting } = state
      const complete = accepting && state.places.length === 0
      known = { accepting, complete, mask: () => this.maskOf(state), next }
      this.wrapped.set(state, known)
    }
    return known
  }

  private walk(from: MachineState, bytes: Uint8Array): MachineState | null {
    let state: MachineState | null = from
    for (let i = 0; i < bytes.length && state; i++) {
      state = this.machine.step(state, this.machine.classOf[bytes[i]!]!)
    }
    return state
  }

  private maskOf(state: MachineState): Uint32Array {
    if (state.mask) return state.mask
    if ((this.masked.length + 1) * this.trie.words * 4 > MASK_BYTES) {
      for (const old of this.masked) old.mask = null
      this.masked = []
    }
    state.mask = this.trie.allowed(this.machine, state)
    this.masked.push(state)
    return state.mask
  }
}

/**
 * Makes a constraint ready for a vocabulary; it may be used for any number of texts. Throws ARGUMENT_INVALID (nothing
 * can satisfy it, or it is no schema), PATTERN_INVALID, FORMAT_UNSUPPORTED (with the place in the schema) and
 * PATTERN_TOO_COMPLEX.
 */
export function compileConstraint(spec: ConstraintSpec, tokenizer: Tokenizer): Constraint {
  return new Constraint(machineOf(spec), tokenTrie(tokenizer))
}

/** The texts of a constraint, before there is a vocabulary. `mostRemembered`: see Machine. */
export function machineOf(spec: ConstraintSpec, mostRemembered?: number): Machine {
  const grammar = new Grammar()
  if ('json' in spec || 'schema' in spec) {
    const { whitespace = 'compact', maxNesting = DEFAULT_NESTING } = spec
    if (!Number.isSafeInteger(maxNesting) || maxNesting < 1 || maxNesting > 1000) {
      throw new TesseraError('ARGUMENT_INVALID', `maxNesting is a number from 1 to 1000; got ${maxNesting}`)
    }
    if (whitespace !== 'compact' && whitespace !== 'free') {
      throw new TesseraError(
        'ARGUMENT_INVALID',
        `whitespace is compact or free; got ${JSON.stringify(whitespace)}`,
      )
    }
    const schema = 'schema' in spec ? spec.schema : spec.json === 'object' ? { type: 'object' } : true
    const rule = new SchemaCompiler(grammar, schema, whitespace).rule()
    return new Machine(grammar, rule, maxNesting, mostRemembered)
  }
  const rule = grammar.rule(0)
  const { start, end } = grammar.rules[rule]!
  if ('choice' in spec) addChoices(grammar, spec.choice, start, end)
  else if ('regex' in spec) {
    const { regex } = spec
    const source = typeof regex === 'string' ? fromEcma(regex) : fromEcma(regex.source, regex.flags)
    addPattern(grammar, patternSyntax(source, 'tiktoken'), start, end, {
      character: (from, set, to) => grammar.character(from, set, to),
    })
  } else throw new TesseraError('ARGUMENT_INVALID', 'A constraint is a regex, a choice, json or a schema')
  return new Machine(grammar, rule, 0, mostRemembered)
}

/** Texts one of which must come, as a tree of their bytes. */
function addChoices(grammar: Grammar, choices: readonly string[], start: number, end: number): void {
  if (!Array.isArray(choices) || choices.length === 0 || choices.length > MAX_CHOICES) {
    throw new TesseraError('ARGUMENT_INVALID', `A choice is a list of 1 to ${MAX_CHOICES} texts`, {
      where: 'choice',
    })
  }
  const children = new Map<string, number>()
  for (const choice of choices) {
    if (typeof choice !== 'string' || choice === '') {
      throw new TesseraError('ARGUMENT_INVALID', 'A text to choose is empty, or none', { where: 'choice' })
    }
    let at = start
    for (const byte of utf8Encode(choice)) {
      const key = `${at}:${byte}`
      let next = children.get(key)
      if (next === undefined) {
        next = grammar.state()
        children.set(key, next)
        grammar.byte(at, byte, byte, next)
      }
      at = next
    }
    grammar.skip(at, end)
  }
}
