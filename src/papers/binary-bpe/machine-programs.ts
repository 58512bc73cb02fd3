// Some ELF programs and libraries of the machine itself, as one more held-out group where there are any.
// They differ from machine to machine, so they are never trained on and stand apart in the result.
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../../core/index.ts'
import { readFileBounded } from '../../core/node.ts'
import { inspectExecutable } from '../../tokenizer/index.ts'
import type { TestFile } from './measure.ts'

const FOLDERS = [
  '/usr/bin',
  '/usr/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib64',
]
const MAX_BYTES = 8 << 20
const WANTED = 40

/** Up to 40 files of 4 kB to 8 MB, drawn by the seed; links, unreadable files and duplicates are passed over. */
export async function machinePrograms(random: Random): Promise<TestFile[]> {
  const paths = new Set<string>()
  for (const folder of FOLDERS) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = await realpath(join(folder, entry.name)).catch(() => null)
      if (path) paths.add(path)
    }
  }
  const files: TestFile[] = []
  for (const path of random.shuffle([...paths].sort())) {
    if (files.length === WANTED) break
    const bytes = await readFileBounded(path, MAX_BYTES).catch(() => null)
    if (!bytes || bytes.length < 4096) continue
    const { format, architectures } = inspectExecutable(bytes)
    if (format === 'ELF') files.push({ name: path, format, architectures, bytes })
  }
  return files
}
