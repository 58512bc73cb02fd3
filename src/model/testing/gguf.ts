// GGUF files that we do not write otherwise: a tensor in any of ggml's formats, filled with random blocks.
import { Random } from '../../core/index.ts'
import { type Checkpoint } from '../checkpoint/checkpoint.ts'
import { BLOCK_TYPES } from '../checkpoint/gguf/blocks.ts'
import { ggufParts } from '../checkpoint/gguf/save.ts'
import { writeGguf } from '../checkpoint/gguf/write.ts'
import { toBfloat16, toFloat16 } from '../checkpoint/floats.ts'

/** Where scales lie in a block, as float16: other bits there could be infinite. */
const SCALES: Readonly<Record<string, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
}

/** Random bits for `count` numbers of a type, with scales around 1/20. */
export function randomBlocks(type: number, count: number, seed: number): Uint8Array<ArrayBuffer> {
  const { name, numbers, bytes: width } = BLOCK_TYPES.get(type)!
  const random = new Random(seed)
  const spread = () => 0.2 * (random.float() - 0.5)
  const floats = Float32Array.from({ length: numbers === 1 ? count : 0 }, spread)
  if (name === 'F32') return new Uint8Array(floats.buffer)
  if (name === 'F16') return new Uint8Array(toFloat16(floats).buffer as ArrayBuffer)
  if (name === 'BF16') return new Uint8Array(toBfloat16(floats).buffer as ArrayBuffer)
  const bytes = Uint8Array.from({ length: (count / numbers) * width }, () => random.int(256))
  for (let at = 0; at < bytes.length; at += width) {
    for (const offset of SCALES[name]!) {
      const [half] = toFloat16(Float32Array.of(spread()))
      bytes[at + offset] = half! & 255
      bytes[at + offset + 1] = half! >> 8
    }
  }
  return bytes
}

/** A checkpoint in float32, but for one tensor. */
export async function saveGgufWith(
  path: string,
  checkpoint: Checkpoint,
  tensor: string,
  type: number,
  data: Uint8Array,
): Promise<void> {
  const { entries, tensors } = ggufParts(checkpoint, 'f32')
  const changed = tensors.map((one) =>
    one.name === tensor ? { ...one, type, bytes: data.length, data: () => Promise.resolve(data) } : one,
  )
  await writeGguf(path, entries, changed)
}
