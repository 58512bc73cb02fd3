// Distinct byte strings and how often each was seen: one byte arena, one hash index, no object per word.

/** Words as flat arrays: word `i` is `bytes[offsets[i] .. offsets[i + 1]]`. */
export interface CountedWords {
  bytes: Uint8Array<ArrayBuffer>
  /** `[words + 1]` */
  offsets: Uint32Array<ArrayBuffer>
  /** `[words]` */
  counts: Float64Array<ArrayBuffer>
}

/** Numbers of the words in the order of their bytes. */
export function byteOrder({ bytes, offsets, counts }: CountedWords): Uint32Array {
  const size = counts.length
  // The first six bytes as one number decide most comparisons.
  const heads = new Float64Array(size)
  for (let word = 0; word < size; word++) {
    const from = offsets[word]!
    const to = offsets[word + 1]!
    let head = 0
    for (let i = from; i < from + 6; i++) head = head * 256 + (i < to ? bytes[i]! : 0)
    heads[word] = head
  }
  const order = new Uint32Array(size)
  for (let i = 0; i < size; i++) order[i] = i
  return order.sort((a, b) => {
    const byHead = heads[a]! - heads[b]!
    if (byHead !== 0) return byHead
    const aEnd = offsets[a + 1]!
    const bEnd = offsets[b + 1]!
    let i = offsets[a]!
    let j = offsets[b]!
    for (; i < aEnd && j < bEnd; i++, j++) if (bytes[i] !== bytes[j]) return bytes[i]! - bytes[j]!
    return aEnd - i - (bEnd - j)
  })
}

export class WordTable {
  /** Bytes of memory per word beside its own bytes: offset, count, and its share of the index. */
  static readonly PER_WORD = 4 + 8 + 24

  size = 0
  private bytes = new Uint8Array(1 << 16)
  private offsets = new Uint32Array(1 << 12)
  private counts = new Float64Array(1 << 12)
  /** `[2 * capacity]` of (hash, word + 1); 0 = free. */
  private slots = new Int32Array(1 << 14)

  /** What the table takes, about. */
  get memory(): number {
    return this.offsets[this.size]! + this.size * WordTable.PER_WORD
  }

  /** Counts the word `source[from .. to]` once more, or `times` more. */
  add(source: Uint8Array, from: number, to: number, times: number): void {
    let hash = to - from
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ source[i]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    const { slots, bytes, offsets } = this
    const mask = (slots.length >> 1) - 1
    const length = to - from
    let slot = (hash >>> 7) & mask
    for (;;) {
      const word = slots[2 * slot + 1]! - 1
      if (word < 0) break
      if (slots[2 * slot] === hash) {
        const at = offsets[word]!
        if (offsets[word + 1]! - at === length) {
          let i = 0
          while (i < length && bytes[at + i] === source[from + i]) i++
          if (i === length) {
            this.counts[word]! += times
            return
          }
        }
      }
      slot = (slot + 1) & mask
    }
    slots[2 * slot] = hash
    slots[2 * slot + 1] = this.size + 1
    this.append(source, from, to, times)
  }

  addAll(words: CountedWords): void {
    const { bytes, offsets, counts } = words
    for (let i = 0; i < counts.length; i++) this.add(bytes, offsets[i]!, offsets[i + 1]!, counts[i]!)
  }

  /** The words in the order in which they came: views, until the table changes again. */
  words(): CountedWords {
    const { size } = this
    return {
      bytes: this.bytes.subarray(0, this.offsets[size]!),
      offsets: this.offsets.subarray(0, size + 1),
      counts: this.counts.subarray(0, size),
    }
  }

  clear(): void {
    this.size = 0
    this.slots.fill(0)
  }

  private append(source: Uint8Array, from: number, to: number, times: number): void {
    const word = this.size++
    const at = this.offsets[word]!
    const end = at + to - from
    if (end > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(end, this.bytes.length * 2))
      bytes.set(this.bytes.subarray(0, at))
      this.bytes = bytes
    }
    if (word + 2 > this.offsets.length) {
      const offsets = new Uint32Array(this.offsets.length * 2)
      offsets.set(this.offsets)
      this.offsets = offsets
      const counts = new Float64Array(this.counts.length * 2)
      counts.set(this.counts)
      this.counts = counts
    }
    const { bytes } = this
    for (let i = from, to2 = at; i < to; i++) bytes[to2++] = source[i]!
    this.offsets[word + 1] = end
    this.counts[word] = times
    if (this.size * 4 > this.slots.length) this.widen()
  }

  private widen(): void {
    const from = this.slots
    const slots = new Int32Array(from.length * 2)
    const mask = (slots.length >> 1) - 1
    for (let i = 0; i < from.length; i += 2) {
      if (from[i + 1] === 0) continue
      let slot = (from[i]! >>> 7) & mask
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask
      slots[2 * slot] = from[i]!
      slots[2 * slot + 1] = from[i + 1]!
    }
    this.slots = slots
  }
}
