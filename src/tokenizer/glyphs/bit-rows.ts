// Many pictures as rows of bits: what everything after drawing works on. A row is a whole number of 32-bit
// words; bit b of a row is bit b % 32 of its word b / 32.

export class BitRows {
  readonly rows: number
  /** Bits of a row. */
  readonly width: number
  /** Words of a row. */
  readonly stride: number
  /** `[rows * stride]` */
  readonly words: Uint32Array

  constructor(rows: number, width: number, words?: Uint32Array) {
    this.rows = rows
    this.width = width
    this.stride = (width + 31) >> 5
    this.words = words ?? new Uint32Array(rows * this.stride)
  }

  /** Takes `[width]` zeros and ones as row `row`, in the given order of places when there is one. */
  set(row: number, bits: Uint8Array, order: Uint32Array | null = null): void {
    const base = row * this.stride
    for (let i = 0; i < this.width; i++) {
      if (bits[order ? order[i]! : i] === 1) this.words[base + (i >> 5)]! |= 1 << (i & 31)
    }
  }

  get(row: number, bit: number): number {
    return (this.words[row * this.stride + (bit >> 5)]! >>> (bit & 31)) & 1
  }

  /** The words of a row (a view). */
  row(row: number): Uint32Array {
    return this.words.subarray(row * this.stride, (row + 1) * this.stride)
  }

  /** `[rows]` number of ones in each row. */
  ink(): Uint32Array {
    const counts = new Uint32Array(this.rows)
    for (let r = 0; r < this.rows; r++) {
      let n = 0
      for (let w = r * this.stride, end = w + this.stride; w < end; w++) n += popcount(this.words[w]!)
      counts[r] = n
    }
    return counts
  }

  /** Bit b of all rows as row b: `[width]` rows of `rows` bits. */
  transposed(): BitRows {
    const out = new BitRows(this.width, this.rows)
    for (let r = 0; r < this.rows; r++) {
      const word = r >> 5
      const bit = 1 << (r & 31)
      for (let w = 0; w < this.stride; w++) {
        let left = this.words[r * this.stride + w]!
        while (left !== 0) {
          const low = 31 - Math.clz32(left & -left)
          out.words[((w << 5) + low) * out.stride + word]! |= bit
          left &= left - 1
        }
      }
    }
    return out
  }
}

/** Ones of a 32-bit word. */
export function popcount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
