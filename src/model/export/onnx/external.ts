// Weights outside of a graph. A protobuf message ends at 2 GB, so large models keep their arrays in files beside the
// graph (`model.onnx_data`, `model.onnx_data_1`, …), each small enough for a page to hold it in one buffer.
import type { TensorData } from '../../../tensor/index.ts'
import type { StoredArray } from '../../runtime/weights.ts'

/** Arrays begin at multiples of this, so that a runtime may map the file. */
const ALIGNMENT = 64

export interface ExternalFile {
  name: string
  bytes: number
  parts: { offset: number; data: TensorData }[]
}

/** Places arrays of at least `least` bytes one after the other in files of at most `most` bytes (or of one array). */
export function placeOutside(
  arrays: ReadonlyMap<string, StoredArray>,
  file: string,
  { least = 1024, most = 2 ** 31 - 2 ** 20 } = {},
): { arrays: Map<string, StoredArray>; files: ExternalFile[] } {
  const placed = new Map<string, StoredArray>()
  const files: ExternalFile[] = []
  for (const [name, array] of arrays) {
    const { source } = array
    if ('location' in source || source.byteLength < least) {
      placed.set(name, array)
      continue
    }
    let last = files.at(-1)
    if (!last || last.bytes + source.byteLength > most) {
      last = { name: `${file}_data${files.length === 0 ? '' : `_${files.length}`}`, bytes: 0, parts: [] }
      files.push(last)
    }
    const offset = last.bytes
    last.parts.push({ offset, data: source })
    last.bytes = Math.ceil((offset + source.byteLength) / ALIGNMENT) * ALIGNMENT
    placed.set(name, { ...array, source: { location: last.name, offset } })
  }
  return { arrays: placed, files }
}

/** The content of a file, in pieces. */
export function* contentOf({ parts, bytes }: ExternalFile): Generator<Uint8Array> {
  let written = 0
  for (const { offset, data } of parts) {
    if (offset > written) yield new Uint8Array(offset - written)
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    written = offset + data.byteLength
  }
  if (bytes > written) yield new Uint8Array(bytes - written)
}
