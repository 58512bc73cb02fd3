// Which neighbours a BPE model may merge, at which rank, into what: from the list of merges, or by
// tiktoken's rule (any two whose joined bytes are a token; the token's id is the rank).
import { TesseraError, utf8Encode } from '../../core/index.ts'
import { alphabetToBytes } from '../alphabet.ts'
import type { BpeModelSpec } from '../spec.ts'
import type { Vocab } from '../vocab.ts'

export interface Merges {
  /** Rank of the merge of two tokens, or -1. */
  rankOf(left: number, right: number): number
  /** Id of the token that the merge of this rank makes. */
  madeBy(rank: number): number
}

/** Throws FORMAT_INVALID when a merge makes a token that the vocabulary lacks. */
export function mergesOf(spec: BpeModelSpec): Merges {
  return spec.merges ? listed(spec, spec.merges) : joined(spec.vocab)
}

/** A hash from pairs to ranks; of two merges of the same pair the later counts, as in the reference. */
function listed(spec: BpeModelSpec, pairs: Uint32Array): Merges {
  const count = pairs.length >> 1
  let capacity = 16
  while (capacity < count * 2) capacity *= 2
  const mask = capacity - 1
  /** `[3 * capacity]` left, right, rank + 1; 0 = free. */
  const slots = new Int32Array(capacity * 3)
  const made = new Int32Array(count)
  const join = joiner(spec)
  for (let rank = 0; rank < count; rank++) {
    const left = pairs[2 * rank]!
    const right = pairs[2 * rank + 1]!
    const id = join(left, right)
    if (id < 0) {
      throw new TesseraError('FORMAT_INVALID', 'A merge makes a token that is not in the vocabulary', {
        where: `model.merges[${rank}]`,
      })
    }
    made[rank] = id
    let at = hash(left, right) & mask
    while (slots[3 * at + 2] !== 0 && (slots[3 * at] !== left || slots[3 * at + 1] !== right)) {
      at = (at + 1) & mask
    }
    slots[3 * at] = left
    slots[3 * at + 1] = right
    slots[3 * at + 2] = rank + 1
  }
  return {
    rankOf(left, right) {
      let at = hash(left, right) & mask
      for (;;) {
        const stored = slots[3 * at + 2]!
        if (stored === 0) return -1
        if (slots[3 * at] === left && slots[3 * at + 1] === right) return stored - 1
        at = (at + 1) & mask
      }
    },
    madeBy: (rank) => made[rank]!,
  }
}

function hash(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  return h ^ (h >>> 15)
}

/** Id of the token written as left followed by right, without the right one's prefix for subwords. */
function joiner(spec: BpeModelSpec): (left: number, right: number) => number {
  const { vocab } = spec
  const prefix = spec.continuingSubwordPrefix ?? ''
  const skip = ((vocab.alphabet === 'bytes' && alphabetToBytes(prefix)) || utf8Encode(prefix)).length
  const buffer = new Uint8Array(vocab.maxTokenBytes * 2)
  return (left, right) => {
    if (!vocab.has(left) || !vocab.has(right)) return -1
    if (vocab.literal.has(left) || vocab.literal.has(right)) {
      return vocab.idOfString(vocab.stringOf(left) + vocab.stringOf(right).slice(prefix.length))
    }
    const head = vocab.bytesOf(left)
    const tail = vocab.bytesOf(right)
    buffer.set(head)
    buffer.set(tail.subarray(skip), head.length)
    return vocab.idOf(buffer, 0, head.length + Math.max(0, tail.length - skip))
  }
}

function joined(vocab: Vocab): Merges {
  const buffer = new Uint8Array(vocab.maxTokenBytes * 2)
  const { bytes, offsets } = vocab
  return {
    rankOf(left, right) {
      const leftStart = offsets[left]!
      const leftLength = offsets[left + 1]! - leftStart
      const rightStart = offsets[right]!
      const rightLength = offsets[right + 1]! - rightStart
      if (leftLength + rightLength > vocab.maxTokenBytes) return -1
      for (let i = 0; i < leftLength; i++) buffer[i] = bytes[leftStart + i]!
      for (let i = 0; i < rightLength; i++) buffer[leftLength + i] = bytes[rightStart + i]!
      return vocab.idOf(buffer, 0, leftLength + rightLength)
    },
    madeBy: (rank) => rank,
  }
}
