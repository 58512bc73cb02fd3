// Models that read a text and say what it is, instead of continuing it: BERT, and the encoders of T5. Texts of different
// lengths run in one batch; padding is hidden from attention, so that a text's states do not depend on the
// others beside it.
import { TesseraError } from '../core/index.ts'
import { type Result, Session } from '../tensor/index.ts'
import type { Tokenizer } from '../tokenizer/index.ts'
import type { Checkpoint } from './checkpoint/checkpoint.ts'
import { withCheckpoint } from './checkpoint/with-checkpoint.ts'
import type { DecoderConfig } from './config.ts'
import { encoderGraph } from './export/onnx/graphs.ts'
import type { ModelOptions } from './model.ts'
import { openWeights, type OpenWeights, recordUses } from './runtime/open-weights.ts'
import type { PrecisionName } from './runtime/precision.ts'
import { GraphWeights } from './runtime/weights.ts'
import { expectKind } from './training-net.ts'

export interface EncodeOptions {
  /** Of each token, which sentence it is of (BERT). Default: all 0. */
  tokenTypes?: readonly ArrayLike<number>[]
  /** Also the logits of the head that names masked tokens. Default false. */
  logits?: boolean
}

export interface Encoded {
  /** Number of texts. */
  batch: number
  /** Tokens of the longest text. */
  time: number
  /** Last states, `[batch, time, dim]`; those of padding mean nothing. */
  hidden: Float32Array
  /** `[batch, time]`: 1 for tokens, 0 for padding behind them. */
  mask: Uint8Array
  /** `[batch, dim]`; null without a pooler. */
  pooled: Float32Array | null
  /** `[batch, time, vocab]` of the head that names masked tokens; null where they were not asked for. */
  logits: Float32Array | null
}

/** Texts as rows of one length. */
export interface PaddedRows {
  batch: number
  time: number
  ids: BigInt64Array
  mask: BigInt64Array
}

/** Rows with zeros behind the shorter ones. Throws ARGUMENT_INVALID, ID_OUT_OF_RANGE, CONTEXT_OVERFLOW. */
export function padRows(
  texts: readonly ArrayLike<number>[],
  { vocabSize, maxPositions }: DecoderConfig,
): PaddedRows {
  const batch = texts.length
  const time = texts.reduce((most, { length }) => Math.max(most, length), 0)
  const empty = texts.findIndex(({ length }) => length === 0)
  if (batch === 0 || empty >= 0) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      batch === 0 ? 'There is no text' : `Text ${empty} has no tokens`,
      {
        hint: 'Give one row of ids for each text, each with at least one id',
      },
    )
  }
  if (time > maxPositions) {
    throw new TesseraError('CONTEXT_OVERFLOW', `A text of ${time} tokens`, {
      hint: `The model has ${maxPositions} positions: cut the text, or split it`,
    })
  }
  const ids = new BigInt64Array(batch * time)
  const mask = new BigInt64Array(batch * time)
  for (const [row, text] of texts.entries()) {
    for (let t = 0; t < text.length; t++) {
      const id = text[t]!
      if (!Number.isInteger(id) || id < 0 || id >= vocabSize) {
        throw new TesseraError('ID_OUT_OF_RANGE', `The id ${id}`, {
          where: `text ${row}, token ${t}`,
          hint: `The model's vocabulary has ${vocabSize} ids`,
        })
      }
      ids[row * time + t] = BigInt(id)
      mask[row * time + t] = 1n
    }
  }
  return { batch, time, ids, mask }
}

export class Encoder {
  readonly config: DecoderConfig
  readonly tokenizer: Tokenizer | null
  readonly identity: string
  readonly precision: PrecisionName
  /** Of the weights, as they are kept. */
  readonly bytes: number
  private readonly openSession: (head: boolean) => Promise<Session>
  /** One for states, one that also gives logits, each made when it is first needed. */
  private readonly sessions = new Map<boolean, Promise<Session>>()
  private released = false

  private constructor(
    { config, tokenizer, identity }: Checkpoint,
    { precision, bytes }: OpenWeights,
    openSession: (head: boolean) => Promise<Session>,
  ) {
    this.config = config
    this.tokenizer = tokenizer
    this.identity = identity
    this.precision = precision.name
    this.bytes = bytes
    this.openSession = openSession
  }

  /** @internal See `loadEncoder`. */
  static async open(checkpoint: Checkpoint, options: ModelOptions): Promise<Encoder> {
    const { family, config } = checkpoint
    expectKind(family, ['encoder', 'encoder-decoder'], 'An encoder')
    const { device, threads = 1, profile, ...rest } = options
    const uses = recordUses(checkpoint, (weights) => void encoderGraph(family, config)(weights))
    const opened = await openWeights(checkpoint, uses, { ...rest, device })
    const weights = new GraphWeights(opened.arrays, opened.precision)
    const encoder = new Encoder(checkpoint, opened, (head) =>
      Session.open(encoderGraph(family, config, head)(weights), {
        threads,
        ...opened.session,
        ...(device !== undefined && { providers: [device] }),
        ...(profile !== undefined && { profile }),
      }),
    )
    await encoder.session(false)
    return encoder
  }

  private session(head: boolean): Promise<Session> {
    if (this.released) throw new TesseraError('ARGUMENT_INVALID', 'The model has been released')
    let session = this.sessions.get(head)
    if (!session) {
      session = this.openSession(head)
      this.sessions.set(head, session)
      session.catch(() => this.sessions.delete(head))
    }
    return session
  }

  /**
   * Encodes texts, each a row of ids (special tokens included, as the tokenizer gives them). Memory grows with the
   * number of texts times the longest one. Throws ARGUMENT_INVALID, SHAPE_MISMATCH, ID_OUT_OF_RANGE,
   * CONTEXT_OVERFLOW, RUNTIME_FAILED.
   */
  async encode(
    texts: readonly ArrayLike<number>[],
    { tokenTypes, logits = false }: EncodeOptions = {},
  ): Promise<Encoded> {
    if (logits && !this.config.encoder?.maskedHead) {
      throw new TesseraError('ARGUMENT_INVALID', 'This model has no head that names masked tokens', {
        hint: 'A checkpoint of BertForMaskedLM has one',
      })
    }
    const { batch, time, ids, mask } = padRows(texts, this.config)
    const shape = [batch, time]
    const types = this.types(texts, tokenTypes, time)
    const session = await this.session(logits)
    const results: Readonly<Record<string, Result>> = await session.run({
      input_ids: { data: ids, shape },
      attention_mask: { data: mask, shape },
      ...(types && { token_type_ids: { data: types, shape } }),
    })
    const data = (name: string) => (results[name]?.data ?? null) as Float32Array | null
    return {
      batch,
      time,
      hidden: data('last_hidden_state')!,
      mask: Uint8Array.from(mask, Number),
      pooled: data('pooler_output'),
      logits: data('logits'),
    }
  }

  private types(
    texts: readonly ArrayLike<number>[],
    given: readonly ArrayLike<number>[] | undefined,
    time: number,
  ): BigInt64Array | null {
    const { encoder } = this.config
    if (!encoder) {
      if (given) throw new TesseraError('ARGUMENT_INVALID', 'This model has no token types')
      return null
    }
    const types = new BigInt64Array(texts.length * time)
    if (!given) return types
    for (const [row, text] of texts.entries()) {
      const own = given[row]
      if (own?.length !== text.length) {
        throw new TesseraError(
          'SHAPE_MISMATCH',
          `${own?.length ?? 'No'} token types for the ${text.length} ids of text ${row}`,
        )
      }
      for (let t = 0; t < own.length; t++) {
        const type = own[t]!
        if (!Number.isInteger(type) || type < 0 || type >= encoder.tokenTypes) {
          throw new TesseraError('ID_OUT_OF_RANGE', `The token type ${type}`, {
            where: `text ${row}, token ${t}`,
            hint: `The model has ${encoder.tokenTypes} types`,
          })
        }
        types[row * time + t] = BigInt(type)
      }
    }
    return types
  }

  /** Frees its memory. */
  async release(): Promise<void> {
    this.released = true
    const sessions = [...this.sessions.values()]
    this.sessions.clear()
    for (const session of sessions) await (await session).release()
  }
}

/**
 * Opens an encoder (BERT, or the encoder of a T5) by its path or its checkpoint. Throws ARGUMENT_INVALID for a model
 * that is none, OUT_OF_MEMORY, and what opening a checkpoint throws.
 */
export function loadEncoder(source: string | Checkpoint, options: ModelOptions = {}): Promise<Encoder> {
  return withCheckpoint(source, (checkpoint) => Encoder.open(checkpoint, options))
}
