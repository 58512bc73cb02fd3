// The end of every experiment: the result goes to `result.json` and its figures into the paper's README.
import { readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { LongWork } from '../../core/index.ts'
import { packageRoot, writeFileAtomic } from '../../core/node.ts'
import type { ReportTable } from '../paper.ts'
import { checkoutFolder } from './places.ts'
import { figuresOf, withFigures } from './readme.ts'
import type { ExperimentResult } from './result.ts'

export interface SaveOptions extends LongWork {
  /** The result file. Default: in a checkout the paper's `result.json`, else `<slug>-result.json` here. */
  output?: string | undefined
  /** Further tables for the README. */
  tables?: readonly ReportTable[]
}

/**
 * Writes the result whole or not at all, and in a checkout (without `output`) the figures of the paper's
 * README too. Returns the result's path. Throws FILE_WRITE_FAILED.
 */
export async function saveResult(result: ExperimentResult, options: SaveOptions = {}): Promise<string> {
  const folder = checkoutFolder(await packageRoot(), result.slug)
  const path =
    options.output ??
    (folder === null ? join(process.cwd(), `${result.slug}-result.json`) : join(folder, 'result.json'))
  await writeFileAtomic(path, `${JSON.stringify(result, null, 1)}\n`)
  if (folder !== null && options.output === undefined) {
    const readme = join(folder, 'README.md')
    const text = await readFile(readme, 'utf8')
    await writeFileAtomic(readme, withFigures(text, figuresOf(result, options.tables)))
  }
  options.onProgress?.({ stage: `wrote ${relative(process.cwd(), path)}`, done: 1, total: 1, unit: 'items' })
  return path
}
