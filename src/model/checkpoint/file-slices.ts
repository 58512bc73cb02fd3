// An open file that is read in slices. Whoever asks has compared the slice with the file's size before: a length
// that a header claims is never allocated on its word alone.
import { type FileHandle, open } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'

export class FileSlices {
  readonly path: string
  /** In bytes, when it was opened. */
  readonly size: number
  private readonly handle: FileHandle

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path
    this.size = size
    this.handle = handle
  }

  /** Throws FILE_NOT_FOUND, FILE_UNREADABLE. */
  static async open(path: string): Promise<FileSlices> {
    let handle: FileHandle | undefined
    try {
      handle = await open(path, 'r')
      const info = await handle.stat()
      if (!info.isFile()) throw new TesseraError('FILE_UNREADABLE', 'Not a regular file', { where: path })
      return new FileSlices(path, info.size, handle)
    } catch (cause) {
      await handle?.close()
      throw fileError(cause, path)
    }
  }

  /** In memory of its own, from offset 0. Throws FORMAT_INVALID beyond the file's end, OUT_OF_MEMORY. */
  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (start + length > this.size) throw this.short()
    // Not a Buffer: its memory is shared, and views of floats must begin at 0.
    const bytes = allocated(length, this.path, () => new Uint8Array(length))
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, start + done)
      if (bytesRead === 0) throw this.short()
      done += bytesRead
    }
    return bytes
  }

  close(): Promise<void> {
    return this.handle.close()
  }

  private short(): TesseraError {
    return new TesseraError('FORMAT_INVALID', 'The file ends too soon', {
      where: this.path,
      hint: 'It is cut short: fetch it again',
    })
  }
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
