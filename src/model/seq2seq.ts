// Models that write one text for another (T5, mT5, ByT5): the source is encoded once, its keys for cross attention are
// made at the first step and kept, and the target is written token by token, the likeliest each time, for all
// texts of a batch together.
import { throwIfCancelled, TesseraError } from '../core/index.ts'
import { type Feed, type Result, Session } from '../tensor/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { withCheckpoint } from './checkpoint/with-checkpoint.ts'
import type { DecoderConfig, Seq2SeqDetails } from './config.ts'
import { padRows } from './encoder.ts'
import { graphsOf } from './export/onnx/graphs.ts'
import type { ModelOptions } from './model.ts'
import { openWeights, recordUses } from './runtime/open-weights.ts'
import { GraphWeights } from './runtime/weights.ts'
import { expectKind } from './training-net.ts'

export interface TranslateOptions {
  /** Default 128. */
  maxTokens?: number
  /** Called with the newest id of every text that is not finished; null for those that are. */
  onTokens?: (ids: readonly (number | null)[]) => void
  signal?: AbortSignal
}

export interface Translation {
  /** Without the start, with the end if it came. */
  ids: number[]
  finishReason: 'stop' | 'length'
}

export class Seq2Seq {
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer | null
  readonly identity: string
  private readonly details: Seq2SeqDetails
  private readonly encoder: Session
  private readonly decoder: Session

  private constructor({ config, tokenizer, identity }: Checkpoint, encoder: Session, decoder: Session) {
    this.config = config
    this.details = config.seq2seq!
    this.tokenizer = tokenizer
    this.identity = identity
    this.encoder = encoder
    this.decoder = decoder
  }

  /** @internal See `loadSeq2Seq`. */
  static async open(checkpoint: Checkpoint, options: ModelOptions): Promise<Seq2Seq> {
    const { family, config } = checkpoint
    expectKind(family, ['encoder-decoder'], 'A model that writes one text for another')
    const { device, threads = 1, profile, ...rest } = options
    const { encoder_model: encode, decoder_model_merged: decode } = graphsOf(family, config)
    const uses = recordUses(checkpoint, (weights) => {
      encode!(weights)
      decode!(weights)
    })
    const { arrays, precision, session } = await openWeights(checkpoint, uses, { ...rest, device })
    const settings = {
      threads,
      ...session,
      ...(device !== undefined && { providers: [device] }),
      ...(profile !== undefined && { profile }),
    }
    const weights = new GraphWeights(arrays, precision)
    const encoder = await Session.open(encode!(weights), settings)
    try {
      return new Seq2Seq(checkpoint, encoder, await Session.open(decode!(weights), settings))
    } catch (cause) {
      await encoder.release()
      throw cause
    }
  }

  /**
   * The likeliest continuation, token by token, for each text (a row of ids, its end token included). Throws
   * ARGUMENT_INVALID, ID_OUT_OF_RANGE, CANCELLED, RUNTIME_FAILED.
   */
  async generate(
    texts: readonly ArrayLike<number>[],
    { maxTokens = 128, onTokens, signal }: TranslateOptions = {},
  ): Promise<Translation[]> {
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
      throw new TesseraError('ARGUMENT_INVALID', `maxTokens is ${maxTokens}`, { hint: 'At least 1' })
    }
    const { batch, time, ids, mask } = padRows(texts, this.config)
    const shape = [batch, time]
    const { last_hidden_state: states } = await this.encoder.run({
      input_ids: { data: ids, shape },
      attention_mask: { data: mask, shape },
    })
    const source = { encoder_attention_mask: { data: mask, shape }, encoder_hidden_states: states! }
    const translations = texts.map((): Translation => ({ ids: [], finishReason: 'length' }))
    let newest = texts.map(() => this.details.start)
    let cache = this.emptyCache(batch)
    for (let step = 0; step < maxTokens; step++) {
      throwIfCancelled(signal)
      const given = { data: BigInt64Array.from(newest, BigInt), shape: [batch, 1] }
      const results = await this.decoder.run({ input_ids: given, ...source, ...cache })
      const next = likeliest(results.logits!.data as Float32Array, batch)
      const shown = translations.map((one, row) => {
        if (one.finishReason === 'stop') return null
        one.ids.push(next[row]!)
        if (this.config.eos.includes(next[row]!)) one.finishReason = 'stop'
        return next[row]!
      })
      onTokens?.(shown)
      if (translations.every(({ finishReason }) => finishReason === 'stop')) break
      newest = shown.map((id) => id ?? this.details.pad)
      cache = this.nextCache(results)
    }
    return translations
  }

  /** No keys yet, of either kind. */
  private emptyCache(batch: number): Record<string, Feed> {
    const { kvHeads, headDim } = this.config
    const names = [...this.decoder.program.inputs.keys()].filter((name) => name.startsWith('past'))
    const none = { data: new Float32Array(0), shape: [batch, kvHeads, 0, headDim] }
    return Object.fromEntries(names.map((name) => [name, none]))
  }

  private nextCache(results: Readonly<Record<string, Result>>): Record<string, Feed> {
    return Object.fromEntries(
      Object.entries(results)
        .filter(([name]) => name.startsWith('present.'))
        .map(([name, value]) => [name.replace('present.', 'past_key_values.'), value]),
    )
  }

  /** Frees its memory. */
  async release(): Promise<void> {
    await this.encoder.release()
    await this.decoder.release()
  }
}

/** The first of the largest logits of each row. */
function likeliest(logits: Float32Array, batch: number): number[] {
  const size = logits.length / batch
  return Array.from({ length: batch }, (_, row) => {
    let best = 0
    for (let id = 1; id < size; id++) {
      if (logits[row * size + id]! > logits[row * size + best]!) best = id
    }
    return best
  })
}

/**
 * Opens an encoder–decoder (T5, mT5, ByT5) by its path or its checkpoint. Throws ARGUMENT_INVALID for a model that is
 * none, OUT_OF_MEMORY, and what opening a checkpoint throws.
 */
export function loadSeq2Seq(source: string | Checkpoint, options: ModelOptions = {}): Promise<Seq2Seq> {
  return withCheckpoint(source, (checkpoint) => Seq2Seq.open(checkpoint, options))
}
