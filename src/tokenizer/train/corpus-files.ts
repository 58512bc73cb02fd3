// Text files as a corpus (Node only): which files there are, and their bytes block by block.
import { isUtf8 } from 'node:buffer'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { firstMalformedByte, TesseraError, throwIfCancelled } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'
import { BLOCK, blockEnd, WINDOW } from './text-blocks.ts'
import { notText, type SkippedFile } from './text-check.ts'

/** A part of a file: `from` is a multiple of BLOCK, `to` too or the file's size. */
export interface FileRange {
  path: string
  from: number
  to: number
  size: number
}

export interface TextBlock {
  /** Shared by all blocks of a range: use it before asking for the next. */
  bytes: Uint8Array
  to: number
  /** The block begins the file. */
  start: boolean
}

const RANGE = 8 * BLOCK

export interface ListedFiles {
  ranges: FileRange[]
  /** Files that are read. */
  files: number
  skipped: SkippedFile[]
}

/**
 * Ranges of all files: a file as it is, a folder with everything below it in the order of names; hidden
 * entries, links and other things that are not regular files are left out of folders. Each file is read once,
 * by whatever paths it is reached. What is not text or cannot be read is skipped and listed in a folder, and
 * an error where it was named itself. Throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED.
 */
export async function fileRanges(paths: readonly string[], signal?: AbortSignal): Promise<ListedFiles> {
  const listed: ListedFiles = { ranges: [], files: 0, skipped: [] }
  const known = new Set<string>()
  const take = async (path: string, size: number, named: boolean): Promise<void> => {
    const real = await realpath(path)
    if (known.has(real)) {
      listed.skipped.push({ path, reason: 'duplicate' })
      return
    }
    // A named file that is not text is refused later, with the place of the byte.
    const reason = named ? null : await notText(path, signal)
    if (reason !== null) {
      listed.skipped.push({ path, reason })
      return
    }
    known.add(real)
    listed.files++
    for (let from = 0; from < size; from += RANGE)
      listed.ranges.push({ path, from, to: Math.min(size, from + RANGE), size })
  }
  const visit = async (path: string, named: boolean): Promise<void> => {
    throwIfCancelled(signal)
    try {
      const info = await stat(path)
      if (info.isDirectory()) {
        const entries = await readdir(path, { withFileTypes: true })
        const kept = entries.filter((e) => !e.name.startsWith('.') && (e.isFile() || e.isDirectory()))
        const names = kept.map((e) => e.name).sort((a, b) => (a < b ? -1 : 1))
        for (const name of names) await visit(join(path, name), false)
      } else if (info.isFile()) {
        await take(path, info.size, named)
      } else if (named) {
        throw new TesseraError('FILE_UNREADABLE', 'Neither a file nor a folder', { where: path })
      }
    } catch (cause) {
      throwIfCancelled(signal)
      if (named || (cause instanceof TesseraError && cause.code === 'CANCELLED')) throw fileError(cause, path)
      listed.skipped.push({ path, reason: 'unreadable' })
    }
  }
  for (const path of paths) await visit(path, true)
  return listed
}

/** The blocks of a range. Throws FILE_NOT_FOUND, FILE_UNREADABLE, TEXT_NOT_UTF8. */
export async function* textBlocks(range: FileRange, documents: 'whole' | 'lines'): AsyncGenerator<TextBlock> {
  const { path, from, to, size } = range
  const buffer = new Uint8Array(Math.min(BLOCK, size) + WINDOW)
  let held = 0
  try {
    const file = await open(path, 'r')
    try {
      const fill = async (at: number, length: number): Promise<void> => {
        for (let done = 0; done < length;) {
          const { bytesRead } = await file.read(buffer, held, length - done, at + done)
          if (bytesRead === 0) {
            throw new TesseraError('FILE_UNREADABLE', 'The file became shorter while it was read', {
              where: path,
            })
          }
          done += bytesRead
          held += bytesRead
        }
      }
      const keepFrom = (at: number): void => {
        buffer.copyWithin(0, at, held)
        held -= at
      }
      if (from > 0) {
        await fill(from - WINDOW, WINDOW)
        keepFrom(blockEnd(buffer, held, documents))
      }
      for (let at = from; at < to; at += BLOCK) {
        const length = Math.min(BLOCK, size - at)
        const blockAt = at - held
        await fill(at, length)
        const end = at + length === size ? held : blockEnd(buffer, held, documents)
        const bytes = buffer.subarray(0, end)
        if (!isUtf8(bytes)) {
          throw new TesseraError('TEXT_NOT_UTF8', 'Not UTF-8 text', {
            where: `${path}, byte ${blockAt + firstMalformedByte(bytes)}`,
            hint: 'Convert the file to UTF-8 or leave it out',
          })
        }
        yield { bytes, to: end, start: blockAt === 0 }
        keepFrom(end)
      }
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw fileError(cause, path)
  }
}
