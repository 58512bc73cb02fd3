// Rows of keys and values in memory: for each layer one array of keys and one of values, slot after slot. Several
// caches may look at one `Slots`: each knows how many of the slots are its own. Only the one whose last slot
// is the last written one may write on in place, so that forks share what they have in common without copying.
import { TesseraError } from '../../core/index.ts'

export class Slots {
  /** By layer, `[capacity, width]`. */
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
  /** Numbers per slot, layer and kind: lanes · kvHeads · headDim. */
  readonly width: number
  readonly capacity: number
  /** Slots that somebody has written. */
  claimed = 0
  /** Caches that look at this. */
  users = 1

  /** Throws OUT_OF_MEMORY. */
  constructor(layers: number, width: number, capacity: number) {
    this.width = width
    this.capacity = capacity
    try {
      this.keys = Array.from({ length: layers }, () => new Float32Array(capacity * width))
      this.values = Array.from({ length: layers }, () => new Float32Array(capacity * width))
    } catch (cause) {
      const bytes = 2 * 4 * layers * width * capacity
      throw new TesseraError('OUT_OF_MEMORY', `No memory for ${capacity} slots of a cache, ${bytes} bytes`, {
        hint: 'Use fewer lanes or a shorter context',
        cause,
      })
    }
  }

  get layers(): number {
    return this.keys.length
  }

  get bytes(): number {
    return 2 * 4 * this.layers * this.width * this.capacity
  }

  /** Every array, keys before values, for those who treat all alike. */
  get arrays(): readonly Float32Array[] {
    return [...this.keys, ...this.values]
  }

  /** Copies slots `[from, to)` of another to `at` on; a narrower one (a prefix) is repeated for every lane. */
  copyFrom(other: Slots, from: number, to: number, at: number): void {
    const mine = this.arrays
    const theirs = other.arrays
    const repeat = this.width / other.width
    for (const [i, target] of mine.entries()) {
      const source = theirs[i]!
      if (repeat === 1) {
        target.set(source.subarray(from * this.width, to * this.width), at * this.width)
        continue
      }
      for (let slot = from; slot < to; slot++) {
        const row = source.subarray(slot * other.width, (slot + 1) * other.width)
        let start = (at + slot - from) * this.width
        for (let lane = 0; lane < repeat; lane++, start += other.width) target.set(row, start)
      }
    }
  }

  /** A copy of the first slots, with room for more. */
  grown(used: number, capacity: number): Slots {
    const copy = new Slots(this.layers, this.width, capacity)
    copy.copyFrom(this, 0, used, 0)
    copy.claimed = used
    return copy
  }
}
