// The size of bytes under a universal compressor, part by part: in Node by zlib with stated levels, in a
// page by CompressionStream at a level of the browser's choice (6 for gzip as a rule). Every browser has gzip
// there; few have Brotli or Zstandard.
import { TesseraError } from '../core/index.ts'

export type CompressorName = 'gzip' | 'brotli' | 'zstd'

/** The strongest level that still takes a corpus in minutes. */
const LEVELS: Readonly<Record<CompressorName, number>> = { gzip: 9, brotli: 9, zstd: 12 }

export interface Compressor {
  /** Resolves when more can be taken. */
  write(bytes: Uint8Array): Promise<void>
  /** Bytes of everything that was written, compressed. */
  end(): Promise<number>
}

type NodeZlib = typeof import('node:zlib') & {
  /** From Node 22.15 on. */
  createZstdCompress?: (options: object) => import('node:stream').Transform
}

async function nodeZlib(): Promise<NodeZlib | null> {
  if (typeof process === 'undefined' || !process.versions?.node) return null
  return import(/* @vite-ignore */ 'node:zlib')
}

/** The compressors of this machine and the level that each works at; null = the browser's own. */
export async function compressors(): Promise<Map<CompressorName, number | null>> {
  const zlib = await nodeZlib()
  const found = new Map<CompressorName, number | null>()
  if (zlib) {
    found.set('gzip', LEVELS.gzip)
    found.set('brotli', LEVELS.brotli)
    if (zlib.createZstdCompress) found.set('zstd', LEVELS.zstd)
  } else {
    for (const name of ['gzip', 'brotli', 'zstd'] as const) if (pageStream(name)) found.set(name, null)
  }
  return found
}

/** null where the browser does not have it: only trying tells. */
function pageStream(name: CompressorName): CompressionStream | null {
  try {
    return new CompressionStream(name as ConstructorParameters<typeof CompressionStream>[0])
  } catch {
    return null
  }
}

/** Throws ARGUMENT_INVALID for a compressor that this machine does not have. */
export async function openCompressor(name: CompressorName): Promise<Compressor> {
  const known = await compressors()
  if (!known.has(name)) {
    throw new TesseraError('ARGUMENT_INVALID', `There is no ${String(name)} here`, {
      where: 'compressor',
      hint: `${name === 'zstd' ? 'Node has it from 22.15 on. ' : ''}There is ${[...known.keys()].join(', ')}`,
    })
  }
  const zlib = await nodeZlib()
  return zlib ? fromNode(zlib, name) : fromPage(pageStream(name)!)
}

/** The compressed size of bytes that are in memory as a whole. Throws ARGUMENT_INVALID. */
export async function compressedSize(bytes: Uint8Array, name: CompressorName): Promise<number> {
  const compressor = await openCompressor(name)
  await compressor.write(bytes)
  return compressor.end()
}

function fromNode(zlib: NodeZlib, name: CompressorName): Compressor {
  const { constants } = zlib
  const stream =
    name === 'gzip'
      ? zlib.createGzip({ level: LEVELS.gzip })
      : name === 'brotli'
        ? zlib.createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: LEVELS.brotli } })
        : zlib.createZstdCompress!({
            params: {
              [(constants as unknown as Record<string, number>).ZSTD_c_compressionLevel!]: LEVELS.zstd,
            },
          })
  let size = 0
  stream.on('data', (part: Uint8Array) => (size += part.length))
  const ended = new Promise<number>((resolve, reject) => {
    stream.on('end', () => resolve(size))
    stream.on('error', reject)
  })
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // Copied: the stream keeps what it is given, and callers use their buffers again.
        stream.write(bytes.slice(), (error) => (error ? reject(error) : resolve()))
      }),
    end: () => {
      stream.end()
      return ended
    },
  }
}

function fromPage({ readable, writable }: CompressionStream): Compressor {
  const writer = writable.getWriter()
  const counted = (async () => {
    let size = 0
    const reader = readable.getReader() as ReadableStreamDefaultReader<Uint8Array>
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return size
      size += value.length
    }
  })()
  return {
    write: (bytes) => writer.write(bytes.slice()),
    end: async () => {
      await writer.close()
      return counted
    },
  }
}
