// The beginning of a GGUF file, written: magic, version, counts, and typed key–value pairs (the reverse of
// gguf-metadata.ts). Source: ggml-org/ggml, docs/gguf.md, version 3, little-endian.
import { utf8Encode } from '../../core/index.ts'
import { ByteWriter } from './byte-writer.ts'

/** A value with its type in the file. */
export type GgufEntry =
  | { u8: number }
  | { u32: number }
  | { i32: number }
  | { f32: number }
  | { bool: boolean }
  | { text: string }
  | { texts: readonly string[] }
  | { f32s: ArrayLike<number> }
  | { i32s: ArrayLike<number> }
  | { u8s: ArrayLike<number> }

export type GgufEntries = Readonly<Record<string, GgufEntry>>

export function writeGgufMetadata(entries: GgufEntries, tensorCount = 0, version = 3): Uint8Array {
  const out = new ByteWriter()
  const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const u32 = (value: number) => out.put(bytesOf(Uint32Array.of(value)))
  const u64 = (value: number) => out.put(bytesOf(BigUint64Array.of(BigInt(value))))
  const text = (value: string) => {
    const bytes = utf8Encode(value)
    u64(bytes.length)
    out.put(bytes)
  }
  const list = (type: number, length: number) => {
    u32(9)
    u32(type)
    u64(length)
  }
  const scalar = (type: number, value: ArrayBufferView) => {
    u32(type)
    out.put(bytesOf(value))
  }
  out.put(utf8Encode('GGUF'))
  u32(version)
  u64(tensorCount)
  u64(Object.keys(entries).length)
  for (const [key, entry] of Object.entries(entries)) {
    text(key)
    if ('u8' in entry) scalar(0, Uint8Array.of(entry.u8))
    else if ('u32' in entry) scalar(4, Uint32Array.of(entry.u32))
    else if ('i32' in entry) scalar(5, Int32Array.of(entry.i32))
    else if ('f32' in entry) scalar(6, Float32Array.of(entry.f32))
    else if ('bool' in entry) scalar(7, Uint8Array.of(entry.bool ? 1 : 0))
    else if ('text' in entry) {
      u32(8)
      text(entry.text)
    } else if ('texts' in entry) {
      list(8, entry.texts.length)
      entry.texts.forEach(text)
    } else if ('f32s' in entry) {
      list(6, entry.f32s.length)
      out.put(bytesOf(Float32Array.from(entry.f32s)))
    } else if ('i32s' in entry) {
      list(5, entry.i32s.length)
      out.put(bytesOf(Int32Array.from(entry.i32s)))
    } else {
      list(0, entry.u8s.length)
      out.put(Uint8Array.from(entry.u8s))
    }
  }
  return out.done()
}
