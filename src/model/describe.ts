// A model before it is loaded: how large it is, and what it would take to compute with it here.
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { graphsOf } from './export/onnx/graphs.ts'
import { availableMemory } from './runtime/memory.ts'
import { estimateMemory, type MemoryEstimate, recordUses } from './runtime/open-weights.ts'
import type { PrecisionName } from './runtime/precision.ts'

export interface ModelDescription {
  /** Numbers that were trained; a matrix that is used twice counts once. */
  parameters: number
  memory: Record<PrecisionName, MemoryEstimate>
  /** Bytes that this process may still take; null where nobody says. */
  available: number | null
  /** Bytes of keys and values for each token of a context; null for encoders, which keep none. */
  cacheBytesPerToken: number | null
}

/** Reads no weights. */
export function describeModel(checkpoint: Checkpoint): ModelDescription {
  const { family, config, parameters } = checkpoint
  const uses = recordUses(checkpoint, (weights) => {
    for (const graph of Object.values(graphsOf(family, config))) graph(weights)
  })
  const size = ({ shape }: { shape: readonly number[] }) => shape.reduce((product, one) => product * one, 1)
  const layers = config.seq2seq?.decoderLayers ?? config.layers
  return {
    parameters: Object.values(parameters).reduce((sum, spec) => sum + size(spec), 0),
    memory: estimateMemory(uses),
    available: availableMemory(),
    cacheBytesPerToken: family.kind === 'encoder' ? null : 2 * 4 * layers * config.kvHeads * config.headDim,
  }
}
