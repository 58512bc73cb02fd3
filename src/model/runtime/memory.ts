// Whether a model fits into memory, said before it is tried: a process that the system kills for memory says nothing.
import { TesseraError } from '../../core/index.ts'

/**
 * Memory of a session over its weights' size, measured at 135 M parameters: weights are packed for the processor
 * beside the file that is mapped, or beside their copies in the graph.
 */
const FACTOR = { mapped: 1.5, inMemory: 3.5 }
/** Of the runtime itself, its arena and a small cache. */
const BASE = 100_000_000

export type WeightPlace = keyof typeof FACTOR

/** Bytes that computing with so many bytes of weights takes, about. */
export function memoryNeeded(weightBytes: number, kind: WeightPlace): number {
  return FACTOR[kind] * weightBytes + BASE
}

/** Throws OUT_OF_MEMORY with what is needed and what there is. */
export function checkMemory(
  weightBytes: number,
  kind: WeightPlace,
  precision: string,
  available: number | null,
): void {
  const needed = memoryNeeded(weightBytes, kind)
  if (available === null || needed <= available) return
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`
  throw new TesseraError(
    'OUT_OF_MEMORY',
    `In ${precision} the weights are ${megabytes(weightBytes)} and computing needs about ${megabytes(needed)}; there are ${megabytes(available)}`,
    {
      hint:
        precision === 'int4'
          ? 'Take a smaller model'
          : 'Take a smaller precision (int8, int4) or a smaller model',
    },
  )
}

/** Bytes that this process may still take; null where nobody says. */
export function availableMemory(): number | null {
  return typeof process === 'object' && 'availableMemory' in process ? process.availableMemory() : null
}
