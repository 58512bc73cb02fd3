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

export interface ResultPlaces {
  result: string
  /** Only in a checkout: what is committed beside the result. */
  checkout: { readme: string; vocabulary: string } | null
}

/** Where the experiment writes: into the checkout, or from an installed package into the current folder. */
export function resultPlaces(root: PackageRoot): ResultPlaces {
  const folder = join(root.folder, 'src', 'papers', 'binary-bpe')
  if (!existsSync(folder)) return { result: join(process.cwd(), 'binary-bpe-result.json'), checkout: null }
  return {
    result: join(folder, 'result.json'),
    checkout: {
      readme: join(folder, 'README.md'),
      vocabulary: join(root.folder, 'vocabularies', 'binary-16k.tess'),
    },
  }
}
