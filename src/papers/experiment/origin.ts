// Where a result comes from: written into every `result.json`, so that anyone can make it again and judge
// how far its numbers carry.
import { cpus, totalmem } from 'node:os'
import { packageRoot } from '../../core/node.ts'
import type { Origin } from '../paper.ts'

/** `packages`: versions of further packages that the result depends on, by name. */
export async function originOf(
  slug: string,
  seed: number,
  packages: Readonly<Record<string, string>> = {},
): Promise<Origin> {
  const { version } = await packageRoot()
  return {
    slug,
    command: `npx tessera papers run ${slug}`,
    date: new Date().toISOString().slice(0, 10),
    seed,
    versions: { node: process.versions.node, v8: process.versions.v8, tessera: version, ...packages },
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGB: Math.round(totalmem() / 2 ** 30),
      system: `${process.platform} ${process.arch}`,
    },
  }
}
