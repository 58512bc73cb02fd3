// Weighted counts of symbol pairs: open addressing over one buffer, 16 bytes a slot
// (left + 1, right, count as float64), so that a look-up touches one cache line.
// Counts are float64 because a large corpus passes 2^31 (exact up to 2^53).

export class PairTable {
  /** Slots; a power of two. */
  capacity: number
  /** Pairs held. */
  size = 0
  private keys: Int32Array
  private values: Float64Array
  private shift: number

  constructor(expected = 0) {
    let bits = 6
    while (2 ** bits < expected * 2) bits++
    const buffer = new ArrayBuffer(16 * 2 ** bits)
    this.capacity = 2 ** bits
    this.shift = 32 - bits
    this.keys = new Int32Array(buffer)
    this.values = new Float64Array(buffer)
  }

  /** Slot of the pair, or -1. Slots are valid until the next `add`. */
  find(left: number, right: number): number {
    const { keys } = this
    const mask = this.capacity - 1
    const wanted = left + 1
    let slot = mix(left, right) >>> this.shift
    for (;;) {
      const key = keys[4 * slot]!
      if (key === wanted && keys[4 * slot + 1] === right) return slot
      if (key === 0) return -1
      slot = (slot + 1) & mask
    }
  }

  count(slot: number): number {
    return this.values[2 * slot + 1]!
  }

  /** Count of a pair; 0 when it is not there. */
  get(left: number, right: number): number {
    const slot = this.find(left, right)
    return slot < 0 ? 0 : this.values[2 * slot + 1]!
  }

  left(slot: number): number {
    return this.keys[4 * slot]! - 1
  }

  right(slot: number): number {
    return this.keys[4 * slot + 1]!
  }

  /** Adds to a pair that is there; a pair that is not stays out. */
  addIfKnown(left: number, right: number, amount: number): void {
    const slot = this.find(left, right)
    if (slot >= 0) this.values[2 * slot + 1]! += amount
  }

  /** Adds to a pair, which comes in if it is new. */
  add(left: number, right: number, amount: number): void {
    const { keys } = this
    const mask = this.capacity - 1
    const wanted = left + 1
    let slot = mix(left, right) >>> this.shift
    for (;;) {
      const key = keys[4 * slot]!
      if (key === wanted && keys[4 * slot + 1] === right) {
        this.values[2 * slot + 1]! += amount
        return
      }
      if (key === 0) break
      slot = (slot + 1) & mask
    }
    keys[4 * slot] = wanted
    keys[4 * slot + 1] = right
    this.values[2 * slot + 1] = amount
    this.size++
    if (this.size * 8 > this.capacity * 5) this.grow()
  }

  private grow(): void {
    const { keys, values, capacity } = this
    const bigger = new PairTable(capacity)
    for (let slot = 0; slot < capacity; slot++) {
      if (keys[4 * slot] !== 0) bigger.add(keys[4 * slot]! - 1, keys[4 * slot + 1]!, values[2 * slot + 1]!)
    }
    this.keys = bigger.keys
    this.values = bigger.values
    this.capacity = bigger.capacity
    this.shift = bigger.shift
  }
}

function mix(left: number, right: number): number {
  const h = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)
  return Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
}
