// Tables kept on disk, for Node: a full table takes some ten seconds, reading one a tenth. The file's name is
// the hash of everything that the table depends on, its end the hash of its content, so that a cut or changed
// file is a table that was not made yet.
import type { LongWork } from '../../core/index.ts'
import type { GlyphFont } from './font.ts'
import { dimOf, glyphTable, type GlyphTableOptions } from './glyph-table.ts'
import { pictureSettings } from './picture.ts'
import { sha256 } from './sha256.ts'

/** Raised when the same input would give another table. */
const VERSION = 1
const MAX_FILE_BYTES = 2 ** 31 - 1
const HASH_BYTES = 32

export interface CachedTableOptions extends GlyphTableOptions, LongWork {
  /** Where tables are kept; made when it is missing. */
  folder: string
}

/** As `glyphTable`. Throws ARGUMENT_INVALID, CANCELLED, FILE_WRITE_FAILED. */
export async function cachedGlyphTable(
  tokens: readonly string[],
  font: GlyphFont,
  options: CachedTableOptions,
): Promise<Float32Array> {
  const { join } = await import('node:path')
  const { readFileBounded, writeFileAtomic } = await import('../../core/node.ts')
  const dim = dimOf(options)
  const depends = JSON.stringify([VERSION, font.fingerprint, pictureSettings(options), dim, tokens])
  const key = await sha256(new TextEncoder().encode(depends))
  const path = join(options.folder, `${key.slice(0, 40)}.glyphs-f32`)
  const kept = await readFileBounded(path, MAX_FILE_BYTES).catch(() => null)
  if (kept?.length === tokens.length * dim * 4 + HASH_BYTES) {
    // Copied: what is read may be a part of a larger buffer.
    const body = Uint8Array.from(kept.subarray(0, -HASH_BYTES))
    if ((await sha256(body)) === hexOf(kept.subarray(-HASH_BYTES)))
      return littleEndian(new Float32Array(body.buffer))
  }
  const table = await glyphTable(tokens, font, options)
  const ordered = littleEndian(table.slice())
  const body = new Uint8Array(ordered.buffer)
  const hash = await sha256(body)
  const file = new Uint8Array(body.length + HASH_BYTES)
  file.set(body)
  for (let i = 0; i < HASH_BYTES; i++) file[body.length + i] = parseInt(hash.slice(2 * i, 2 * i + 2), 16)
  await writeFileAtomic(path, file)
  return table
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** In place: from the machine's order of bytes to little-endian, or back. */
function littleEndian(values: Float32Array): Float32Array {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return values
  const view = new DataView(values.buffer)
  for (let i = 0; i < values.length; i++) view.setUint32(4 * i, view.getUint32(4 * i, true), false)
  return values
}
