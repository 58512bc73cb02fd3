// A model that computes: its weights in some precision, as sessions of ONNX Runtime, and one operation, `step`, which
// takes new tokens and a cache and gives logits, hidden states and attention as far as they are wanted.
// Everything else (generation, batching, speculation, embedding) is made of steps and of operations on caches.
import { TesseraError } from '../core/index.ts'
import type { Session } from '../tensor/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import type { DecoderConfig } from './config.ts'
import { usesOf } from './runtime/graph.ts'
import { Sessions } from './runtime/sessions.ts'
import { runStep, type StepInput, type StepResult } from './runtime/step.ts'
import { arrayName, fp32, type StoredArray } from './runtime/weights.ts'

export type PrecisionName = 'fp32' | 'int8' | 'int4'

export interface ModelOptions {
  /** Default fp32. */
  precision?: PrecisionName
  /** Execution provider of ONNX Runtime: `cpu` (default), `cuda`, `dml`, `coreml`; in a page `wasm`, `webgpu`. */
  device?: string
  /** Threads within one operator. Default 1. */
  threads?: number
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
    checkpoint: Checkpoint,
    precision: PrecisionName,
    bytes: number,
    patchable: readonly string[],
    sessions: Sessions,
  ) {
    this.config = checkpoint.config
    this.tokenizer = checkpoint.tokenizer
    this.identity = checkpoint.identity
    this.precision = precision
    this.bytes = bytes
    this.patchable = patchable
    this.sessions = sessions
  }

  /** @internal See `loadModel`. */
  static async open(
    checkpoint: Checkpoint,
    { precision = 'fp32', device, threads = 1 }: ModelOptions,
  ): Promise<Model> {
    if (precision !== 'fp32') throw new TesseraError('FORMAT_UNSUPPORTED', `The precision ${precision}`)
    const { family, config } = checkpoint
    const { uses, noted } = usesOf(family, config)
    const arrays = new Map<string, StoredArray>()
    for (const [name, { shape, uses: ways }] of uses) {
      const values = await checkpoint.weight(name)
      for (const use of ways) {
        for (const [suffix, { dtype, shape: stored, data }] of Object.entries(
          fp32.convert(use, values, shape),
        )) {
          arrays.set(arrayName(name, suffix), { dtype, shape: stored, source: data })
        }
      }
    }
    let bytes = 0
    for (const { source } of arrays.values()) bytes += 'location' in source ? 0 : source.byteLength
    const options = { threads, ...(device !== undefined && { providers: [device] }) }
    const sessions = new Sessions({ family, config, arrays, precision: fp32, options })
    const model = new Model(checkpoint, precision, bytes, noted, sessions)
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

/** Opens a model for computing. Throws what opening a checkpoint throws, OUT_OF_MEMORY, RUNTIME_FAILED. */
export function loadModel(checkpoint: Checkpoint, options: ModelOptions = {}): Promise<Model> {
  return Model.open(checkpoint, options)
}
