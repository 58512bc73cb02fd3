// Reads a paper's `result.json`, in Node from the file beside the module, in a page by fetching it.
import { TesseraError } from '../../core/index.ts'

/** The parsed file, or null when there is none. Throws FORMAT_INVALID when it is not JSON. */
export async function readResult(url: URL): Promise<unknown> {
  let text: string
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises')
    try {
      text = await readFile(url, 'utf8')
    } catch (cause) {
      if ((cause as { code?: string }).code === 'ENOENT') return null
      throw cause
    }
  } else {
    const answer = await fetch(url)
    if (!answer.ok) return null
    text = await answer.text()
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', 'The result is not JSON', {
      where: url.pathname,
      hint: 'Run the experiment again',
      cause,
    })
  }
}
