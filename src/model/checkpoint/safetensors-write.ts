// Writing safetensors: the header first, then one tensor after another, so that one is in memory at a time.
import { type LongWork, throwIfCancelled } from '../../core/index.ts'
import { writePartsAtomic } from '../../core/node.ts'
import { checkFloat16, toBfloat16, toFloat16 } from './floats.ts'
import type { TensorToWrite } from './layout.ts'

/** Element types that weights are written in. */
export type WeightType = 'f32' | 'f16' | 'bf16'

/** Bytes of a tensor in a file. */
export function storedBytes({ shape }: TensorToWrite, dtype: WeightType): number {
  return shape.reduce((product, size) => product * size, dtype === 'f32' ? 4 : 2)
}

/** Long work of which this file is a part. */
export interface WriteProgress extends LongWork {
  /** Bytes of all files, and of those that are done. */
  total: number
  before: number
}

/** Writes the whole file or nothing. Throws FILE_WRITE_FAILED, CANCELLED. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  dtype: WeightType,
  work?: WriteProgress,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const tensor of tensors) {
    const start = end
    end += storedBytes(tensor, dtype)
    header[tensor.name] = { dtype: dtype.toUpperCase(), shape: tensor.shape, data_offsets: [start, end] }
  }
  // Readers want the data to begin at a multiple of 8.
  const json = new TextEncoder().encode(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20)
  padded.set(json)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  await writePartsAtomic(path, async function* () {
    yield length
    yield padded
    let done = work?.before ?? 0
    for (const tensor of tensors) {
      throwIfCancelled(work?.signal)
      const all = await tensor.values()
      if (dtype === 'f16') checkFloat16(all, tensor.name)
      const stored = dtype === 'f32' ? all : dtype === 'f16' ? toFloat16(all) : toBfloat16(all)
      yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
      done += stored.byteLength
      work?.onProgress?.({ stage: 'writing', done, total: work.total, unit: 'bytes' })
    }
  })
}
