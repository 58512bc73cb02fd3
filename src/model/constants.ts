// A checkpoint's weights as constants of graphs. Which weight is used how is found by tracing the graph once on
// weights that only have shapes; then each is read, and kept as its precision keeps it.
import { throwIfCancelled } from '../core/index.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import type { NetWeights } from './net.ts'
import { arrayName, type Precision, type StoredArray, UseRecorder } from './runtime/weights.ts'

/** Arrays of all weights that the traced graphs use. Throws what reading the checkpoint throws, CANCELLED. */
export async function weightArrays(
  checkpoint: Checkpoint,
  precision: Precision,
  trace: (weights: NetWeights) => void,
  signal?: AbortSignal,
): Promise<Map<string, StoredArray>> {
  const recorder = new UseRecorder(checkpoint.parameters)
  trace(recorder)
  const arrays = new Map<string, StoredArray>()
  for (const [name, { shape, uses }] of recorder.uses) {
    throwIfCancelled(signal)
    const values = await checkpoint.weight(name)
    for (const use of uses) {
      for (const [suffix, { dtype, shape: stored, data }] of Object.entries(
        precision.convert(use, values, shape),
      )) {
        arrays.set(arrayName(name, suffix), { dtype, shape: stored, source: data })
      }
    }
  }
  return arrays
}
