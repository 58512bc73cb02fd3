// A model that computes: its weights in some precision, as sessions of ONNX Runtime, and one operation, `step`, which
// takes new tokens and a cache and gives logits, hidden states and attention as far as they are wanted.
// Everything else (generation, batching, speculation, embedding) is made of steps and of operations on caches.
import { TesseraError } from '../core/index.ts'
import type { Session, SessionOptions } from '../tensor/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import { Cache, type CacheModel, type CacheOptions } from './cache/cache.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { withCheckpoint } from './checkpoint/with-checkpoint.ts'
import type { DecoderConfig } from './config.ts'
import { usesOf } from './runtime/graph.ts'
import { openWeights, type WeightOptions } from './runtime/open-weights.ts'
import type { PrecisionName } from './runtime/precision.ts'
import { readsWhatItWrites } from './runtime/in-place.ts'
import { Sessions } from './runtime/sessions.ts'
import { runStep, type StepInput, type StepResult } from './runtime/step.ts'
import { expectKind } from './training-net.ts'

export interface ModelOptions extends WeightOptions {
  /** Threads within one operator. Default 1. */
  threads?: number
  /** Write a profile by operator to `<prefix>_<time>.json` on release (Node only). */
  profile?: string
  /** @internal Whether a step may read what it writes; default: where a trial says so. */
  inPlace?: boolean
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
    const { threads = 1, profile, inPlace: asked, ...rest } = options
    const { device } = options
    const { family, config } = checkpoint
    expectKind(family, ['decoder'], 'A model that continues text')
    const { uses, noted } = usesOf(family, config)
    const { arrays, precision, bytes, session } = await openWeights(checkpoint, uses, rest)
    const settings: SessionOptions = {
      threads,
      // Every step has another length.
      planMemory: false,
      ...session,
      ...(device !== undefined && { providers: [device] }),
      ...(profile !== undefined && { profile }),
    }
    const inPlace = asked ?? (await readsWhatItWrites(settings))
    const sessions = new Sessions({ family, config, arrays, precision, options: settings, inPlace })
    const model = new Model(checkpoint, precision.name, bytes, noted, sessions)
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
  get inPlace(): boolean {
    return this.sessions.inPlace
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
 * what opening a checkpoint throws, OUT_OF_MEMORY, RUNTIME_FAILED.
 */
export function loadModel(source: string | Checkpoint, options: ModelOptions = {}): Promise<Model> {
  return withCheckpoint(source, (checkpoint) => Model.open(checkpoint, options))
}
