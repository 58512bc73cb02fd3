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
    this.deepest = deepest
  }

  /** The bytes that a token spells, or null when it is no text. */
  bytesOf(id: number): Uint8Array | null {
    return this.bytes[id] ?? null
  }

  /** Which tokens the machine can take from here, by bits: `mask[id >> 5] >> (id & 31) & 1`. */
  allowed(machine: Machine, from: MachineState): Uint32Array {
    const { byte, depth, end, token, twin } = this
    const { classOf } = machine
    const mask = new Uint32Array(this.words)
    const states: MachineState[] = Array.from({ length: this.deepest + 1 })
    states[0] = from
    for (let node = 0; node < byte.length;) {
      const at = depth[node]!
      const state = states[at]!
      const byteClass = classOf[byte[node]!]!
      let next = state.next[byteClass]
      if (next === undefined) next = machine.step(state, byteClass)
      if (next === null) {
        node = end[node]!
        continue
      }
      states[at + 1] = next
      for (let id = token[node]!; id >= 0; id = twin[id]!) mask[id >> 5]! |= 1 << (id & 31)
      node++
    }
    return mask
  }
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
