// What holds bytes that are read in slices: a file of Node, or one that a page holds. Whoever asks has compared the
// slice with the size before: a length that a header claims is never allocated on its word alone.
import { TesseraError } from '../../core/index.ts'

export interface Slices {
  /** A path, or a file's name; for messages. */
  readonly path: string
  /** In bytes, when it was opened. */
  readonly size: number
  /** In memory of its own, from offset 0. Throws FORMAT_INVALID beyond the end, OUT_OF_MEMORY. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  close(): Promise<void>
}

export function tooShort(path: string): TesseraError {
  return new TesseraError('FORMAT_INVALID', 'The file ends too soon', {
    where: path,
    hint: 'It is cut short: fetch it again',
  })
}

/** What `make` gives. Throws OUT_OF_MEMORY where the engine has no array of that size. */
export function allocated<T>(bytes: number, where: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new TesseraError('OUT_OF_MEMORY', `No memory for a tensor of ${Math.ceil(bytes / 1e6)} MB`, {
      where,
      cause,
    })
  }
}

/** A file that a page holds, read where it lies. */
export function slicesOfBlob(path: string, content: Blob): Slices {
  return {
    path,
    size: content.size,
    async read(start, length) {
      if (start + length > content.size) throw tooShort(path)
      return new Uint8Array(await content.slice(start, start + length).arrayBuffer())
    },
    close: () => Promise.resolve(),
  }
}
