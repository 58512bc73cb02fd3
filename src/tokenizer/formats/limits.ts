// Bounds that every reader of a foreign file keeps to, so that a hostile file costs at most a small
// multiple of its own size.
import { TesseraError } from '../../core/index.ts'

/** Largest vocabulary file that is read, in bytes; the largest public tokenizer.json has 33 MB. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024
/** Ids are below this. */
export const MAX_IDS = 1 << 24
/** Nesting of components (sequences in sequences); public files use at most 4 levels of it. */
export const MAX_NESTING = 64

export function invalid(message: string, where?: string, hint?: string, cause?: unknown): TesseraError {
  return new TesseraError('FORMAT_INVALID', message, { where, hint, cause })
}

export function unsupported(message: string, where?: string, hint?: string): TesseraError {
  return new TesseraError('FORMAT_UNSUPPORTED', message, { where, hint })
}

/** Throws FILE_TOO_LARGE above `MAX_FILE_BYTES`. */
export function checkFileSize(bytes: Uint8Array, name: string): void {
  if (bytes.length > MAX_FILE_BYTES) {
    throw new TesseraError(
      'FILE_TOO_LARGE',
      `${bytes.length} bytes; a vocabulary file of at most ${MAX_FILE_BYTES} bytes is read`,
      { where: name },
    )
  }
}
