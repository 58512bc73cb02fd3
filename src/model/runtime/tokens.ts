// What a caller gives to a step, checked and laid out as the graph takes it: by time first and lane second, with holes
// where a lane has fewer tokens than another.
import { TesseraError } from '../../core/index.ts'
import type { DecoderConfig } from '../config.ts'

export interface StepTokens {
  /**
   * New tokens: one row, or one row for each lane. Rows of different lengths: the shorter ones get holes (slots that
   * nobody sees).
   */
  ids?: ArrayLike<number> | readonly ArrayLike<number>[]
  /** `[lanes, time, dim]`, in place of ids. */
  embeddings?: Float32Array
  /** `[lanes, time]`; default: on from each lane's newest. -1: a hole. */
  positions?: Int32Array
}

export interface NewTokens {
  time: number
  lanes: number
  /** `[time, lanes]`; 0 in holes. */
  ids: BigInt64Array
  /** `[time, lanes, dim]` in place of ids. */
  embeddings: Float32Array | null
  /** `[time, lanes]`; -1: a hole. */
  positions: Int32Array
}

/**
 * `next`: the position after each lane's newest token. Throws ARGUMENT_INVALID, SHAPE_MISMATCH, ID_OUT_OF_RANGE,
 * CONTEXT_OVERFLOW.
 */
export function newTokens(
  config: DecoderConfig,
  input: StepTokens,
  lanes: number,
  next: Int32Array,
): NewTokens {
  if ((input.ids === undefined) === (input.embeddings === undefined)) {
    throw new TesseraError('ARGUMENT_INVALID', 'A step takes either ids or embeddings')
  }
  const lengths = input.ids === undefined ? null : rowsOf(input.ids, lanes)
  const time = lengths
    ? Math.max(...lengths.map((row) => row.length))
    : timeOf(config, input.embeddings!, lanes)
  if (time === 0) throw new TesseraError('ARGUMENT_INVALID', 'A step takes at least one token')
  const ids = new BigInt64Array(time * lanes)
  const positions = new Int32Array(time * lanes).fill(-1)
  const given = input.positions
  if (given && given.length !== lanes * time) {
    throw new TesseraError('SHAPE_MISMATCH', `${given.length} positions for ${lanes} lanes of ${time} tokens`)
  }
  for (let lane = 0; lane < lanes; lane++) {
    const row = lengths?.[lane]
    for (let t = 0; t < (row?.length ?? time); t++) {
      const at = t * lanes + lane
      if (row) ids[at] = BigInt(checkedId(config, row[t]!))
      positions[at] = checkedPosition(config, given ? given[lane * time + t]! : next[lane]! + t)
    }
  }
  return {
    time,
    lanes,
    ids,
    positions,
    embeddings: input.embeddings ? timeFirst(input.embeddings, lanes, time) : null,
  }
}

function rowsOf(
  ids: ArrayLike<number> | readonly ArrayLike<number>[],
  lanes: number,
): readonly ArrayLike<number>[] {
  const nested = ids.length > 0 && typeof ids[0] === 'object'
  const rows = nested ? (ids as readonly ArrayLike<number>[]) : [ids as ArrayLike<number>]
  if (rows.length !== lanes) {
    throw new TesseraError('SHAPE_MISMATCH', `${rows.length} rows of ids for ${lanes} lanes`, {
      hint: 'Give one row of ids for each lane of the cache',
    })
  }
  return rows
}

function timeOf(config: DecoderConfig, embeddings: Float32Array, lanes: number): number {
  const time = embeddings.length / (lanes * config.dim)
  if (!Number.isSafeInteger(time)) {
    throw new TesseraError(
      'SHAPE_MISMATCH',
      `${embeddings.length} numbers are no embeddings [${lanes}, time, ${config.dim}]`,
    )
  }
  return time
}

function checkedId({ vocabSize }: DecoderConfig, id: number): number {
  if (!Number.isSafeInteger(id) || id < 0 || id >= vocabSize) {
    throw new TesseraError('ID_OUT_OF_RANGE', `The model has no token ${id}`, {
      hint: `It has ids below ${vocabSize}`,
    })
  }
  return id
}

function checkedPosition({ maxPositions }: DecoderConfig, position: number): number {
  if (!Number.isSafeInteger(position) || position < -1) {
    throw new TesseraError('ARGUMENT_INVALID', `${position} is no position`)
  }
  if (position >= maxPositions) {
    throw new TesseraError(
      'CONTEXT_OVERFLOW',
      `Position ${position}; the model has positions below ${maxPositions}`,
      {
        hint: 'Truncate or gather the cache, or rotate what is kept to smaller positions',
      },
    )
  }
  return position
}

/** `[lanes, time, n]` → `[time, lanes, n]`; the array itself where that is the same. */
export function timeFirst(values: Float32Array, lanes: number, time: number): Float32Array {
  return exchanged(values, lanes, time)
}

/** `[time, lanes, n]` → `[lanes, time, n]`. */
export function lanesFirst(values: Float32Array, lanes: number, time: number): Float32Array {
  return exchanged(values, time, lanes)
}

/** Swaps the first two axes, `[a, b, n]`. */
function exchanged(values: Float32Array, a: number, b: number): Float32Array {
  if (a === 1 || b === 1) return values
  const n = values.length / (a * b)
  const result = new Float32Array(values.length)
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      result.set(values.subarray((i * b + j) * n, (i * b + j + 1) * n), (j * a + i) * n)
    }
  }
  return result
}
