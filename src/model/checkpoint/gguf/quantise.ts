// float32 to what ggml keeps: F16, Q8_0 (a scale and 32 signed bytes), Q4_0 (a scale and 32 times four bits). Each
// step is rounded to float32 as in ggml's reference, so that the bytes are those that llama.cpp's own
// quantiser makes. Source: ggml-org/ggml, src/ggml-quants.c (quantize_row_q8_0_ref, quantize_row_q4_0_ref).
import { toFloat16 } from '../floats.ts'

/** Element types that GGUF files are written in. */
export type GgufType = 'f32' | 'f16' | 'q8_0' | 'q4_0'

/** Numbers in a block; rows are whole blocks. */
export const BLOCK = 32

/** By the number of each type in a file, and its bytes for `BLOCK` numbers. */
export const WRITTEN: Readonly<Record<GgufType, { id: number; bytes: number; fileType: number }>> = {
  f32: { id: 0, bytes: 128, fileType: 0 },
  f16: { id: 1, bytes: 64, fileType: 1 },
  q8_0: { id: 8, bytes: 34, fileType: 7 },
  q4_0: { id: 2, bytes: 18, fileType: 2 },
}

const { abs, fround } = Math

export function encode(values: Float32Array, type: GgufType): Uint8Array {
  if (type === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (type === 'f16') return new Uint8Array(toFloat16(values).buffer)
  const width = WRITTEN[type].bytes
  const count = values.length / BLOCK
  const bytes = new Uint8Array(count * width)
  const scales = new Float32Array(count)
  for (let block = 0; block < count; block++) {
    const from = block * BLOCK
    let largest = 0
    for (let i = from; i < from + BLOCK; i++) if (abs(values[i]!) > abs(largest)) largest = values[i]!
    const scale = fround(type === 'q8_0' ? abs(largest) / 127 : largest / -8)
    scales[block] = scale
    const inverse = scale === 0 ? 0 : fround(1 / scale)
    const to = block * width + 2
    if (type === 'q8_0') {
      for (let i = 0; i < BLOCK; i++) bytes[to + i] = rounded(fround(values[from + i]! * inverse))
    } else {
      for (let i = 0; i < BLOCK / 2; i++) {
        bytes[to + i] =
          four(values[from + i]! * inverse) | (four(values[from + BLOCK / 2 + i]! * inverse) << 4)
      }
    }
  }
  for (const [block, half] of toFloat16(scales).entries()) {
    bytes[block * width] = half & 255
    bytes[block * width + 1] = half >> 8
  }
  return bytes
}

/** To the nearest whole number, halves away from zero, as C's roundf. */
function rounded(value: number): number {
  return Math.sign(value) * Math.floor(abs(value) + 0.5)
}

function four(value: number): number {
  return Math.min(15, Math.trunc(fround(fround(value) + 8.5)))
}
