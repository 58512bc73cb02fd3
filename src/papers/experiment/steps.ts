// Finished steps of an experiment, kept on disk under a hash of everything they depend on: a run that was
// stopped goes on where it was, and a changed setting or file makes its steps anew.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readFileBounded, writeFileAtomic } from '../../core/node.ts'

export class Steps {
  private readonly folder: string
  private readonly key: string

  /** `depends`: settings and hashes of the inputs, as JSON values. */
  constructor(folder: string, depends: unknown) {
    this.folder = folder
    this.key = hashOf(JSON.stringify(depends))
  }

  /** The kept value of a step, or what `make` gives (a JSON value), kept from now on. */
  async do<T>(name: string, make: () => Promise<T> | T): Promise<T> {
    const file = join(this.folder, `${hashOf(`${this.key} ${name}`)}.json`)
    const kept = await readFileBounded(file, 256 << 20).catch(() => null)
    if (kept) {
      try {
        return JSON.parse(new TextDecoder().decode(kept)) as T
      } catch {
        // A damaged file is a step that was not done.
      }
    }
    const value = await make()
    await writeFileAtomic(file, JSON.stringify(value))
    return value
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}
