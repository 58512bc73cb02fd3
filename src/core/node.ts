// Files, for Node only (a page never imports this): reading with a bound, writing by atomic rename.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TesseraError } from './errors.ts'

/** Reads a whole file of at most `maxBytes`. Throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE. */
export async function readFileBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const info = await stat(path)
    if (!info.isFile()) {
      throw new TesseraError('FILE_UNREADABLE', 'Not a regular file', { where: path, hint: 'Name a file' })
    }
    if (info.size > maxBytes) {
      throw new TesseraError('FILE_TOO_LARGE', `${info.size} bytes; at most ${maxBytes} are read here`, {
        where: path,
      })
    }
    return await readFile(path)
  } catch (cause) {
    throw fileError(cause, path)
  }
}

/** An errno exception as a TesseraError; a TesseraError passes through. */
export function fileError(cause: unknown, path: string): TesseraError {
  if (cause instanceof TesseraError) return cause
  const code = (cause as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new TesseraError('FILE_NOT_FOUND', 'No such file', { where: path, hint: 'Check the path', cause })
  }
  return new TesseraError('FILE_UNREADABLE', `Cannot be read (${code ?? String(cause)})`, {
    where: path,
    cause,
  })
}

/**
 * Writes the whole file or nothing: a temporary neighbour, flushed, then renamed over the target.
 * Throws FILE_WRITE_FAILED.
 */
export function writeFileAtomic(path: string, data: Uint8Array | string): Promise<void> {
  return writePartsAtomic(path, function* () {
    yield data
  })
}

/** As `writeFileAtomic`, for files that are made part by part. What `parts` throws itself passes through. */
export async function writePartsAtomic(
  path: string,
  parts: () => Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(temporary, 'wx')
    try {
      for await (const part of parts()) await file.writeFile(part)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (cause) {
    // `force` forgives only a file that is not there; the first failure is the one to report.
    await rm(temporary, { force: true }).catch(() => {})
    if (cause instanceof TesseraError) throw cause
    throw new TesseraError('FILE_WRITE_FAILED', `Cannot write (${(cause as Error).message})`, {
      where: path,
      cause,
    })
  }
}

export interface PackageRoot {
  folder: string
  version: string
}

/** The nearest folder above this module with a package.json. */
export async function packageRoot(): Promise<PackageRoot> {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return { folder, version }
}

/** Where things are kept that can be made again: TESSERA_CACHE, or `tessera` in the system's folder for caches. */
export function cacheFolder(): string {
  const own = process.env.TESSERA_CACHE
  if (own) return own
  if (process.platform === 'win32') {
    return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'tessera', 'cache')
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'tessera')
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tessera')
}
