// A model that computes: its weights in some precision, as sessions of ONNX Runtime, and one operation, `step`, which
// takes new tokens and a cache and gives logits, hidden states and attention as far as they are wanted.
// Everything else (generation, batching, speculation, embedding) is made of steps and of operations on caches.
import { type LongWork, TesseraError } from '../core/index.ts'
import type { Session, SessionOptions } from '../tensor/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import type { DecoderConfig } from './config.ts'
import { weightsInMemory } from './runtime/convert.ts'
import { usesOf } from './runtime/graph.ts'
import { int4, int8 } from './runtime/blocks.ts'
import { int8Rows } from './runtime/int8-rows.ts'
import { availableMemory, checkMemory } from './runtime/memory.ts'
import { fp32, type PrecisionName } from './runtime/precision.ts'
import { Sessions } from './runtime/sessions.ts'
import { runStep, type StepInput, type StepResult } from './runtime/step.ts'
import { arrayBytes, layoutOf, type StoredArrays } from './runtime/weights.ts'

const PRECISIONS = { fp32, int8, int4 } as const

/** Weights below this are kept in memory: converting them costs less than looking for a file. */
const SMALL = 64_000_000

export interface ModelOptions extends LongWork {
  /**
   * `fp32` (default): exact. `int8`: a quarter of the memory, twice as fast. `int4`: an eighth, fastest for one
   * token at a time, slower than int8 for many.
   */
  precision?: PrecisionName
  /** Execution provider of ONNX Runtime: `cpu` (default), `cuda`, `dml`, `coreml`; in a page `wasm`, `webgpu`. */
  device?: string
  /** Threads within one operator. Default 1. */
  threads?: number
  /**
   * Where converted weights are kept. Default: TESSERA_CACHE, or the system's folder for caches; those of less than
   * 64 MB stay in memory. null: nowhere; they stay in memory, which takes twice as much of it, and are
   * converted at every start.
   */
  cacheFolder?: string | null
  /** Bytes that may be used; default: what the system says. A model that needs more is refused. */
  memoryLimit?: number
  /** Write a profile by operator to `<prefix>_<time>.json` on release (Node only). */
  profile?: string
}

export class Model implements CacheModel {
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer | null
  readonly precision: PrecisionName
  /** Of the weights, as they are kept. */
  readonly bytes: number
  readonly identity: string
  /** Names of values that `patch` can replace. */
  readonly patchable: readonly string[]
  private readonly sessions: Sessions

  private constructor(
    { config, tokenizer, identity }: Checkpoint,
    precision: PrecisionName,
    bytes: number,
    patchable: readonly string[],
    sessions: Sessions,
  ) {
    this.config = config
    this.tokenizer = tokenizer
    this.identity = identity
    this.precision = precision
    this.bytes = bytes
    this.patchable = patchable
    this.sessions = sessions
  }

  /** @internal See `loadModel`. */
  static async open(checkpoint: Checkpoint, options: ModelOptions): Promise<Model> {
    const { precision: name = 'fp32', device, threads = 1, profile, ...work } = options
    if (!(name in PRECISIONS)) {
      throw new TesseraError('ARGUMENT_INVALID', `There is no precision ${JSON.stringify(name)}`, {
        hint: `There are: ${Object.keys(PRECISIONS).join(', ')}`,
      })
    }
    const inNode = typeof process === 'object' && Boolean(process.versions?.node)
    const precision = !inNode && name === 'int8' ? int8Rows : PRECISIONS[name]
    const { family, config } = checkpoint
    const { uses, noted } = usesOf(family, config)
    const layout = layoutOf(uses, precision)
    const bytes = [...layout.values()].reduce((sum, array) => sum + arrayBytes(array), 0)
    const { cacheFolder } = options
    const onDisk = inNode && (cacheFolder === undefined ? bytes > SMALL : cacheFolder !== null)
    checkMemory(bytes, onDisk ? 'mapped' : 'inMemory', name, options.memoryLimit ?? availableMemory())
    const settings: SessionOptions = {
      threads,
      ...(device !== undefined && { providers: [device] }),
      ...(profile !== undefined && { profile }),
    }
    let arrays: StoredArrays
    if (onDisk) {
      const { storedWeights } = await import('./runtime/store.ts')
      const stored = await storedWeights(checkpoint, uses, precision, layout, {
        ...work,
        folder: cacheFolder ?? undefined,
      })
      arrays = stored.arrays
      settings.folder = stored.folder
    } else arrays = await weightsInMemory(checkpoint, uses, precision, layout, work)
    const sessions = new Sessions({ family, config, arrays, precision, options: settings })
    const model = new Model(checkpoint, name, bytes, noted, sessions)
    await model.session(false, [])
    return model
  }

  /** An empty cache. */
  cache(options: CacheOptions = {}): Cache {
    return new Cache(this, options)
  }

  /**
   * Computes new tokens: what they attend to is in the cache, their own keys and values are appended to it. Throws
   * ARGUMENT_INVALID, SHAPE_MISMATCH, ID_OUT_OF_RANGE, CONTEXT_OVERFLOW (the cache is as before then),
   * OUT_OF_MEMORY, RUNTIME_FAILED.
   */
  async step(input: StepInput): Promise<StepResult> {
    const cache = input.cache ?? this.cache({ lanes: lanesOf(input) })
    if (cache.model.identity !== this.identity) {
      throw new TesseraError('ARGUMENT_INVALID', 'The cache was made by a model with other weights')
    }
    cache.lock()
    try {
      return await runStep(this, input, cache)
    } finally {
      cache.unlock()
      if (!input.cache) cache.release()
    }
  }

  /** @internal */
  session(prefix: boolean, patched: readonly string[]): Promise<Session> {
    if (this.sessions.isReleased) throw new TesseraError('ARGUMENT_INVALID', 'The model has been released')
    return this.sessions.of({ prefix, patched })
  }

  /** Frees the memory of the weights; caches of the model stay readable. */
  release(): Promise<void> {
    return this.sessions.release()
  }
}

function lanesOf({ ids }: StepInput): number {
  return ids && typeof ids[0] === 'object' ? ids.length : 1
}

/**
 * Opens a model for computing: a path (a Hugging Face folder, a .safetensors file in one) or an open checkpoint. Throws
 * what opening a checkpoint throws, OUT_OF_MEMORY, FILE_WRITE_FAILED, CANCELLED, RUNTIME_FAILED.
 */
export async function loadModel(source: string | Checkpoint, options: ModelOptions = {}): Promise<Model> {
  if (typeof source !== 'string') return Model.open(source, options)
  // Reading files is for Node; a page opens its checkpoints itself.
  const { openCheckpoint } = await import('./checkpoint/open.ts')
  const checkpoint = await openCheckpoint(source)
  try {
    return await Model.open(checkpoint, options)
  } finally {
    await checkpoint.close()
  }
}
