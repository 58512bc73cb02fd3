// A grammar made deterministic, byte by byte, as far as it is used: a state is the set of all places where the text so
// far may have led, each with the stack of calls that it is in. A set without places is dead, and since places
// that cannot end are never taken in, every other state can be completed. Transitions are remembered by class of
// bytes. Stacks and states are unique objects, so that equal ones are found again and share their token masks.
//
// What all places of a state have on their stacks does not matter until a rule ends: the inside of a string is the same
// in every property. `inner` gives a state without that common part, above an open end; it knows which texts stay
// inside, and where it `escapes` the true state has to be asked.
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

/** Stands for whatever is below: what comes back here is not known. */
const OPEN: Frame = { number: -1, back: -1, below: null, depth: 0 }

interface Place {
  readonly state: number
  readonly frame: Frame | null
}

export class MachineState {
  readonly places: readonly Place[]
  /** The text so far is whole. */
  readonly accepting: boolean
  /** The text may go on below the open end. */
  readonly escapes: boolean
  /** Above an open end: the depth of nesting that was looked at, from there on. */
  reach = 0
  /** By class of bytes: undefined = not asked yet, null = dead. */
  readonly next: (MachineState | null | undefined)[]
  /** Allowed tokens, by bits. */
  mask: Uint32Array | null = null
  /** What `Machine.inner` gives. */
  inner: Inner | null | undefined = undefined

  constructor(places: readonly Place[], accepting: boolean, escapes: boolean, classes: number) {
    this.places = places
    this.accepting = accepting
    this.escapes = escapes
    this.next = Array.from({ length: classes })
  }
}

/** A state without the stack that all its places have in common. */
export interface Inner {
  state: MachineState
  /** Of that stack. */
  depth: number
}

const MAX_PLACES = 20_000
/** States and stacks that are remembered; beyond, remembering begins anew. */
const MOST_REMEMBERED = 50_000

export class Machine {
  readonly start: MachineState
  /** `[256]` */
  readonly classOf: Uint8Array
  readonly maxNesting: number
  private readonly grammar: Grammar
  private readonly needs: Float64Array
  private readonly mostRemembered: number
  private readonly classes: number
  /** A byte of each class. */
  private readonly sample: number[] = []
  private states = new Map<string, MachineState>()
  private frames = new Map<string, Frame>()
  private frameCount = 0

  /** Throws ARGUMENT_INVALID when the rule describes no finite text. */
  constructor(grammar: Grammar, rule: number, maxNesting: number, mostRemembered = MOST_REMEMBERED) {
    this.grammar = grammar
    this.needs = grammar.needs()
    this.maxNesting = maxNesting
    this.mostRemembered = mostRemembered
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
    const start = this.closed([{ state: grammar.rules[rule]!.start, frame: null }], maxNesting)
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
    // Above an open end all depths are looked at; `reach` says which.
    const open = from.escapes || (from.places[0] !== undefined && bottomOf(from.places[0].frame) === OPEN)
    const next = reached.length === 0 ? null : this.closed(reached, open ? Infinity : this.maxNesting)
    from.next[byteClass] = next
    return next
  }

  /** Null when the places have no stack in common. */
  inner(from: MachineState): Inner | null {
    if (from.inner !== undefined) return from.inner
    const [first, ...rest] = from.places.map(({ frame }) => chainOf(frame))
    let common = first?.length ?? 0
    for (const chain of rest) {
      let same = 0
      while (same < common && chain[same] === first![same]) same++
      common = same
    }
    from.inner = null
    if (common === 0) return null
    const below = first![common - 1]!
    const moved = new Map<Frame, Frame>([[below, OPEN]])
    const above = (frame: Frame): Frame => {
      let known = moved.get(frame)
      if (!known) {
        known = this.frame(frame.back, above(frame.below!), frame.depth - below.depth)
        moved.set(frame, known)
      }
      return known
    }
    const places = from.places.map(({ state, frame }) => ({ state, frame: above(frame!) }))
    const state = this.closed(places, Infinity)
    if (state) from.inner = { state, depth: below.depth }
    return from.inner
  }

  /** Goes on from places until each takes a byte. */
  private closed(from: readonly Place[], mostNesting: number): MachineState | null {
    const { grammar, needs } = this
    const seen = new Set<string>()
    const takers = new Map<string, Place>()
    const todo: Place[] = []
    let accepting = false
    let escapes = false
    let reach = 0
    /** Whether a place at this depth can still end; false keeps it out. */
    const ends = (state: number, depth: number): boolean => {
      const needed = depth + needs[state]!
      if (needed === Infinity || needed > mostNesting) return false
      reach = Math.max(reach, needed)
      return true
    }
    const add = (state: number, frame: Frame | null): void => {
      if (!ends(state, frame?.depth ?? 0)) return
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
      const closed = grammar.closed(state)
      for (const taker of closed.takers) {
        if (ends(taker, depth)) takers.set(`${taker}:${frame?.number ?? 0}`, { state: taker, frame })
      }
      for (const { rule, to } of closed.calls) {
        const { start, weight } = grammar.rules[rule]!
        if (ends(to, depth)) add(start, this.frame(to, frame, depth + weight))
      }
      if (!closed.ends) continue
      if (frame === OPEN) escapes = true
      else if (frame) add(frame.back, frame.below)
      else accepting = true
    }
    if (takers.size === 0 && !accepting && !escapes) return null
    const key = `${accepting ? '!' : ''}${escapes ? '?' : ''}${[...takers.keys()].sort().join()}`
    let state = this.states.get(key)
    if (!state) {
      if (this.states.size + this.frames.size > this.mostRemembered) {
        this.states = new Map()
        this.frames = new Map()
      }
      state = new MachineState([...takers.values()], accepting, escapes, this.classes)
      this.states.set(key, state)
    }
    state.reach = Math.max(state.reach, reach)
    return state
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

/** From the bottom up. */
function chainOf(frame: Frame | null): Frame[] {
  const chain: Frame[] = []
  for (let at = frame; at; at = at.below) chain.push(at)
  return chain.reverse()
}

function bottomOf(frame: Frame | null): Frame | null {
  let bottom = frame
  while (bottom?.below) bottom = bottom.below
  return bottom
}
