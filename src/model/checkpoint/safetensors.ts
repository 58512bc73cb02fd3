// safetensors: eight bytes of length, a JSON header, and the arrays. A file is untrusted: its header is bounded,
// and every offset is checked before anything is read or made.
import { open } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError, writePartsAtomic } from '../../core/node.ts'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './floats.ts'

/** Element types that weights come in. */
export type WeightType = 'f32' | 'f16' | 'bf16'

const BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1,
}
const MOST_HEADER = 64 << 20

export interface StoredTensor {
  dtype: string
  shape: readonly number[]
  /** In the file. */
  start: number
  end: number
}

export class SafetensorsFile {
  readonly path: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
  private readonly handle: Awaited<ReturnType<typeof open>>

  private constructor(
    path: string,
    handle: Awaited<ReturnType<typeof open>>,
    header: { tensors: ReadonlyMap<string, StoredTensor>; metadata: Readonly<Record<string, string>> },
  ) {
    this.path = path
    this.handle = handle
    this.tensors = header.tensors
    this.metadata = header.metadata
  }

  /** Throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_INVALID. */
  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await open(path, 'r').catch((cause: unknown) => {
      throw fileError(cause, path)
    })
    try {
      const { size } = await handle.stat()
      const length = new DataView((await read(handle, path, 0, Math.min(8, size))).buffer)
      if (size < 8) throw broken(path, `${size} bytes are too short`)
      const headerLength = Number(length.getBigUint64(0, true))
      if (headerLength > size - 8 || headerLength > MOST_HEADER) {
        throw broken(path, `the header says to be ${headerLength} bytes long; the file has ${size}`)
      }
      const header = parseHeader(path, await read(handle, path, 8, headerLength), 8 + headerLength, size)
      return new SafetensorsFile(path, handle, header)
    } catch (cause) {
      await handle.close()
      throw fileError(cause, path)
    }
  }

  /** As float32. Throws ARGUMENT_INVALID for a name that is not there, DTYPE_MISMATCH for what is no float. */
  async read(name: string): Promise<Float32Array> {
    const tensor = this.tensors.get(name)
    if (!tensor)
      throw new TesseraError('ARGUMENT_INVALID', `There is no tensor ${name}`, { where: this.path })
    const bytes = await read(this.handle, this.path, tensor.start, tensor.end - tensor.start)
    switch (tensor.dtype) {
      case 'F32':
        return new Float32Array(bytes.buffer)
      case 'F16':
        return fromFloat16(new Uint16Array(bytes.buffer))
      case 'BF16':
        return fromBfloat16(new Uint16Array(bytes.buffer))
      default:
        throw new TesseraError(
          'DTYPE_MISMATCH',
          `${name} holds ${tensor.dtype}; weights are F32, F16 or BF16`,
          {
            where: this.path,
          },
        )
    }
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}

async function read(
  handle: Awaited<ReturnType<typeof open>>,
  path: string,
  start: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // Not a Buffer: its memory is shared, and views of floats must begin at 0.
  const bytes = new Uint8Array(length)
  let done = 0
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done)
    if (bytesRead === 0) throw broken(path, 'it ends too soon')
    done += bytesRead
  }
  return bytes
}

function broken(path: string, what: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', `No safetensors file: ${what}`, { where: path })
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parseHeader(path: string, bytes: Uint8Array, dataStart: number, size: number) {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'The header is no JSON', { where: path, cause })
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw broken(path, 'its header is no object')
  }
  const tensors = new Map<string, StoredTensor>()
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(json as Record<string, unknown>)) {
    if (name === '__metadata__') {
      metadata = Object.fromEntries(Object.entries(entry ?? {}).map(([key, value]) => [key, String(value)]))
      continue
    }
    const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>
    const width = typeof dtype === 'string' && Object.hasOwn(BYTES, dtype) ? BYTES[dtype]! : null
    if (width === null) throw broken(path, `${name} has the type ${JSON.stringify(dtype)}`)
    if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize)) {
      throw broken(path, `${name} has the shape ${JSON.stringify(shape)}`)
    }
    const [from, to] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : []
    if (!isSize(from) || !isSize(to) || from > to || dataStart + to > size) {
      throw broken(path, `${name} lies at ${JSON.stringify(offsets)} of ${size - dataStart} bytes`)
    }
    const needed = shape.reduce((product: number, one) => product * (one as number), width)
    if (needed !== to - from) {
      throw broken(
        path,
        `${name} has ${to - from} bytes; ${dtype as string} [${shape.join(', ')}] needs ${needed}`,
      )
    }
    tensors.set(name, {
      dtype: dtype as string,
      shape: shape as number[],
      start: dataStart + from,
      end: dataStart + to,
    })
  }
  return { tensors, metadata }
}

/** A tensor to be written; its values are asked for when their turn comes, so that one is in memory at a time. */
export interface TensorToWrite {
  name: string
  shape: readonly number[]
  values(): Promise<Float32Array>
}

/** Writes the whole file or nothing. Throws FILE_WRITE_FAILED. */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorToWrite[],
  dtype: WeightType,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const width = dtype === 'f32' ? 4 : 2
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  let end = 0
  for (const { name, shape } of tensors) {
    const start = end
    end += shape.reduce((product, size) => product * size, width)
    header[name] = { dtype: dtype.toUpperCase(), shape, data_offsets: [start, end] }
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
    for (const { values } of tensors) {
      const all = await values()
      const stored = dtype === 'f32' ? all : dtype === 'f16' ? toFloat16(all) : toBfloat16(all)
      yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
    }
  })
}
