// What verbs read that take texts: files, and folders with everything below them. What is no text, cannot be
// read or was named before is left out of a folder and listed; a file named by itself must be readable.
import { isUtf8 } from 'node:buffer'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { TesseraError, throwIfCancelled } from '../core/index.ts'
import { fileError } from '../core/node.ts'
import { addSizes, textSize, type TextSize } from '../measure/index.ts'
import { asText, readBytes } from './io.ts'

/** Files up to this size are tokenized whole; larger ones in pieces of it, cut at a space after a letter. */
const PIECE = 1 << 26
const LOOKED_AT = 8192

export interface Source {
  file: string
  /** The word of the command line that led to it. */
  word: number
  bytes: number
  size: TextSize
  /** stdin, which cannot be read again. */
  held: Uint8Array | null
}

export interface Skipped {
  file: string
  reason: string
}

export interface Sources {
  sources: Source[]
  skipped: Skipped[]
  /** `[words]` the name of each word: its last part without the ending. */
  names: string[]
}

/**
 * Lists and checks everything, once. `raw`: bytes are not asked to be text.
 * Throws for words themselves: FILE_NOT_FOUND, FILE_UNREADABLE, TEXT_NOT_UTF8; CANCELLED.
 */
export async function findSources(
  words: readonly string[],
  raw: boolean,
  onFile: (bytes: number) => void,
  signal: AbortSignal,
): Promise<Sources> {
  const sources: Source[] = []
  const skipped: Skipped[] = []
  const known = new Set<string>()
  const take = async (file: string, word: number, named: boolean): Promise<void> => {
    throwIfCancelled(signal)
    try {
      const real = await realpath(file)
      if (known.has(real)) {
        skipped.push({ file, reason: 'named twice' })
        return
      }
      known.add(real)
      const source: Source = { file, word, bytes: (await stat(file)).size, size: NOTHING, held: null }
      if (!raw && !named) {
        const reason = await whyNoText(source)
        if (reason !== null) {
          skipped.push({ file, reason })
          return
        }
      }
      for await (const document of documentsOf(source, raw))
        source.size = addSizes(source.size, textSize(document))
      if (raw) source.size = { ...source.size, chars: null, words: null }
      onFile(source.bytes)
      sources.push(source)
    } catch (cause) {
      const error = fileError(cause, file)
      if (named) throw error
      skipped.push({ file, reason: error.code === 'TEXT_NOT_UTF8' ? 'not UTF-8 text' : 'cannot be read' })
    }
  }
  const visit = async (path: string, word: number, named: boolean): Promise<void> => {
    let folder: boolean
    try {
      const info = await stat(path)
      folder = info.isDirectory()
      if (!folder && !info.isFile() && named) {
        throw new TesseraError('FILE_UNREADABLE', 'Neither a file nor a folder', { where: path })
      }
    } catch (cause) {
      throw fileError(cause, path)
    }
    if (!folder) return take(path, word, named)
    let entries
    try {
      entries = await readdir(path, { withFileTypes: true })
    } catch (cause) {
      if (named) throw fileError(cause, path)
      skipped.push({ file: path, reason: 'cannot be read' })
      return
    }
    // Hidden entries and links are left out, as in training.
    const kept = entries.filter((e) => !e.name.startsWith('.') && (e.isFile() || e.isDirectory()))
    for (const { name } of kept.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      await visit(join(path, name), word, false)
    }
  }
  for (const [word, path] of words.entries()) {
    if (path !== '-') await visit(path, word, true)
    else {
      if (words.indexOf('-') < word) {
        skipped.push({ file: '-', reason: 'named twice' })
        continue
      }
      const held = await readBytes('-')
      const document = raw ? held : asText(held, '-')
      sources.push({ file: '-', word, bytes: held.length, size: textSize(document), held })
    }
  }
  return {
    sources,
    skipped,
    names: words.map((word) => (word === '-' ? 'stdin' : basename(word, extname(word)))),
  }
}

const NOTHING: TextSize = { bytes: 0, chars: 0, words: 0 }

/** Why a file of a folder is left out, or null. */
async function whyNoText({ file, bytes }: Source): Promise<string | null> {
  const head = new Uint8Array(Math.min(LOOKED_AT, bytes))
  const handle = await open(file, 'r')
  try {
    await handle.read(head, 0, head.length, 0)
  } finally {
    await handle.close()
  }
  const [a, b] = head
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16 text; convert it to UTF-8'
  return head.includes(0) ? 'binary' : null
}

/** A source as text, or as bytes under `raw`, whole or in pieces. Throws TEXT_NOT_UTF8, FILE_UNREADABLE. */
export async function* documentsOf(source: Source, raw: boolean): AsyncGenerator<string | Uint8Array> {
  const { file, held } = source
  if (held) {
    yield raw ? held : asText(held, file)
    return
  }
  if (source.bytes <= PIECE) {
    const bytes = await readBytes(file)
    yield raw ? bytes : asText(bytes, file)
    return
  }
  const handle = await open(file, 'r')
  try {
    let rest: Uint8Array = new Uint8Array(0)
    for (let at = 0; ;) {
      const piece = new Uint8Array(rest.length + PIECE)
      piece.set(rest)
      const { bytesRead } = await handle.read(piece, rest.length, PIECE, at)
      at += bytesRead
      const filled = piece.subarray(0, rest.length + bytesRead)
      const end = bytesRead === 0 ? filled.length : pieceEnd(filled)
      if (end > 0) {
        const part = filled.subarray(0, end)
        if (raw) yield part
        else {
          if (!isUtf8(part)) asText(part, `${file}, from byte ${at - filled.length} on`)
          yield asText(part, file)
        }
      }
      if (bytesRead === 0) return
      rest = filled.slice(end)
    }
  } catch (cause) {
    throw fileError(cause, file)
  } finally {
    await handle.close()
  }
}

/** The last place to cut: before a space after an ASCII letter, where every known pattern cuts too. */
function pieceEnd(bytes: Uint8Array): number {
  for (let i = bytes.length - 1; i > bytes.length / 2; i--) {
    const letter = bytes[i - 1]! | 0x20
    if (bytes[i] === 0x20 && letter >= 0x61 && letter <= 0x7a) return i
  }
  let i = bytes.length
  while (i > bytes.length - 4 && (bytes[i - 1]! & 0xc0) === 0x80) i--
  return Math.max(0, i - 1)
}
