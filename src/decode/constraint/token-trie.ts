// The vocabulary as a tree of bytes, laid out flat in the order of a walk: a node's children follow it, and one number
// says where its subtree ends. A constraint's state goes down this tree once to learn which tokens it allows; where
// it dies, the whole subtree is jumped over. Special tokens are not in it: they are not text.
import { compareBytes, TesseraError } from '../../core/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import type { Machine, MachineState } from './machine.ts'

export class TokenTrie {
  /** Number of ids. */
  readonly size: number
  readonly words: number
  /** `[nodes]` */
  private readonly byte: Uint8Array
  private readonly depth: Uint16Array
  private readonly end: Uint32Array
  /** First token that ends at a node, or -1, and for each token the next one with the same bytes. */
  private readonly token: Int32Array
  private readonly twin: Int32Array
  private readonly bytes: readonly (Uint8Array | null)[]
  private readonly deepest: number
  private readonly parent: Int32Array
  private readonly inner = new WeakMap<MachineState, InnerMask>()

  /** `tokens[id]`: the bytes that a token spells, or null when it is no text. */
  constructor(tokens: readonly (Uint8Array | null)[]) {
    this.size = tokens.length
    this.words = (tokens.length + 31) >> 5
    this.bytes = tokens
    const order = [...tokens.keys()].filter((id) => (tokens[id]?.length ?? 0) > 0)
    order.sort((a, b) => compareBytes(tokens[a]!, tokens[b]!) || a - b)
    const byte: number[] = []
    const depth: number[] = []
    const token: number[] = []
    const end: number[] = []
    const parent: number[] = []
    this.twin = new Int32Array(tokens.length).fill(-1)
    let before: Uint8Array = new Uint8Array(0)
    /** Nodes of the token before, from the root's child down. */
    const path: number[] = []
    let deepest = 0
    for (const id of order) {
      const own = tokens[id]!
      let common = 0
      while (common < own.length && common < before.length && own[common] === before[common]) common++
      if (common === own.length && common === before.length) {
        const node = path.at(-1)!
        this.twin[id] = token[node]!
        token[node] = id
        continue
      }
      while (path.length > common) end[path.pop()!] = byte.length
      for (let at = common; at < own.length; at++) {
        parent.push(path.at(-1) ?? -1)
        path.push(byte.length)
        byte.push(own[at]!)
        depth.push(at)
        token.push(-1)
        end.push(0)
      }
      token[path.at(-1)!] = id
      deepest = Math.max(deepest, own.length)
      before = own
    }
    for (const node of path) end[node] = byte.length
    this.byte = Uint8Array.from(byte)
    this.depth = Uint16Array.from(depth)
    this.token = Int32Array.from(token)
    this.end = Uint32Array.from(end)
    this.parent = Int32Array.from(parent)
    this.deepest = deepest
  }

  /** The bytes that a token spells, or null when it is no text. */
  bytesOf(id: number): Uint8Array | null {
    return this.bytes[id] ?? null
  }

  /**
   * Which tokens the machine can take from here, by bits: `mask[id >> 5] >> (id & 31) & 1`. What is decided without the
   * stack that all places have in common is computed once for all states that differ only in that.
   */
  allowed(machine: Machine, from: MachineState): Uint32Array {
    const inner = machine.inner(from)
    if (!inner) return this.plainAllowed(machine, from)
    const own = this.innerAllowed(machine, inner.state)
    if (inner.depth + own.reach > machine.maxNesting) return this.plainAllowed(machine, from)
    const mask = own.mask.slice()
    for (const node of own.undecided) {
      const state = this.before(machine, from, node)
      if (state) this.walk(machine, state, node, this.end[node]!, mask, null)
    }
    return mask
  }

  /** The same, each token from the state itself. */
  plainAllowed(machine: Machine, from: MachineState): Uint32Array {
    const mask = new Uint32Array(this.words)
    this.walk(machine, from, 0, this.byte.length, mask, null)
    return mask
  }

  private innerAllowed(machine: Machine, from: MachineState): InnerMask {
    let known = this.inner.get(from)
    if (!known) {
      known = { mask: new Uint32Array(this.words), undecided: [], reach: from.reach }
      known.reach = this.walk(machine, from, 0, this.byte.length, known.mask, known.undecided)
      this.inner.set(from, known)
    }
    return known
  }

  /** The state in front of a node's own byte. */
  private before(machine: Machine, from: MachineState, node: number): MachineState | null {
    const path: number[] = []
    for (let at = this.parent[node]!; at >= 0; at = this.parent[at]!) path.push(this.byte[at]!)
    let state: MachineState | null = from
    while (state && path.length > 0) state = machine.step(state, machine.classOf[path.pop()!]!)
    return state
  }

  /**
   * Goes down the nodes `[first, last)`, of which the first one follows `from`, and sets the bits of tokens at living
   * states. Above an open end, subtrees that only what is below can decide go to `undecided`. Gives the
   * largest `reach` of the states seen.
   */
  private walk(
    machine: Machine,
    from: MachineState,
    first: number,
    last: number,
    mask: Uint32Array,
    undecided: number[] | null,
  ): number {
    const { byte, depth, end, token, twin } = this
    const { classOf } = machine
    const base = first < byte.length ? depth[first]! : 0
    const states: MachineState[] = Array.from({ length: this.deepest + 1 })
    const escaped: boolean[] = Array.from({ length: this.deepest + 1 })
    states[base] = from
    escaped[base] = from.escapes
    let { reach } = from
    for (let node = first; node < last;) {
      const at = depth[node]!
      const state = states[at]!
      const byteClass = classOf[byte[node]!]!
      let next = state.next[byteClass]
      if (next === undefined) next = machine.step(state, byteClass)
      if (next === null) {
        if (undecided && escaped[at]!) undecided.push(node)
        node = end[node]!
        continue
      }
      states[at + 1] = next
      escaped[at + 1] = escaped[at]! || next.escapes
      if (next.reach > reach) reach = next.reach
      for (let id = token[node]!; id >= 0; id = twin[id]!) mask[id >> 5]! |= 1 << (id & 31)
      node++
    }
    return reach
  }
}

/** What is known of the tokens without what is below the open end. */
interface InnerMask {
  mask: Uint32Array
  /** Nodes whose subtrees are decided below. */
  undecided: number[]
  reach: number
}

const tries = new WeakMap<Tokenizer, TokenTrie>()

/** The tree of a tokenizer's vocabulary; made once for each tokenizer. */
export function tokenTrie(tokenizer: Tokenizer): TokenTrie {
  let trie = tries.get(tokenizer)
  if (!trie) {
    trie = new TokenTrie(Array.from({ length: tokenizer.vocabSize }, (_, id) => textOf(tokenizer, id)))
    tries.set(tokenizer, trie)
  }
  return trie
}

function textOf(tokenizer: Tokenizer, id: number): Uint8Array | null {
  try {
    const { bytes, special } = tokenizer.info(id)
    return special ? null : bytes
  } catch (error) {
    // A hole in the vocabulary.
    if (error instanceof TesseraError && error.code === 'ID_OUT_OF_RANGE') return null
    throw error
  }
}
