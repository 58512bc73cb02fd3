// An open file of Node that is read in slices.
import { type FileHandle, open } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'
import { allocated, type Slices, tooShort } from './slices.ts'

export class FileSlices implements Slices {
  readonly path: string
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

  async read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (start + length > this.size) throw tooShort(this.path)
    // Not a Buffer: its memory is shared, and views of floats must begin at 0.
    const bytes = allocated(length, this.path, () => new Uint8Array(length))
    let done = 0
    while (done < length) {
      const { bytesRead } = await this.handle.read(bytes, done, length - done, start + done)
      if (bytesRead === 0) throw tooShort(this.path)
      done += bytesRead
    }
    return bytes
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
