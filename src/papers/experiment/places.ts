// Where the package is, and where an experiment writes: into the checkout it runs in, or from an installed
// package into the current folder.
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

/** The paper's folder of the checkout, where its result and README are committed; null outside of one. */
export function checkoutFolder(root: PackageRoot, slug: string): string | null {
  const folder = join(root.folder, 'src', 'papers', slug)
  return existsSync(folder) ? folder : null
}

/** Where steps and fetched files of an experiment are kept: in the checkout, else in the current folder. */
export function cacheFolder(root: PackageRoot, slug: string): string {
  return join(checkoutFolder(root, slug) === null ? process.cwd() : root.folder, '.cache', slug)
}
