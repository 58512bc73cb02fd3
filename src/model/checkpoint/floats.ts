// Half-width floats as they lie in files: IEEE float16 and bfloat16 to float32 and back, rounded to nearest even.
import { TesseraError } from '../../core/index.ts'

/** 65,536 entries are a table that converting 100 M weights pays back at once. */
let halves: Float32Array | undefined

/** The value of each of the 65,536 float16. */
export function float16Values(): Float32Array {
  return (halves ??= Float32Array.from({ length: 65_536 }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    if (exponent === 31) return fraction ? NaN : sign * Infinity
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
  }))
}

export function fromFloat16(bits: Uint16Array): Float32Array {
  const table = float16Values()
  const values = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!
  return values
}

export function fromBfloat16(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16
  return new Float32Array(words.buffer)
}

export function toBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  // Not `Uint16Array.from`, which makes a list of all numbers first.
  const bits = new Uint16Array(words.length)
  for (let i = 0; i < bits.length; i++) {
    const word = words[i]!
    const nan = (word & 0x7fffffff) > 0x7f800000
    bits[i] = nan ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  }
  return bits
}

/** Throws ARGUMENT_INVALID for numbers that would become infinite as float16. */
export function checkFloat16(values: Float32Array, name: string): void {
  const wrong = values.findIndex((value) => Math.abs(value) >= 65_520 && Number.isFinite(value))
  if (wrong < 0) return
  throw new TesseraError('ARGUMENT_INVALID', `${name} holds ${values[wrong]}: float16 ends at 65504`, {
    hint: 'Write f32 or bf16',
  })
}

/** Numbers beyond ±65,504 become infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const bits = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) bits[i] = half(words[i]!)
  return bits
}

function half(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const exponent = ((word >>> 23) & 0xff) - 112
  const fraction = word & 0x7fffff
  if (exponent > 30) {
    const nan = (word & 0x7fffffff) > 0x7f800000
    return sign | 0x7c00 | (nan ? 0x200 : 0)
  }
  if (exponent > 0) return sign | rounded((exponent << 23) | fraction, 13)
  // Below the smallest normal number the leading 1 is written out.
  if (exponent < -10) return sign
  return sign | rounded(fraction | 0x800000, 14 - exponent)
}

function rounded(value: number, drop: number): number {
  const kept = value >>> drop
  const rest = value - kept * 2 ** drop
  const middle = 2 ** (drop - 1)
  return rest > middle || (rest === middle && kept & 1) ? kept + 1 : kept
}
