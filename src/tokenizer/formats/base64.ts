// Base64 from bytes to bytes, without a string in between (rank files have 200,000 short tokens).

const SIX_BITS = new Int8Array(256).fill(-1)
{
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  for (let i = 0; i < 64; i++) SIX_BITS[digits.charCodeAt(i)] = i
}

/** Decodes `source[from .. to)` into `out` at `at`; returns the number of bytes, or -1 when malformed. */
export function decodeBase64(
  source: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
): number {
  while (to > from && to - from > 1 && source[to - 1] === 0x3d) to--
  const start = at
  let bits = 0
  let held = 0
  for (let i = from; i < to; i++) {
    const six = SIX_BITS[source[i]!]!
    if (six < 0) return -1
    bits = (bits << 6) | six
    held += 6
    if (held >= 8) {
      held -= 8
      out[at++] = (bits >> held) & 0xff
      bits &= (1 << held) - 1
    }
  }
  return held === 6 || bits !== 0 ? -1 : at - start
}

export function encodeBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192))
  }
  return btoa(binary)
}
