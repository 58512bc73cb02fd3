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

/**
 * Where the experiment writes: in a checkout the committed result and the vocabulary that ships, from an
 * installed package a result in the current folder.
 */
export function resultPlaces(root: PackageRoot): { result: string; vocabulary: string | null } {
  const committed = join(root.folder, 'src', 'papers', 'binary-bpe')
  if (!existsSync(committed))
    return { result: join(process.cwd(), 'binary-bpe-result.json'), vocabulary: null }
  return {
    result: join(committed, 'result.json'),
    vocabulary: join(root.folder, 'vocabularies', 'binary-16k.tess'),
  }
}
