// Writes the metadata part of GGUF files, for tests.
import { utf8Encode } from '../../../core/index.ts'

type Value =
  | { u8: number }
  | { u32: number }
  | { i32: number }
  | { f32: number }
  | { bool: boolean }
  | { text: string }
  | { texts: string[] }
  | { f32s: number[] }
  | { i32s: number[] }
  | { u8s: number[] }

export function ggufFile(values: Record<string, Value>, version = 3): Uint8Array {
  const parts: Uint8Array[] = []
  const put = (bytes: ArrayLike<number>) => parts.push(Uint8Array.from(bytes))
  const u32 = (n: number) => put(new Uint8Array(Uint32Array.of(n).buffer))
  const u64 = (n: number) => put(new Uint8Array(BigUint64Array.of(BigInt(n)).buffer))
  const f32 = (n: number) => put(new Uint8Array(Float32Array.of(n).buffer))
  const text = (s: string) => {
    const bytes = utf8Encode(s)
    u64(bytes.length)
    put(bytes)
  }
  const list = <T>(type: number, items: T[], write: (item: T) => void) => {
    u32(9)
    u32(type)
    u64(items.length)
    items.forEach(write)
  }
  put(utf8Encode('GGUF'))
  u32(version)
  u64(0)
  u64(Object.keys(values).length)
  for (const [key, value] of Object.entries(values)) {
    text(key)
    const scalar = (type: number, write: () => void) => {
      u32(type)
      write()
    }
    if ('u8' in value) scalar(0, () => put([value.u8]))
    else if ('u32' in value) scalar(4, () => u32(value.u32))
    else if ('i32' in value) scalar(5, () => u32(value.i32 >>> 0))
    else if ('f32' in value) scalar(6, () => f32(value.f32))
    else if ('bool' in value) scalar(7, () => put([value.bool ? 1 : 0]))
    else if ('text' in value) scalar(8, () => text(value.text))
    else if ('texts' in value) list(8, value.texts, text)
    else if ('f32s' in value) list(6, value.f32s, f32)
    else if ('i32s' in value) list(5, value.i32s, (n) => u32(n >>> 0))
    else list(0, value.u8s, (n) => put([n]))
  }
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}
