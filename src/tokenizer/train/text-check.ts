// Is a file text? Read through once before training (Node only), because a file that turns out not to be text
// at its end would have been counted by then. What is left out is said, never passed over in silence.
import { isUtf8 } from 'node:buffer'
import { open } from 'node:fs/promises'

/** A file of the corpus that training left out. */
export interface SkippedFile {
  path: string
  reason: 'binary' | 'not UTF-8' | 'UTF-16' | 'unreadable' | 'duplicate'
}

const PART = 1 << 22
/** As git does: a zero byte this near to the start makes a file binary. */
const HEAD = 8000

/** Why the file cannot be counted, or null. Throws what opening and reading throw. */
export async function notText(
  path: string,
  signal: AbortSignal | undefined,
): Promise<'binary' | 'not UTF-8' | 'UTF-16' | null> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const buffer = new Uint8Array(Math.min(size, PART) + 3)
    let held = 0
    for (let at = 0; at < size;) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(buffer, held, buffer.length - held, at)
      if (bytesRead === 0) break
      const first = at === 0
      at += bytesRead
      held += bytesRead
      const part = buffer.subarray(0, held)
      if (first) {
        if (hasUtf16Mark(part)) return 'UTF-16'
        if (part.subarray(0, HEAD).includes(0)) return 'binary'
      }
      const whole = at >= size ? held : held - unfinished(part)
      if (!isUtf8(part.subarray(0, whole))) return looksBinary(part) ? 'binary' : 'not UTF-8'
      buffer.copyWithin(0, whole, held)
      held -= whole
    }
    return null
  } finally {
    await file.close()
  }
}

function hasUtf16Mark(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}

/** Bytes at the end that begin a character without finishing it: 0 to 3. */
function unfinished(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/** Control characters that no text in an 8-bit encoding has. */
function looksBinary(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 9 || (byte > 13 && byte < 27))
}
