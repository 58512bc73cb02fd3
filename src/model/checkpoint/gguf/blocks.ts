// How ggml keeps numbers: plain floats, and blocks of 32 or 256 numbers that share a scale. Read to float32, with
// products and sums rounded to float32 in the order of ggml's own reference.
// Source: ggml-org/ggml, src/ggml-quants.c (dequantize_row_*) and ggml-common.h (layouts).
import { float16Values, fromBfloat16, fromFloat16 } from '../floats.ts'

export interface BlockType {
  name: string
  /** Numbers of a block. */
  numbers: number
  /** Bytes of a block. */
  bytes: number
  /** Whole blocks, in memory that begins at an even address. */
  decode(bytes: Uint8Array<ArrayBuffer>): Float32Array
}

type Block = (bytes: Uint8Array, at: number, values: Float32Array, to: number, half: HalfAt) => void
/** The float16 at a byte. */
type HalfAt = (at: number) => number

const { fround } = Math

function blocks(name: string, numbers: number, bytesPerBlock: number, block: Block): BlockType {
  return {
    name,
    numbers,
    bytes: bytesPerBlock,
    decode(bytes) {
      const table = float16Values()
      const half = (at: number) => table[bytes[at]! | (bytes[at + 1]! << 8)]!
      const count = bytes.length / bytesPerBlock
      const values = new Float32Array(count * numbers)
      for (let i = 0; i < count; i++) block(bytes, i * bytesPerBlock, values, i * numbers, half)
      return values
    },
  }
}

const q4_0: Block = (bytes, at, values, to, half) => {
  const scale = half(at)
  for (let i = 0; i < 16; i++) {
    const both = bytes[at + 2 + i]!
    values[to + i] = ((both & 15) - 8) * scale
    values[to + i + 16] = ((both >> 4) - 8) * scale
  }
}

const q4_1: Block = (bytes, at, values, to, half) => {
  const scale = half(at)
  const least = half(at + 2)
  for (let i = 0; i < 16; i++) {
    const both = bytes[at + 4 + i]!
    values[to + i] = fround((both & 15) * scale) + least
    values[to + i + 16] = fround((both >> 4) * scale) + least
  }
}

/** The fifth bits of 32 numbers, as one word. */
function highBits(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

const q5_0: Block = (bytes, at, values, to, half) => {
  const scale = half(at)
  const high = highBits(bytes, at + 2)
  for (let i = 0; i < 16; i++) {
    const both = bytes[at + 6 + i]!
    values[to + i] = (((both & 15) | ((high >>> i) & 1 ? 16 : 0)) - 16) * scale
    values[to + i + 16] = (((both >> 4) | ((high >>> (i + 16)) & 1 ? 16 : 0)) - 16) * scale
  }
}

const q5_1: Block = (bytes, at, values, to, half) => {
  const scale = half(at)
  const least = half(at + 2)
  const high = highBits(bytes, at + 4)
  for (let i = 0; i < 16; i++) {
    const both = bytes[at + 8 + i]!
    values[to + i] = fround(((both & 15) | ((high >>> i) & 1 ? 16 : 0)) * scale) + least
    values[to + i + 16] = fround(((both >> 4) | ((high >>> (i + 16)) & 1 ? 16 : 0)) * scale) + least
  }
}

const q8_0: Block = (bytes, at, values, to, half) => {
  const scale = half(at)
  for (let i = 0; i < 32; i++) values[to + i] = ((bytes[at + 2 + i]! << 24) >> 24) * scale
}

/** Scales and minima of the eight groups of a 256-block: six bits each, packed into twelve bytes. */
function scaleAt(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group]! & 63
  return (bytes[at + group + 4]! & 15) | ((bytes[at + group - 4]! >> 6) << 4)
}

function leastAt(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4]! & 63
  return (bytes[at + group + 4]! >> 4) | ((bytes[at + group]! >> 6) << 4)
}

/** Q4_K, and Q5_K, which has a fifth bit of each number before the other four. */
function kBlock(fifthBits: boolean): Block {
  return (bytes, at, values, to, half) => {
    const [scale, least] = [half(at), half(at + 2)]
    const low = at + 16 + (fifthBits ? 32 : 0)
    for (let group = 0; group < 8; group++) {
      const d = fround(scale * scaleAt(bytes, at + 4, group))
      const m = fround(least * leastAt(bytes, at + 4, group))
      const shift = group & 1 ? 4 : 0
      const from = low + 32 * (group >> 1)
      for (let i = 0; i < 32; i++) {
        let q = (bytes[from + i]! >> shift) & 15
        if (fifthBits && (bytes[at + 16 + i]! >> group) & 1) q += 16
        values[to + 32 * group + i] = fround(d * q) - m
      }
    }
  }
}

const q6_k: Block = (bytes, at, values, to, half) => {
  const scale = half(at + 208)
  for (let part = 0; part < 2; part++) {
    const low = at + 64 * part
    const high = at + 128 + 32 * part
    const scales = at + 192 + 8 * part
    for (let row = 0; row < 4; row++) {
      for (let i = 0; i < 32; i++) {
        const four = (bytes[low + 32 * (row & 1) + i]! >> (row < 2 ? 0 : 4)) & 15
        const q = (four | (((bytes[high + i]! >> (2 * row)) & 3) << 4)) - 32
        const d = fround(scale * ((bytes[scales + 2 * row + (i >> 4)]! << 24) >> 24))
        values[to + 128 * part + 32 * row + i] = d * q
      }
    }
  }
}

/** By the number that stands for them in a file. */
export const BLOCK_TYPES: ReadonlyMap<number, BlockType> = new Map<number, BlockType>([
  [0, { name: 'F32', numbers: 1, bytes: 4, decode: ({ buffer }) => new Float32Array(buffer) }],
  [1, { name: 'F16', numbers: 1, bytes: 2, decode: ({ buffer }) => fromFloat16(new Uint16Array(buffer)) }],
  [2, blocks('Q4_0', 32, 18, q4_0)],
  [3, blocks('Q4_1', 32, 20, q4_1)],
  [6, blocks('Q5_0', 32, 22, q5_0)],
  [7, blocks('Q5_1', 32, 24, q5_1)],
  [8, blocks('Q8_0', 32, 34, q8_0)],
  [12, blocks('Q4_K', 256, 144, kBlock(false))],
  [13, blocks('Q5_K', 256, 176, kBlock(true))],
  [14, blocks('Q6_K', 256, 210, q6_k)],
  [30, { name: 'BF16', numbers: 1, bytes: 2, decode: ({ buffer }) => fromBfloat16(new Uint16Array(buffer)) }],
])

/** Names of types that we do not read, for messages. */
const OTHERS: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  10: 'Q2_K',
  11: 'Q3_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
}

export function typeName(id: number): string {
  return BLOCK_TYPES.get(id)?.name ?? OTHERS[id] ?? `number ${id}`
}
