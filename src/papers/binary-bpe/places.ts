// Where the package is, and where the result goes.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface PackageRoot {
  folder: string
  version: string
}

/** The nearest folder above this module with a package.json. */
export async function packageRoot(): Promise<PackageRoot> {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string }
  return { folder, version }
}

/** In a checkout the committed file; from an installed package a file in the current folder. */
export function resultFile(root: PackageRoot): string {
  const committed = join(root.folder, 'src', 'papers', 'binary-bpe')
  return existsSync(committed)
    ? join(committed, 'result.json')
    : join(process.cwd(), 'binary-bpe-result.json')
}
