// The metadata of a GGUF file, read: typed key–value pairs before the tensors. Only keys that are asked for are
// kept; the weights are not touched, so the beginning of a file is enough.
// Source: ggml-org/ggml, docs/gguf.md (versions 2 and 3, little-endian).
import { ByteReader, utf8DecodeStrict } from '../../core/index.ts'
import { invalid, MAX_IDS, unsupported } from './limits.ts'

export type GgufScalar = number | boolean | string
export type GgufValue = GgufScalar | GgufScalar[]

const STRING = 8
const ARRAY = 9
/** Bytes of each fixed-size type; 0 = string or array. */
const WIDTHS: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]
const MAX_KEYS = 1 << 16
const MAX_KEY_BYTES = 1 << 16

export interface GgufMetadata {
  version: number
  /** As the header claims; nothing has been compared with it. */
  tensorCount: number
  values: Map<string, GgufValue>
  /** Where the list of tensors begins, in bytes. */
  end: number
}

/**
 * `mostValues`: of a list that is kept. Throws FORMAT_INVALID, FORMAT_UNSUPPORTED (other versions, big-endian),
 * TEXT_NOT_UTF8.
 */
export function readGgufMetadata(
  bytes: Uint8Array,
  wanted: (key: string) => boolean,
  mostValues = 4 * MAX_IDS,
): GgufMetadata {
  const reader = new ByteReader(bytes)
  if (reader.u32() !== 0x46554747) throw invalid('Not a GGUF file: it does not begin with "GGUF"', 'byte 0')
  const version = reader.u32()
  if (version !== 2 && version !== 3) {
    const bigEndian = version !== 0 && (version & 0xffff) === 0
    throw unsupported(
      bigEndian ? 'A big-endian GGUF file' : `GGUF version ${version}`,
      'byte 4',
      'Little-endian files of version 2 and 3 are read',
    )
  }
  const tensorCount = reader.u64()
  const count = reader.u64()
  if (count > MAX_KEYS) reader.fail(`${count} keys are announced; at most ${MAX_KEYS} are read`)
  const values = new Map<string, GgufValue>()
  for (let i = 0; i < count; i++) {
    const length = reader.u64()
    if (length > MAX_KEY_BYTES) reader.fail(`A key of ${length} bytes`)
    const key = utf8DecodeStrict(reader.take(length), `key ${i}`)
    const type = reader.u32()
    if (wanted(key)) values.set(key, readValue(reader, type, key, mostValues))
    else skipValue(reader, type, 0)
  }
  return { version, tensorCount, values, end: reader.at }
}

function readScalar(reader: ByteReader, type: number, key: string): GgufScalar {
  switch (type) {
    case 0:
      return reader.u8()
    case 1:
      return (reader.u8() << 24) >> 24
    case 2:
      return reader.u16()
    case 3:
      return (reader.u16() << 16) >> 16
    case 4:
      return reader.u32()
    case 5:
      return reader.i32()
    case 6:
      return reader.f32()
    case 7:
      return reader.u8() !== 0
    case STRING:
      return utf8DecodeStrict(reader.take(reader.u64()), key)
    case 10:
    case 11:
      return reader.u64()
    case 12:
      return reader.f64()
    default:
      return reader.fail(`Unknown value type ${type} of "${key.slice(0, 60)}"`)
  }
}

function readValue(reader: ByteReader, type: number, key: string, most: number): GgufValue {
  if (type !== ARRAY) return readScalar(reader, type, key)
  const itemType = reader.u32()
  const count = reader.u64()
  if (itemType === ARRAY) reader.fail(`"${key.slice(0, 60)}" is a list of lists`)
  checkCount(reader, itemType, count)
  if (count > most) reader.fail(`${count} values are announced for "${key.slice(0, 60)}"`)
  const values: GgufScalar[] = []
  for (let i = 0; i < count; i++) values.push(readScalar(reader, itemType, key))
  return values
}

/** A list is no longer than the bytes that are left. */
function checkCount(reader: ByteReader, type: number, count: number): void {
  const width = type === STRING ? 8 : type === ARRAY ? 12 : (WIDTHS[type] ?? 0)
  if (width === 0) reader.fail(`Unknown value type ${type}`)
  if (count * width > reader.left) reader.fail(`${count} values are announced, ${reader.left} bytes are left`)
}

function skipValue(reader: ByteReader, type: number, depth: number): void {
  if (type === STRING) reader.skip(reader.u64())
  else if (type === ARRAY) {
    const itemType = reader.u32()
    const count = reader.u64()
    checkCount(reader, itemType, count)
    if (depth > 4) reader.fail('Lists are nested too deep')
    if (itemType === STRING || itemType === ARRAY) {
      for (let i = 0; i < count; i++) skipValue(reader, itemType, depth + 1)
    } else reader.skip(count * WIDTHS[itemType]!)
  } else {
    const width = WIDTHS[type] ?? 0
    if (width === 0) reader.fail(`Unknown value type ${type}`)
    reader.skip(width)
  }
}
