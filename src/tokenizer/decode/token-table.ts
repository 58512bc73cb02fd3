// The bytes of all tokens as one flat table. A vocabulary's own bytes are copied in one go wherever they are
// what its tokens decode to, so that the first decode after loading 260,000 tokens costs milliseconds.
import type { Vocab } from '../vocab.ts'

export interface Table {
  readonly bytes: Uint8Array
  /** `[ids + 1]`: token `id` is `bytes[offsets[id] .. offsets[id + 1]]`. */
  readonly offsets: Uint32Array
}

/** All tokens one by one. */
export function builtTable(size: number, bytesOf: (id: number) => Uint8Array): Table {
  const offsets = new Uint32Array(size + 1)
  let bytes = new Uint8Array(Math.max(1024, size * 8))
  let used = 0
  for (let id = 0; id < size; id++) {
    const some = bytesOf(id)
    if (used + some.length > bytes.length) {
      const wider = new Uint8Array((used + some.length) * 2)
      wider.set(bytes.subarray(0, used))
      bytes = wider
    }
    bytes.set(some, used)
    used += some.length
    offsets[id + 1] = used
  }
  return { bytes: bytes.subarray(0, used), offsets }
}

/** A table grown to `size` ids, with the bytes of the `changed` ids asked for anew. */
export function patchedTable(
  table: Table,
  changed: readonly number[],
  size: number,
  bytesOf: (id: number) => Uint8Array,
): Table {
  const known = table.offsets.length - 1
  const ids = [...new Set(changed)].sort((a, b) => a - b)
  const replaced = ids.map(bytesOf)
  const bytes = new Uint8Array(replaced.reduce((sum, some) => sum + some.length, table.bytes.length))
  const offsets = new Uint32Array(size + 1)
  let used = 0
  let id = 0
  const copyUntil = (stop: number): void => {
    const end = Math.min(stop, known)
    if (id < end) {
      const from = table.offsets[id]!
      const to = table.offsets[end]!
      bytes.set(table.bytes.subarray(from, to), used)
      const shift = used - from
      for (; id < end; id++) offsets[id + 1] = table.offsets[id + 1]! + shift
      used += to - from
    }
    for (; id < stop; id++) offsets[id + 1] = used
  }
  ids.forEach((next, n) => {
    copyUntil(next)
    bytes.set(replaced[n]!, used)
    used += replaced[n]!.length
    offsets[++id] = used
  })
  copyUntil(size)
  return { bytes: bytes.subarray(0, used), offsets }
}

/** `to` is not longer than `from`. */
export interface Replacement {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/** A table with every `from` inside a token replaced by `to`. */
export function replacedIn(table: Table, { from, to }: Replacement): Table {
  const size = table.offsets.length - 1
  const bytes = new Uint8Array(table.bytes.length)
  const offsets = new Uint32Array(size + 1)
  const head = from[0]!
  let used = 0
  for (let id = 0; id < size; id++) {
    const end = table.offsets[id + 1]!
    for (let i = table.offsets[id]!; i < end;) {
      const byte = table.bytes[i]!
      if (byte === head && i + from.length <= end && startsAt(table.bytes, i, from)) {
        for (let k = 0; k < to.length; k++) bytes[used++] = to[k]!
        i += from.length
      } else {
        bytes[used++] = byte
        i++
      }
    }
    offsets[id + 1] = used
  }
  return { bytes: bytes.subarray(0, used), offsets }
}

function startsAt(bytes: Uint8Array, at: number, part: Uint8Array): boolean {
  for (let k = 1; k < part.length; k++) if (bytes[at + k] !== part[k]) return false
  return true
}

/** Ids of tokens that look like `<0x41>`: six bytes that begin with `<0x`. */
export function byteTokenIds(vocab: Vocab): number[] {
  const { bytes, offsets } = vocab
  const ids: number[] = []
  for (let id = 0; id < vocab.size; id++) {
    const at = offsets[id]!
    if (offsets[id + 1]! - at !== 6 || bytes[at] !== 0x3c) continue
    if (bytes[at + 1] === 0x30 && bytes[at + 2] === 0x78) ids.push(id)
  }
  return ids
}
