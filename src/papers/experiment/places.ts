// Where the package is, and where an experiment writes: into the checkout it runs in, or from an installed
// package into the current folder.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageRoot } from '../../core/node.ts'

/** The paper's folder of the checkout, where its result and README are committed; null outside of one. */
export function checkoutFolder(root: PackageRoot, slug: string): string | null {
  const folder = join(root.folder, 'src', 'papers', slug)
  return existsSync(folder) ? folder : null
}

/** Where steps and fetched files of an experiment are kept: in the checkout, else in the current folder. */
export function cacheFolder(root: PackageRoot, slug: string): string {
  return join(checkoutFolder(root, slug) === null ? process.cwd() : root.folder, '.cache', slug)
}
