// The SVG files that words of the command line mean: a file is itself, a folder every .svg below it. Hidden entries
// and links are left out, as in training.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError } from '../../core/node.ts'
import { usageError } from '../failure.ts'

/** In the order of the words, then of the names; each once. Throws FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function svgFiles(words: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const word of words) {
    try {
      if (!(await stat(word)).isDirectory()) {
        found.add(word)
        continue
      }
      const entries = await readdir(word, { recursive: true, withFileTypes: true })
      const files = entries
        .filter((entry) => entry.isFile() && /\.svg$/i.test(entry.name))
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !/[\\/]\./.test(path.slice(word.length)))
        .sort((a, b) => (a < b ? -1 : 1))
      for (const file of files) found.add(file)
    } catch (cause) {
      throw fileError(cause, word)
    }
  }
  if (found.size === 0) throw usageError('There is no .svg file in what is named')
  return [...found]
}
