// The byte strings of the tokens while a vocabulary grows: one arena and a hash index, to find out
// whether the string that a merge would make is a token already.
import { Vocab, type VocabAlphabet } from '../vocab.ts'

export class TokenStrings {
  size = 0
  private bytes = new Uint8Array(1 << 16)
  private offsets = new Uint32Array(1 << 12)
  /** id + 1 by hash; 0 = free. */
  private slots = new Int32Array(1 << 13)

  constructor(initial: readonly Uint8Array[]) {
    for (const token of initial) {
      this.reserve(token.length)
      this.bytes.set(token, this.offsets[this.size]!)
      this.append(token.length)
    }
  }

  /** Bytes of a token (a view). */
  of(id: number): Uint8Array {
    return this.bytes.subarray(this.offsets[id]!, this.offsets[id + 1]!)
  }

  /**
   * The joined string of two tokens: the id that has it already, or -1 (then `append` of the returned
   * length makes it the next token). `strip`: bytes left out at the start of the right one when it
   * begins with them (a continuing-subword prefix).
   */
  join(left: number, right: number, strip: Uint8Array): number {
    const { offsets } = this
    const leftFrom = offsets[left]!
    const leftLength = offsets[left + 1]! - leftFrom
    let rightFrom = offsets[right]!
    const rightTo = offsets[right + 1]!
    if (strip.length > 0 && rightTo - rightFrom >= strip.length) {
      let i = 0
      while (i < strip.length && this.bytes[rightFrom + i] === strip[i]) i++
      if (i === strip.length) rightFrom += i
    }
    this.joined = leftLength + rightTo - rightFrom
    this.reserve(this.joined)
    const at = offsets[this.size]!
    this.bytes.copyWithin(at, leftFrom, leftFrom + leftLength)
    this.bytes.copyWithin(at + leftLength, rightFrom, rightTo)
    return this.find(at, this.joined)
  }

  /** Length in bytes of what `join` put together last. */
  joined = 0

  /** Makes the string that `join` put together last the next token; returns its id. */
  appendJoined(): number {
    return this.append(this.joined)
  }

  /** All tokens as a vocabulary. */
  vocab(alphabet: VocabAlphabet, literal?: ReadonlySet<number>): Vocab {
    const offsets = this.offsets.slice(0, this.size + 1)
    return new Vocab(this.bytes.slice(0, offsets[this.size]!), offsets, alphabet, literal)
  }

  private append(length: number): number {
    const id = this.size++
    const at = this.offsets[id]!
    if (this.size + 1 >= this.offsets.length) {
      const offsets = new Uint32Array(this.offsets.length * 2)
      offsets.set(this.offsets)
      this.offsets = offsets
    }
    this.offsets[id + 1] = at + length
    if (this.size * 2 > this.slots.length) {
      this.slots = new Int32Array(this.slots.length * 2)
      for (let other = 0; other < id; other++) this.put(other)
    }
    this.put(id)
    return id
  }

  private reserve(length: number): void {
    const needed = this.offsets[this.size]! + length
    if (needed <= this.bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    bytes.set(this.bytes)
    this.bytes = bytes
  }

  private find(at: number, length: number): number {
    const { bytes, offsets, slots } = this
    const mask = slots.length - 1
    let slot = this.hash(at, length) & mask
    for (;;) {
      const id = slots[slot]! - 1
      if (id < 0) return -1
      const from = offsets[id]!
      if (offsets[id + 1]! - from === length) {
        let i = 0
        while (i < length && bytes[from + i] === bytes[at + i]) i++
        if (i === length) return id
      }
      slot = (slot + 1) & mask
    }
  }

  /** Of two tokens with the same string the first stays the one that is found. */
  private put(id: number): void {
    const from = this.offsets[id]!
    const length = this.offsets[id + 1]! - from
    if (this.find(from, length) >= 0) return
    const mask = this.slots.length - 1
    let slot = this.hash(from, length) & mask
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask
    this.slots[slot] = id + 1
  }

  private hash(from: number, length: number): number {
    let hash = length
    for (let i = from; i < from + length; i++) hash = Math.imul(hash ^ this.bytes[i]!, 0x01000193)
    return hash ^ (hash >>> 15)
  }
}
