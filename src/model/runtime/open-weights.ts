// A checkpoint's weights, converted to a precision and ready to be constants of graphs: small ones in memory, large ones in
// the cache folder, from where the runtime maps them. What would not fit is refused before anything is read.
import { type LongWork, TesseraError } from '../../core/index.ts'
import type { SessionOptions } from '../../tensor/index.ts'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { NetWeights } from '../net.ts'
import { weightsInMemory } from './convert.ts'
import { int4, int8 } from './blocks.ts'
import { int8Rows } from './int8-rows.ts'
import { availableMemory, checkMemory, memoryNeeded } from './memory.ts'
import { fp32, type Precision, type PrecisionName } from './precision.ts'
import { arrayBytes, layoutOf, type StoredArrays, UseRecorder, type WeightUses } from './weights.ts'

const PRECISIONS: Readonly<Record<PrecisionName, Precision>> = { fp32, int8, int4 }

/** Weights below this are kept in memory: converting them costs less than looking for a file. */
const SMALL = 64_000_000

export interface WeightOptions extends LongWork {
  /**
   * `fp32` (default): exact. `int8`: a quarter of the memory, twice as fast. `int4`: an eighth, fastest for one
   * token at a time, slower than int8 for many.
   */
  precision?: PrecisionName
  /**
   * Where converted weights are kept. Default: TESSERA_CACHE, or the system's folder for caches; those of less than
   * 64 MB stay in memory. null: nowhere; they stay in memory, which takes twice as much of it, and are
   * converted at every start.
   */
  cacheFolder?: string | null
  /** Execution provider of ONNX Runtime: `cpu` (default), `cuda`, `dml`, `coreml`; in a page `wasm`, `webgpu`. */
  device?: string
  /** Bytes that may be used; default: what the system says. A model that needs more is refused. */
  memoryLimit?: number
}

export interface OpenWeights {
  precision: Precision
  arrays: StoredArrays
  /** Of all arrays. */
  bytes: number
  /** What sessions need to find arrays that are in files. */
  session: Pick<SessionOptions, 'folder' | 'external'>
}

/**
 * `where`: blocks of eight bits are fast in Node's runtime and very slow in that of a page, which gets whole rows of them.
 * Throws ARGUMENT_INVALID for a precision that there is not.
 */
export function precisionOf(name: PrecisionName = 'fp32', where: 'node' | 'page' = 'node'): Precision {
  if (!Object.hasOwn(PRECISIONS, name)) {
    throw new TesseraError('ARGUMENT_INVALID', `There is no precision ${JSON.stringify(name)}`, {
      hint: `There are: ${Object.keys(PRECISIONS).join(', ')}`,
    })
  }
  return where === 'page' && name === 'int8' ? int8Rows : PRECISIONS[name]
}

/** How graphs use their weights: they are traced on weights that only have shapes. */
export function recordUses(checkpoint: Checkpoint, trace: (weights: NetWeights) => void): WeightUses {
  const recorder = new UseRecorder(checkpoint.parameters)
  trace(recorder)
  return recorder.uses
}

function weightBytes(uses: WeightUses, precision: Precision): number {
  return [...layoutOf(uses, precision).values()].reduce((sum, array) => sum + arrayBytes(array), 0)
}

export interface MemoryEstimate {
  /** Bytes of the weights. */
  weights: number
  /** Bytes that computing with them takes, about; a cache comes on top. */
  needed: number
}

/** What each precision takes in Node, before anything is read. */
export function estimateMemory(uses: WeightUses): Record<PrecisionName, MemoryEstimate> {
  const estimate = (precision: Precision) => {
    const weights = weightBytes(uses, precision)
    return { weights, needed: memoryNeeded(weights, weights > SMALL ? 'mapped' : 'inMemory') }
  }
  return { fp32: estimate(fp32), int8: estimate(int8), int4: estimate(int4) }
}

/** Throws OUT_OF_MEMORY, FILE_WRITE_FAILED, CANCELLED, and what reading the weights throws. */
export async function openWeights(
  checkpoint: Checkpoint,
  uses: WeightUses,
  { precision: name = 'fp32', cacheFolder, device, memoryLimit, ...work }: WeightOptions,
): Promise<OpenWeights> {
  const native = typeof process === 'object' && Boolean(process.versions?.node) && device !== 'wasm'
  const precision = precisionOf(name, native ? 'node' : 'page')
  const layout = layoutOf(uses, precision)
  const bytes = weightBytes(uses, precision)
  const onDisk = native && (cacheFolder === undefined ? bytes > SMALL : cacheFolder !== null)
  checkMemory(bytes, onDisk ? 'mapped' : 'inMemory', name, memoryLimit ?? availableMemory())
  if (!onDisk) {
    const inMemory = await weightsInMemory(checkpoint, uses, precision, layout, work)
    const { arrays, external } = outsideOfGraphs(inMemory)
    return { precision, arrays, bytes, session: { external } }
  }
  const { storedWeights } = await import('./store.ts')
  const kept = { ...work, folder: cacheFolder ?? undefined }
  const { arrays, folder } = await storedWeights(checkpoint, uses, precision, layout, kept)
  return { precision, arrays, bytes, session: { folder } }
}

/** Arrays of this many bytes are handed over beside a graph: within it they would be copied thrice on the way. */
const LARGE = 1_000_000

function outsideOfGraphs(arrays: StoredArrays): {
  arrays: StoredArrays
  external: Record<string, Uint8Array>
} {
  const external: Record<string, Uint8Array> = {}
  const outside = [...arrays].map(([name, array]) => {
    const { source } = array
    if ('location' in source || source.byteLength < LARGE) return [name, array] as const
    const location = `array-${Object.keys(external).length}`
    external[location] = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    return [name, { ...array, source: { location, offset: 0 } }] as const
  })
  return { arrays: new Map(outside), external }
}
