// A checkpoint's weights in the arrays of a precision: one weight at a time, so that a model is never in memory
// twice. Arrays go into memory, or into files (`store.ts`) that the runtime maps.
import { type LongWork, throwIfCancelled } from '../../core/index.ts'
import type { TensorData } from '../../tensor/index.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { Precision } from './precision.ts'
import { arrayName, type StoredArray, type StoredArrays, type WeightUses } from './weights.ts'

/** Converts every weight and hands over its arrays. Throws CANCELLED, and what reading weights throws. */
export async function convertWeights(
  checkpoint: Checkpoint,
  uses: WeightUses,
  precision: Precision,
  take: (array: string, data: TensorData) => void | Promise<void>,
  { onProgress, signal }: LongWork = {},
): Promise<void> {
  let done = 0
  for (const [name, { shape, uses: ways }] of uses) {
    throwIfCancelled(signal)
    const values = await checkpoint.weight(name)
    const taken = new Set<string>()
    for (const use of ways) {
      for (const [suffix, data] of Object.entries(precision.convert(use, values, shape))) {
        if (!taken.has(suffix)) await take(arrayName(name, suffix), data)
        taken.add(suffix)
      }
    }
    onProgress?.({
      stage: `converting weights to ${precision.name}`,
      done: ++done,
      total: uses.size,
      unit: 'items',
    })
    // Others have their turn.
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/** All arrays in memory. */
export async function weightsInMemory(
  checkpoint: Checkpoint,
  uses: WeightUses,
  precision: Precision,
  layout: ReadonlyMap<string, Omit<StoredArray, 'source'>>,
  work?: LongWork,
): Promise<StoredArrays> {
  const arrays = new Map<string, StoredArray>()
  await convertWeights(
    checkpoint,
    uses,
    precision,
    (name, source) => void arrays.set(name, { ...layout.get(name)!, source }),
    work,
  )
  return arrays
}
