// Text out of dropped and chosen files: what is not UTF-8 text is left out and named, and there is a bound.
import { utf8DecodeStrict } from '../../core/index.ts'

export interface TextFile {
  name: string
  text: string
  bytes: number
}

export interface ReadFiles {
  texts: TextFile[]
  /** Names of files that are no text. */
  skipped: string[]
  /** More than the bound: the files after it were not read. */
  full: boolean
}

/** What the server takes. */
export const MOST_BYTES = 64e6

export async function readTextFiles(files: readonly File[], already = 0): Promise<ReadFiles> {
  const texts: TextFile[] = []
  const skipped: string[] = []
  let bytes = already
  for (const file of files) {
    if (bytes + file.size > MOST_BYTES) return { texts, skipped, full: true }
    try {
      const content = new Uint8Array(await file.arrayBuffer())
      const text = utf8DecodeStrict(content)
      if (text.includes('\0')) throw new TypeError('not text')
      if (text.trim() !== '') texts.push({ name: file.name, text, bytes: content.length })
      bytes += content.length
    } catch {
      skipped.push(file.name)
    }
  }
  return { texts, skipped, full: false }
}
