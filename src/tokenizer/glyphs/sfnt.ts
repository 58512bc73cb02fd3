// The container of a font file: a TrueType file (sfnt), or WOFF 1.0 (W3C Recommendation, 2012), which is the
// same tables, each deflated. Runs in a page: tables are inflated by DecompressionStream. Font files come from
// outside, so every offset, length and the sum of inflated bytes is checked before anything is read.
import { TesseraError } from '../../core/index.ts'

/** The largest table that is inflated; UnifontEX's outlines are 12 MB. */
const MAX_TABLE_BYTES = 64 << 20
const MAX_FONT_BYTES = 64 << 20
const MAX_TABLES = 256

/** Tables by their four-letter tags. */
export type SfntTables = ReadonlyMap<string, Uint8Array>

function invalid(what: string, where: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', what, { where, hint: 'The font file is damaged or cut off' })
}

/**
 * The wanted tables of a TrueType or WOFF file; tables that it lacks are absent.
 * Throws FORMAT_UNKNOWN (neither of the two), FORMAT_UNSUPPORTED (WOFF2, CFF, collections), FORMAT_INVALID, FILE_TOO_LARGE.
 */
export async function readSfnt(file: Uint8Array, wanted: readonly string[]): Promise<SfntTables> {
  if (file.length > MAX_FONT_BYTES) {
    throw new TesseraError('FILE_TOO_LARGE', `A font of ${file.length} bytes; at most ${MAX_FONT_BYTES}`)
  }
  if (file.length < 12) throw invalid('Shorter than the head of a font file', 'byte 0')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const signature = view.getUint32(0)
  const woff = signature === 0x774f4646
  const flavor = woff ? view.getUint32(4) : signature
  if (flavor !== 0x00010000 && flavor !== 0x74727565) throw unread(flavor)
  const head = woff ? 44 : 12
  if (file.length < head) throw invalid('Shorter than the head of a WOFF file', 'byte 0')
  const entry = woff ? 20 : 16
  const count = view.getUint16(woff ? 12 : 4)
  if (count === 0 || count > MAX_TABLES || head + count * entry > file.length) {
    throw invalid(`A directory of ${count} tables in ${file.length} bytes`, `byte ${woff ? 12 : 4}`)
  }
  const tables = new Map<string, Uint8Array>()
  for (let i = 0; i < count; i++) {
    const at = head + i * entry
    const tag = String.fromCharCode(...file.subarray(at, at + 4))
    if (!wanted.includes(tag)) continue
    const offset = view.getUint32(at + (woff ? 4 : 8))
    const stored = view.getUint32(at + (woff ? 8 : 12))
    const length = view.getUint32(at + 12)
    if (offset + stored > file.length || stored > length || length > MAX_TABLE_BYTES) {
      throw invalid(`Table ${tag}: ${stored} bytes from ${offset}, ${length} when inflated`, `byte ${at}`)
    }
    const bytes = file.subarray(offset, offset + stored)
    tables.set(tag, stored === length ? bytes : await inflate(bytes, length, tag))
  }
  return tables
}

function unread(flavor: number): TesseraError {
  const known: Record<number, string> = {
    0x774f4632: 'WOFF2',
    0x4f54544f: 'OpenType with CFF outlines',
    0x74746366: 'a font collection',
  }
  const name = known[flavor]
  return name === undefined
    ? new TesseraError('FORMAT_UNKNOWN', 'Neither a TrueType nor a WOFF file', { where: 'byte 0' })
    : new TesseraError('FORMAT_UNSUPPORTED', `The font is ${name}`, {
        hint: 'Pass a TrueType (.ttf) or WOFF 1.0 (.woff) file with TrueType outlines',
      })
}

async function inflate(bytes: Uint8Array, length: number, tag: string): Promise<Uint8Array> {
  try {
    return await decompress(bytes, 'deflate', length)
  } catch (cause) {
    throw cause instanceof TesseraError ? cause : invalid(`Table ${tag} cannot be inflated`, tag)
  }
}

/** Inflates to exactly `length` bytes. Throws FORMAT_INVALID, and what the stream throws on damaged data. */
export async function decompress(
  bytes: Uint8Array,
  format: 'deflate' | 'gzip',
  length: number,
): Promise<Uint8Array> {
  const out = new Uint8Array(length)
  let filled = 0
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    if (filled + value.length > length) {
      await reader.cancel()
      throw invalid(`More than the announced ${length} bytes`, `inflated byte ${filled}`)
    }
    out.set(value, filled)
    filled += value.length
  }
  if (filled !== length) throw invalid(`${filled} bytes where ${length} are announced`, 'end')
  return out
}
