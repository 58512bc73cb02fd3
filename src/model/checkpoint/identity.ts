// What a checkpoint's files are told apart by: sizes, names and times, without reading gigabytes.
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'

export async function identityOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path)
    hash.update(`${basename(path)} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 24)
}
