// SHA-256 by the platform's own WebCrypto, in Node and in a page alike.

/** In hexadecimal. */
export async function sha256(...parts: readonly Uint8Array[]): Promise<string> {
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
