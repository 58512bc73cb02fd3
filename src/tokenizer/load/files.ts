// Files, folders and installed packages, under Node (and what behaves like it). Node's modules are asked
// for at run time, through process.getBuiltinModule: a bundler that builds for a page sees no import.
import type * as NodeFs from 'node:fs/promises'
import type * as NodePath from 'node:path'
import type * as NodeUrl from 'node:url'
import { TesseraError } from '../../core/index.ts'
import { MAX_FILE_BYTES } from '../formats/limits.ts'

interface NodeModules {
  fs: typeof NodeFs
  path: typeof NodePath
  url: typeof NodeUrl
  cwd(): string
}

/** null in a page. */
export function nodeModules(): NodeModules | null {
  const host = (globalThis as { process?: NodeJS.Process }).process
  if (typeof host?.getBuiltinModule !== 'function') return null
  return {
    fs: host.getBuiltinModule('node:fs/promises'),
    path: host.getBuiltinModule('node:path'),
    url: host.getBuiltinModule('node:url'),
    cwd: () => host.cwd(),
  }
}

export type PathKind = 'file' | 'folder' | 'other' | null

export async function kindOfPath(node: NodeModules, path: string): Promise<PathKind> {
  try {
    const info = await node.fs.stat(path)
    return info.isFile() ? 'file' : info.isDirectory() ? 'folder' : 'other'
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (
      code === 'ENOENT' ||
      code === 'ENOTDIR' ||
      code === 'ENAMETOOLONG' ||
      code === 'ERR_INVALID_ARG_VALUE'
    ) {
      return null
    }
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): TesseraError {
  const code = (cause as NodeJS.ErrnoException).code ?? String(cause)
  return new TesseraError('FILE_UNREADABLE', `Cannot be read (${code})`, { where: path, cause })
}

/** Of a GGUF file only the beginning is read: metadata come first, gigabytes of weights after them. */
const GGUF_HEAD_BYTES = 64 * 1024 * 1024

/** A whole file. Throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_TOO_LARGE. */
export async function readPath(node: NodeModules, path: string): Promise<Uint8Array> {
  const kind = await kindOfPath(node, path)
  if (kind === null) {
    throw new TesseraError('FILE_NOT_FOUND', 'No such file', { where: path, hint: 'Check the path' })
  }
  if (kind !== 'file') throw new TesseraError('FILE_UNREADABLE', 'Not a regular file', { where: path })
  try {
    const file = await node.fs.open(path, 'r')
    try {
      const { size } = await file.stat()
      const magic = new Uint8Array(4)
      await file.read(magic, 0, 4, 0)
      const length = isGguf(magic) ? Math.min(size, GGUF_HEAD_BYTES) : size
      if (length > MAX_FILE_BYTES) {
        throw new TesseraError('FILE_TOO_LARGE', `${size} bytes; at most ${MAX_FILE_BYTES} are read here`, {
          where: path,
        })
      }
      const bytes = new Uint8Array(length)
      let filled = 0
      while (filled < length) {
        const { bytesRead } = await file.read(bytes, filled, length - filled, filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return bytes.subarray(0, filled)
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw cause instanceof TesseraError ? cause : unreadable(path, cause)
  }
}

function isGguf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x47 && bytes[1] === 0x47 && bytes[2] === 0x55 && bytes[3] === 0x46
}

/** The folder of an installed package, looked for as Node does: upwards from here and from this module. */
export async function packageFolder(node: NodeModules, name: string): Promise<string | null> {
  if (!/^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/i.test(name)) return null
  const starts = [node.cwd()]
  if (import.meta.url.startsWith('file:'))
    starts.push(node.path.dirname(node.url.fileURLToPath(import.meta.url)))
  for (const start of starts) {
    for (let folder = start; ; folder = node.path.dirname(folder)) {
      const candidate = node.path.join(folder, 'node_modules', name)
      if ((await kindOfPath(node, candidate)) === 'folder') return candidate
      if (node.path.dirname(folder) === folder) break
    }
  }
  return null
}
