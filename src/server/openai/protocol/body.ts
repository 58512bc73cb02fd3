// A request's body as JSON, bounded: bytes are counted while they arrive, the text must be UTF-8, and nesting is
// measured before it is parsed, since what walks the value later is recursive.
import { isUtf8 } from 'node:buffer'
import { firstMalformedByte, TesseraError, utf8Decode } from '../../../core/index.ts'

/** Deeper than any real JSON schema, far from any stack's end. */
const MAX_DEPTH = 64

export interface BodyLimits {
  /** Bytes. */
  maxBytes: number
}

/**
 * Reads and parses. Throws REQUEST_INVALID (content type, malformed JSON), TEXT_NOT_UTF8, REQUEST_TOO_LARGE.
 * Asking for the JSON content type also keeps foreign web pages out: a browser sends it across origins only
 * after a preflight request, which is refused unless CORS is switched on.
 */
export async function readJson(request: Request, { maxBytes }: BodyLimits): Promise<unknown> {
  const type = request.headers.get('content-type')?.split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new TesseraError('REQUEST_INVALID', `The body is ${type ?? 'of no declared type'}`, {
      where: 'content-type',
      hint: 'Send JSON with the header content-type: application/json',
    })
  }
  const bytes = await readBounded(request, maxBytes)
  if (!isUtf8(bytes)) {
    const at = firstMalformedByte(bytes)
    throw new TesseraError('TEXT_NOT_UTF8', `Malformed UTF-8 at byte ${at}`, { where: 'body' })
  }
  const depth = nesting(bytes)
  if (depth > MAX_DEPTH) {
    throw new TesseraError('REQUEST_TOO_LARGE', `JSON nested ${depth} deep; at most ${MAX_DEPTH}`, {
      where: 'body',
    })
  }
  try {
    return JSON.parse(utf8Decode(bytes)) as unknown
  } catch (cause) {
    throw new TesseraError('REQUEST_INVALID', `No JSON: ${(cause as Error).message.slice(0, 200)}`, {
      where: 'body',
      cause,
    })
  }
}

async function readBounded(request: Request, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = (bytes: number | string) =>
    new TesseraError('REQUEST_TOO_LARGE', `A body of ${bytes} bytes; at most ${maxBytes}`, {
      where: 'body',
      hint: 'Split the request, or start the server with a larger --max-body',
    })
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > maxBytes) throw tooLarge(declared)
  const parts: Uint8Array[] = []
  let length = 0
  try {
    for await (const part of request.body ?? []) {
      const bytes = part as Uint8Array
      length += bytes.length
      if (length > maxBytes) throw tooLarge(`more than ${maxBytes}`)
      parts.push(bytes)
    }
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause
    throw new TesseraError('CANCELLED', 'The body ended before its end', { where: 'body', cause })
  }
  return Buffer.concat(parts)
}

/** Greatest depth of brackets outside of strings. */
function nesting(bytes: Uint8Array): number {
  let depth = 0
  let deepest = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x22) {
      for (i++; i < bytes.length && bytes[i] !== 0x22; i++) if (bytes[i] === 0x5c) i++
    } else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return deepest
}
