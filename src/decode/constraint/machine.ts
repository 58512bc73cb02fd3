// A grammar made deterministic, byte by byte, as far as it is used: a state is the set of all places where the text so
// far may have led, each with the stack of calls that it is in. A set without places is dead, and since places
// that cannot end are never taken in, every other state can be completed. Transitions are remembered by class of
// bytes. Stacks and states are unique objects, so that equal ones are found again and share their token masks.
import { TesseraError } from '../../core/index.ts'
import type { Grammar } from './grammar.ts'

/** Who is called back when a rule ends. */
interface Frame {
  readonly number: number
  readonly back: number
  readonly below: Frame | null
  /** Of nesting, by the weights of the rules called. */
  readonly depth: number
}

interface Place {
  readonly state: number
  readonly frame: Frame | null
}

export class MachineState {
  readonly places: readonly Place[]
  /** The text so far is whole. */
  readonly accepting: boolean
  /** By class of bytes: undefined = not asked yet, null = dead. */
  readonly next: (MachineState | null | undefined)[]
  /** Allowed tokens, by bits. */
  mask: Uint32Array | null = null

  constructor(places: readonly Place[], accepting: boolean, classes: number) {
    this.places = places
    this.accepting = accepting
    this.next = Array.from({ length: classes })
  }
}

const MAX_PLACES = 20_000
/** States and stacks that are remembered; beyond, remembering begins anew. */
const MAX_REMEMBERED = 50_000

export class Machine {
  readonly start: MachineState
  /** `[256]` */
  readonly classOf: Uint8Array
  /** Number of times that remembering began anew. */
  forgotten = 0
  private readonly grammar: Grammar
  private readonly needs: Float64Array
  private readonly maxNesting: number
  private readonly classes: number
  /** A byte of each class. */
  private readonly sample: number[] = []
  private states = new Map<string, MachineState>()
  private frames = new Map<string, Frame>()
  private frameCount = 0

  /** Throws ARGUMENT_INVALID when the rule describes no finite text. */
  constructor(grammar: Grammar, rule: number, maxNesting: number) {
    this.grammar = grammar
    this.needs = grammar.needs()
    this.maxNesting = maxNesting
    const cuts = new Uint8Array(257)
    for (const edges of grammar.bytes) for (const { low, high } of edges) cuts[low] = cuts[high + 1] = 1
    this.classOf = new Uint8Array(256)
    let classes = 0
    for (let byte = 0; byte < 256; byte++) {
      if (byte === 0 || cuts[byte] === 1) {
        this.sample.push(byte)
        classes++
      }
      this.classOf[byte] = classes - 1
    }
    this.classes = classes
    const start = this.closed([{ state: grammar.rules[rule]!.start, frame: null }])
    if (!start) {
      throw new TesseraError('ARGUMENT_INVALID', 'No text can satisfy the constraint', {
        where: 'constraint',
      })
    }
    this.start = start
  }

  /** The state after one more byte; null: no text of the language goes on like this. */
  step(from: MachineState, byteClass: number): MachineState | null {
    const known = from.next[byteClass]
    if (known !== undefined) return known
    const byte = this.sample[byteClass]!
    const reached: Place[] = []
    for (const { state, frame } of from.places) {
      for (const { low, high, to } of this.grammar.bytes[state]!) {
        if (byte >= low && byte <= high) reached.push({ state: to, frame })
      }
    }
    const next = reached.length === 0 ? null : this.closed(reached)
    from.next[byteClass] = next
    return next
  }

  /** Goes on from places until each takes a byte. */
  private closed(from: readonly Place[]): MachineState | null {
    const { grammar, needs, maxNesting } = this
    const seen = new Set<string>()
    const takers = new Map<string, Place>()
    const todo: Place[] = []
    let accepting = false
    const add = (state: number, frame: Frame | null): void => {
      if ((frame?.depth ?? 0) + needs[state]! > maxNesting) return
      const key = `${state}:${frame?.number ?? 0}`
      if (seen.has(key)) return
      seen.add(key)
      if (seen.size > MAX_PLACES) {
        throw new TesseraError('PATTERN_TOO_COMPLEX', `The constraint is in more than ${MAX_PLACES} places`, {
          hint: 'Use fewer alternatives that begin alike, or smaller repeat counts',
        })
      }
      todo.push({ state, frame })
    }
    for (const { state, frame } of from) add(state, frame)
    for (let place = todo.pop(); place; place = todo.pop()) {
      const { state, frame } = place
      const depth = frame?.depth ?? 0
      const { takers: taking, calls, ends } = grammar.closed(state)
      for (const taker of taking) {
        if (depth + needs[taker]! <= maxNesting) {
          takers.set(`${taker}:${frame?.number ?? 0}`, { state: taker, frame })
        }
      }
      for (const { rule, to } of calls) {
        const { start, weight } = grammar.rules[rule]!
        if (depth + needs[to]! <= maxNesting) add(start, this.frame(to, frame, depth + weight))
      }
      if (ends) {
        if (frame) add(frame.back, frame.below)
        else accepting = true
      }
    }
    if (takers.size === 0 && !accepting) return null
    const key = `${accepting ? '!' : ''}${[...takers.keys()].sort().join()}`
    const known = this.states.get(key)
    if (known) return known
    if (this.states.size + this.frames.size > MAX_REMEMBERED) {
      this.states = new Map()
      this.frames = new Map()
      this.forgotten++
    }
    const made = new MachineState([...takers.values()], accepting, this.classes)
    this.states.set(key, made)
    return made
  }

  private frame(back: number, below: Frame | null, depth: number): Frame {
    const key = `${back}:${below?.number ?? 0}:${depth}`
    let frame = this.frames.get(key)
    if (!frame) {
      frame = { number: ++this.frameCount, back, below, depth }
      this.frames.set(key, frame)
    }
    return frame
  }
}
