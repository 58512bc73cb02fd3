// A cache as bytes: a line of JSON that says the sizes, then positions (int32), then for the prefix and for the lanes'
// own slots the keys and values of each layer (float32, little-endian). Read back from wherever it has been,
// so nothing in it is believed before it is checked.
import { TesseraError, utf8DecodeStrict, utf8Encode } from '../../core/index.ts'
import { Slots } from './slots.ts'

const FORMAT = 'tessera-cache-1'
const MAX_HEADER = 4096

interface Part {
  slots: Slots
  /** Slots in use. */
  length: number
}

export interface StoredCache {
  identity: string
  lanes: number
  /** `[prefix + own, lanes]`. */
  positions: Int32Array
  prefix: Part | null
  own: Part
}

export function writeCache({ identity, lanes, positions, prefix, own }: StoredCache): Uint8Array {
  const parts = prefix ? [prefix, own] : [own]
  const { layers } = own.slots
  const sizes = { format: FORMAT, identity, layers, lanes, prefix: prefix?.length ?? 0, own: own.length }
  const header = utf8Encode(`${JSON.stringify(sizes)}\n`)
  const arrays: (Int32Array | Float32Array)[] = [
    positions,
    ...parts.flatMap(({ slots, length }) => slots.arrays.map((all) => all.subarray(0, length * slots.width))),
  ]
  const bytes = new Uint8Array(arrays.reduce((sum, array) => sum + array.byteLength, header.length))
  bytes.set(header)
  let at = header.length
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += array.byteLength
  }
  return bytes
}

/** Throws FORMAT_INVALID when the bytes are not exactly such a cache of a model of these sizes. */
export function readCache(bytes: Uint8Array, layers: number, laneWidth: number): StoredCache {
  const end = bytes.subarray(0, MAX_HEADER).indexOf(10)
  if (end < 0) throw broken('there is no header')
  const header = headerOf(bytes.subarray(0, end))
  const { identity, lanes, prefix, own } = header
  if (header.layers !== layers) throw broken(`it has ${header.layers} layers, the model has ${layers}`)
  const positionCount = (prefix + own) * lanes
  const numbers = 2 * layers * laneWidth * (prefix + own * lanes)
  const expected = end + 1 + 4 * (positionCount + numbers)
  if (bytes.length !== expected) throw broken(`${bytes.length} bytes where ${expected} were written`)
  let at = end + 1
  const next = (length: number): Uint8Array => {
    // The numbers begin anywhere; a copy begins where typed arrays may.
    const part = bytes.slice(at, at + 4 * length)
    at += 4 * length
    return part
  }
  const positions = new Int32Array(next(positionCount).buffer)
  if (positions.some((position) => position < -1)) throw broken('a position is negative')
  const part = (length: number, width: number): Part => {
    const slots = new Slots(layers, width, Math.max(1, length))
    for (const array of slots.arrays) array.set(new Float32Array(next(length * width).buffer))
    slots.claimed = length
    return { slots, length }
  }
  return {
    identity,
    lanes,
    positions,
    prefix: prefix > 0 ? part(prefix, laneWidth) : null,
    own: part(own, lanes * laneWidth),
  }
}

interface Header {
  identity: string
  layers: number
  lanes: number
  prefix: number
  own: number
}

function headerOf(line: Uint8Array): Header {
  let json: unknown
  try {
    json = JSON.parse(utf8DecodeStrict(line))
  } catch {
    throw broken('its header is no JSON')
  }
  const header = (json ?? {}) as Record<string, unknown>
  if (header.format !== FORMAT || typeof header.identity !== 'string') throw broken(`it is no ${FORMAT}`)
  const size = (key: string, least: number): number => {
    const value = header[key]
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > 2 ** 31) {
      throw broken(`${key} is ${JSON.stringify(value)}`)
    }
    return value as number
  }
  return {
    identity: header.identity,
    layers: size('layers', 1),
    lanes: size('lanes', 1),
    prefix: size('prefix', 0),
    own: size('own', 0),
  }
}

function broken(message: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', `The saved cache cannot be read: ${message}`)
}
