// safetensors: eight bytes of length, a JSON header, and the arrays. A file is untrusted: its header is bounded,
// and every offset is checked before anything is read or made. Reading works in a page, too.
import { TesseraError } from '../../core/index.ts'
import { fromBfloat16, fromFloat16 } from './floats.ts'
import { parseObject } from './json.ts'
import { allocated, type Slices } from './slices.ts'

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

/** Element types that are read as weights. */
const WEIGHT_TYPES: readonly string[] = ['F32', 'F16', 'BF16']

export class SafetensorsFile {
  readonly path: string
  readonly tensors: ReadonlyMap<string, StoredTensor>
  readonly metadata: Readonly<Record<string, string>>
  private readonly file: Slices

  private constructor(
    file: Slices,
    header: { tensors: ReadonlyMap<string, StoredTensor>; metadata: Readonly<Record<string, string>> },
  ) {
    this.path = file.path
    this.file = file
    this.tensors = header.tensors
    this.metadata = header.metadata
  }

  /** Opens a path, for Node. Throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_INVALID. */
  static async open(path: string): Promise<SafetensorsFile> {
    const { FileSlices } = await import('./file-slices.ts')
    return SafetensorsFile.over(await FileSlices.open(path))
  }

  /** Takes over the file: it is closed with this one, and when it is none. Throws FORMAT_INVALID. */
  static async over(file: Slices): Promise<SafetensorsFile> {
    try {
      const { path, size } = file
      if (size < 8) throw broken(path, `${size} bytes are too short`)
      const headerLength = Number(new DataView((await file.read(0, 8)).buffer).getBigUint64(0, true))
      if (headerLength > size - 8 || headerLength > MOST_HEADER) {
        throw broken(path, `the header says to be ${headerLength} bytes long; the file has ${size}`)
      }
      const header = parseHeader(path, await file.read(8, headerLength), 8 + headerLength, size)
      return new SafetensorsFile(file, header)
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  /**
   * As float32. Throws ARGUMENT_INVALID for a name that is not there, DTYPE_MISMATCH for what is no float,
   * OUT_OF_MEMORY.
   */
  async read(name: string): Promise<Float32Array> {
    const tensor = this.tensors.get(name)
    if (!tensor)
      throw new TesseraError('ARGUMENT_INVALID', `There is no tensor ${name}`, { where: this.path })
    this.checkType(name)
    const { buffer, byteLength } = await this.file.read(tensor.start, tensor.end - tensor.start)
    if (tensor.dtype === 'F32') return new Float32Array(buffer)
    return allocated(2 * byteLength, this.path, () =>
      (tensor.dtype === 'F16' ? fromFloat16 : fromBfloat16)(new Uint16Array(buffer)),
    )
  }

  /** Throws DTYPE_MISMATCH for a tensor whose numbers are not of a type that weights come in. */
  checkType(name: string): void {
    const { dtype } = this.tensors.get(name)!
    if (WEIGHT_TYPES.includes(dtype)) return
    throw new TesseraError(
      'DTYPE_MISMATCH',
      `${name} holds ${dtype}; weights are ${WEIGHT_TYPES.join(', ')}`,
      {
        where: this.path,
        hint: 'A checkpoint that another program has quantised is read as GGUF only',
      },
    )
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

function broken(path: string, what: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', `No safetensors file: ${what}`, { where: path })
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function parseHeader(path: string, bytes: Uint8Array, dataStart: number, size: number) {
  const json = parseObject(bytes, path)
  const tensors = new Map<string, StoredTensor>()
  let metadata: Record<string, string> = {}
  for (const [name, entry] of Object.entries(json)) {
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
