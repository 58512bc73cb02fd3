// Static files as a table made at start: a request is looked up, never joined to a path, so that no
// spelling of `..` (encoded, doubled, backslashed) can name a file outside of the served folders.
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

/** URL path → file path, for all files under `folder` (links are not followed). A missing folder is empty. */
export async function filesUnder(folder: string, urlPrefix: string): Promise<Map<string, string>> {
  const table = new Map<string, string>()
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue
    const path = join(entry.parentPath, entry.name)
    table.set(urlPrefix + relative(folder, path).split(sep).join('/'), path)
  }
  return table
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
