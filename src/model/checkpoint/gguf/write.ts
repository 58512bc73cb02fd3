// The file itself: metadata, the list of tensors, their data, each at a multiple of 32 bytes.
// Source: ggml-org/ggml, docs/gguf.md, version 3.
import { type LongWork, throwIfCancelled, utf8Encode } from '../../../core/index.ts'
import { writePartsAtomic } from '../../../core/node.ts'
import { type GgufEntries, writeGgufMetadata } from '../../../tokenizer/index.ts'

const ALIGNMENT = 32

export interface GgufTensorData {
  name: string
  /** Outermost first. */
  shape: readonly number[]
  /** ggml's number of the element type. */
  type: number
  /** Length of `data`, which is asked for when its turn comes. */
  bytes: number
  data(): Promise<Uint8Array>
}

/** Writes the whole file or nothing; returns its size in bytes. Throws FILE_WRITE_FAILED, CANCELLED. */
export async function writeGguf(
  path: string,
  entries: GgufEntries,
  tensors: readonly GgufTensorData[],
  { onProgress, signal }: LongWork = {},
): Promise<number> {
  const header = [writeGgufMetadata(entries, tensors.length)]
  let total = 0
  for (const tensor of tensors) {
    header.push(tensorInfo(tensor, total))
    total += aligned(tensor.bytes)
  }
  const headerBytes = header.reduce((sum, { length }) => sum + length, 0)
  await writePartsAtomic(path, async function* () {
    yield* header
    yield padding(headerBytes)
    let done = 0
    for (const { data, bytes } of tensors) {
      throwIfCancelled(signal)
      yield await data()
      yield padding(bytes)
      done += aligned(bytes)
      onProgress?.({ stage: 'writing', done, total, unit: 'bytes' })
    }
  })
  return aligned(headerBytes) + total
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array(aligned(bytes) - bytes)
}

function tensorInfo({ name, shape, type }: GgufTensorData, offset: number): Uint8Array {
  const text = utf8Encode(name)
  const bytes = new Uint8Array(8 + text.length + 4 + 8 * shape.length + 4 + 8)
  const view = new DataView(bytes.buffer)
  let at = 0
  const u64 = (value: number) => {
    view.setBigUint64(at, BigInt(value), true)
    at += 8
  }
  const u32 = (value: number) => {
    view.setUint32(at, value, true)
    at += 4
  }
  u64(text.length)
  bytes.set(text, at)
  at += text.length
  u32(shape.length)
  // The file has the innermost first.
  for (const size of shape.toReversed()) u64(size)
  u32(type)
  u64(offset)
  return bytes
}
