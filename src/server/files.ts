// Static files as a table of what the folders hold: a request is looked up, never joined to a path, so that no
// spelling of `..` (encoded, doubled, backslashed) can name a file outside of the served folders.
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** A miss reads the folders again (a build may have replaced the files), but no oftener than this. */
const RESCAN_MILLISECONDS = 1000

export class FileTable {
  /** Folders and the URL path that each is served under. */
  private readonly folders: readonly (readonly [folder: string, prefix: string])[]
  /** URL path → file path. */
  private files = new Map<string, string>()
  private scanned = -Infinity

  constructor(folders: readonly (readonly [folder: string, prefix: string])[]) {
    this.folders = folders
  }

  /** Path of the file with this URL path. */
  async find(urlPath: string): Promise<string | undefined> {
    const known = this.files.get(urlPath)
    if (known !== undefined || performance.now() - this.scanned < RESCAN_MILLISECONDS) return known
    this.scanned = performance.now()
    const found = new Map<string, string>()
    for (const [folder, prefix] of this.folders) await scan(folder, prefix, found)
    this.files = found
    return found.get(urlPath)
  }
}

/** Adds all files under a folder; links are not followed, and a missing folder is empty. */
async function scan(folder: string, prefix: string, table: Map<string, string>): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const path = join(entry.parentPath, entry.name)
    table.set(prefix + relative(folder, path).split(sep).join('/'), path)
  }
}

/** The file as a response; 304 when the browser has it, null when it is gone since the table was made. */
export async function fileResponse(path: string, request: Request): Promise<Response | null> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) return null
  const etag = `"${info.size.toString(36)}-${Math.floor(info.mtimeMs).toString(36)}"`
  // Vite puts a hash of the content into the names under assets/, so those never change.
  const immutable = new URL(request.url).pathname.startsWith('/assets/')
  const headers = new Headers({
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    etag,
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  const known = request.headers.get('if-none-match')
  if (known?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) {
    return new Response(null, { status: 304, headers })
  }
  headers.set('content-length', String(info.size))
  if (request.method === 'HEAD') return new Response(null, { headers })
  const body = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
  return new Response(body, { headers })
}
