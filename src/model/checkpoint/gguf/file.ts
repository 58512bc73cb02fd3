// A GGUF file: metadata, a list of tensors, their data. It is untrusted: the header is read in growing pieces up to
// a bound, counts are compared with the bytes that are left, and every tensor must lie within the file.
// Source: ggml-org/ggml, docs/gguf.md (versions 2 and 3, little-endian).
import { ByteReader, TesseraError, utf8DecodeStrict } from '../../../core/index.ts'
import { type GgufValue, readGgufMetadata } from '../../../tokenizer/index.ts'
import { FileSlices } from '../file-slices.ts'
import { allocated } from '../slices.ts'
import { BLOCK_TYPES, typeName } from './blocks.ts'

/** Headers are read in pieces of these sizes until they are whole; the last is the bound. */
const HEADER_BYTES = [1 << 20, 1 << 23, 1 << 26]
const MOST_NAME_BYTES = 1024
const MOST_DIMS = 4
/** Values of a list in the metadata that are not the vocabulary. */
const MOST_VALUES = 1 << 16

export interface GgufTensor {
  /** ggml's number of the element type. */
  type: number
  /** Outermost first: a matrix `[out, in]` has rows of `in` numbers. */
  shape: readonly number[]
  /** In the file; the length is 0 for types that are not read. */
  start: number
  length: number
}

export class GgufFile {
  readonly path: string
  /** Without the vocabulary. */
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** The beginning of the file, metadata included. */
  readonly head: Uint8Array
  private readonly file: FileSlices

  private constructor(file: FileSlices, head: Uint8Array, { metadata, tensors }: Header) {
    this.path = file.path
    this.file = file
    this.head = head
    this.metadata = metadata
    this.tensors = tensors
  }

  /** Throws FILE_NOT_FOUND, FILE_UNREADABLE, FORMAT_INVALID, FORMAT_UNSUPPORTED. */
  static async open(path: string): Promise<GgufFile> {
    const file = await FileSlices.open(path)
    try {
      for (const [i, limit] of HEADER_BYTES.entries()) {
        const length = Math.min(file.size, limit)
        const head = await file.read(0, length)
        try {
          return new GgufFile(file, head, parseHeader(path, head, file.size))
        } catch (cause) {
          // It may be only the piece that ends too soon.
          const whole = length === file.size || i + 1 === HEADER_BYTES.length
          if (whole || !(cause instanceof TesseraError) || cause.code !== 'FORMAT_INVALID') throw cause
        }
      }
      throw new Error('unreachable: the last piece returns or throws')
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  /** As float32. Throws ARGUMENT_INVALID for a name that is not there, DTYPE_MISMATCH, OUT_OF_MEMORY. */
  async read(name: string): Promise<Float32Array> {
    const tensor = this.tensors.get(name)
    if (!tensor)
      throw new TesseraError('ARGUMENT_INVALID', `There is no tensor ${name}`, { where: this.path })
    this.checkType(name)
    const type = BLOCK_TYPES.get(tensor.type)!
    const bytes = await this.file.read(tensor.start, tensor.length)
    return allocated((4 * bytes.length * type.numbers) / type.bytes, this.path, () => type.decode(bytes))
  }

  /** Throws DTYPE_MISMATCH for a type that is not read. */
  checkType(name: string): void {
    const { type } = this.tensors.get(name)!
    if (BLOCK_TYPES.has(type)) return
    throw new TesseraError('DTYPE_MISMATCH', `${name} is of the type ${typeName(type)}`, {
      where: this.path,
      hint: `There are: ${[...BLOCK_TYPES.values()].map((one) => one.name).join(', ')}`,
    })
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

interface Header {
  metadata: ReadonlyMap<string, GgufValue>
  tensors: ReadonlyMap<string, GgufTensor>
}

/** Everything but the vocabulary, whose lists are long and are read by the tokenizer. */
function isWanted(key: string): boolean {
  if (!key.startsWith('tokenizer.')) return true
  return /^tokenizer\.ggml\.(model|bos_token_id|eos_token_id)$/.test(key)
}

function parseHeader(path: string, head: Uint8Array, size: number): Header {
  const { tensorCount, values, end } = readGgufMetadata(head, isWanted, MOST_VALUES)
  const reader: ByteReader = new ByteReader(head, end)
  const alignment = values.get('general.alignment') ?? 32
  if (typeof alignment !== 'number' || !(alignment >= 1 && alignment <= 1 << 20)) {
    reader.fail(`Tensors lie at multiples of ${JSON.stringify(alignment)} bytes`)
  }
  // A name's length, a count of dimensions, one of them, a type and an offset.
  if (tensorCount * 32 > reader.left) {
    reader.fail(`${tensorCount} tensors are announced, ${reader.left} bytes are left`)
  }
  const tensors = new Map<string, GgufTensor>()
  for (let i = 0; i < tensorCount; i++) {
    const nameLength = reader.u64()
    if (nameLength > MOST_NAME_BYTES) reader.fail(`A name of ${nameLength} bytes`)
    const name = utf8DecodeStrict(reader.take(nameLength), `tensor ${i}`)
    if (tensors.has(name)) reader.fail(`Two tensors are called ${name}`)
    const dims = reader.u32()
    if (dims < 1 || dims > MOST_DIMS) reader.fail(`${name} has ${dims} dimensions`)
    // The file has the innermost first.
    const shape = Array.from({ length: dims }, () => reader.u64()).reverse()
    const type = reader.u32()
    const start = reader.u64()
    if (start % alignment !== 0) reader.fail(`${name} does not lie at a multiple of ${alignment} bytes`)
    tensors.set(name, { type, shape, start, length: lengthOf(reader, name, type, shape) })
  }
  const dataStart = Math.ceil(reader.at / alignment) * alignment
  for (const [name, tensor] of tensors) {
    tensor.start += dataStart
    if (tensor.start + tensor.length > size) {
      throw new TesseraError(
        'FORMAT_INVALID',
        `${name} lies from byte ${tensor.start} to ${tensor.start + tensor.length}; the file has ${size}`,
        { where: path, hint: 'It is cut short: fetch it again' },
      )
    }
  }
  return { metadata: values, tensors }
}

function lengthOf(reader: ByteReader, name: string, type: number, shape: readonly number[]): number {
  const count = shape.reduce((product, one) => product * one, 1)
  if (!Number.isSafeInteger(count) || count < 1) reader.fail(`${name} is [${shape.join(', ')}]`)
  const block = BLOCK_TYPES.get(type)
  if (!block) return 0
  if (shape.at(-1)! % block.numbers !== 0) {
    reader.fail(`${name} has rows of ${shape.at(-1)}, which are no whole blocks of ${block.name}`)
  }
  return (count / block.numbers) * block.bytes
}
