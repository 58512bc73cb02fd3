// UTF-8 → string, by the rules of TextDecoder (WHATWG: U+FFFD for each maximal malformed part; a byte-order
// mark is kept). In Node, whose TextDecoder is the slowest step of decoding ids, the text goes in pieces that
// fit the cache: ASCII as Latin-1, everything else through UTF-16.

const PIECE = 8192

const lossy = new TextDecoder('utf-8', { ignoreBOM: true })

interface NodeBuffers {
  isAscii(bytes: Uint8Array): boolean
  latin1(bytes: Uint8Array, from: number, to: number): string
  /** The first `count` of `units`. */
  utf16(count: number): string
}

const units = new Uint16Array(PIECE + 4)
const node = nodeBuffers()

function nodeBuffers(): NodeBuffers | null {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return null
  const { Buffer, isAscii } = process.getBuiltinModule('node:buffer')
  const { latin1Slice, ucs2Slice } = Buffer.prototype as unknown as {
    latin1Slice(this: Uint8Array, from: number, to: number): string
    ucs2Slice(this: Uint8Array, from: number, to: number): string
  }
  // The units are written in the machine's order; ucs2Slice reads little-endian.
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  if (typeof latin1Slice !== 'function' || typeof ucs2Slice !== 'function' || !littleEndian) return null
  const unitBytes = new Uint8Array(units.buffer)
  return {
    isAscii,
    latin1: (bytes, from, to) => latin1Slice.call(bytes, from, to),
    utf16: (count) => ucs2Slice.call(unitBytes, 0, count * 2),
  }
}

export function decodeUtf8(bytes: Uint8Array): string {
  if (!node) return lossy.decode(bytes)
  if (bytes.length <= PIECE) return piece(node, bytes, 0, bytes.length)
  const parts: string[] = []
  for (let from = 0; from < bytes.length;) {
    let to = Math.min(from + PIECE, bytes.length)
    // Not inside a character: at most three continuation bytes follow its first.
    if (to < bytes.length) {
      for (let back = 0; back < 3 && (bytes[to]! & 0xc0) === 0x80; back++) to--
      if ((bytes[to]! & 0xc0) === 0x80) to += 3
    }
    parts.push(piece(node, bytes, from, to))
    from = to
  }
  return parts.join('')
}

function piece(buffers: NodeBuffers, bytes: Uint8Array, from: number, to: number): string {
  if (buffers.isAscii(bytes.subarray(from, to))) return buffers.latin1(bytes, from, to)
  const count = transcode(bytes, from, to)
  return count < 0 ? lossy.decode(bytes.subarray(from, to)) : buffers.utf16(count)
}

/** Writes `bytes[from .. to]` (at most PIECE) into `units`; -1 when they are not well-formed UTF-8. */
function transcode(bytes: Uint8Array, from: number, to: number): number {
  let n = 0
  let at = from
  while (at < to) {
    const a = bytes[at]!
    if (a < 0x80) {
      units[n++] = a
      at++
    } else if (a < 0xe0) {
      const b = bytes[at + 1]!
      if (a < 0xc2 || at + 2 > to || (b & 0xc0) !== 0x80) return -1
      units[n++] = ((a & 0x1f) << 6) | (b & 0x3f)
      at += 2
    } else if (a < 0xf0) {
      const b = bytes[at + 1]!
      const c = bytes[at + 2]!
      if (at + 3 > to || (b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80) return -1
      const unit = ((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f)
      if (unit < 0x800 || (unit & 0xf800) === 0xd800) return -1
      units[n++] = unit
      at += 3
    } else {
      const b = bytes[at + 1]!
      const c = bytes[at + 2]!
      const d = bytes[at + 3]!
      if (at + 4 > to || (b & 0xc0) !== 0x80 || (c & 0xc0) !== 0x80 || (d & 0xc0) !== 0x80) return -1
      const cp = ((a & 0x07) << 18) | ((b & 0x3f) << 12) | ((c & 0x3f) << 6) | (d & 0x3f)
      if (a > 0xf4 || cp < 0x10000 || cp > 0x10ffff) return -1
      units[n++] = 0xd7c0 + (cp >> 10)
      units[n++] = 0xdc00 | (cp & 0x3ff)
      at += 4
    }
  }
  return n
}
