// A checkpoint, or the name or path of one that is opened for as long as something reads from it.
import type { Checkpoint } from './checkpoint.ts'

/** Throws what opening it and `body` throw. */
export async function withCheckpoint<T>(
  source: string | Checkpoint,
  body: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  if (typeof source !== 'string') return body(source)
  // Reading files is for Node; a page opens its checkpoints itself.
  const { openCheckpoint } = await import('../files.ts')
  const checkpoint = await openCheckpoint(source)
  try {
    return await body(checkpoint)
  } finally {
    await checkpoint.close()
  }
}
