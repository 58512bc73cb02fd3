// How likely a model finds a text: log-probabilities of all its tokens in one pass over it, and bits per byte, by
// which models with different tokenizers can be compared.
import { type LongWork, TesseraError, throwIfCancelled, utf8Encode } from '../core/index.ts'
import type { Model } from '../model/index.ts'
import { unlessUnknown } from './answer.ts'
import { turn } from './generate.ts'
import { promptIds } from './options.ts'
import { logSumExp, topIds, type ScoredToken } from './sampling/logits.ts'

export interface ScoreOptions extends LongWork {
  /** Give this many likeliest tokens in each place, too. Default 0. */
  top?: number
}

export interface Score {
  /** Of the text, with what the tokenizer's template adds; a text without that begins with the model's BOS or EOS. */
  ids: Uint32Array
  /** `[ids]`, natural logarithms; NaN for the first one, which nothing predicts. */
  logprobs: Float32Array
  /** Of all tokens but the first, over the bytes that they spell; NaN when they spell none. */
  bitsPerByte: number
  /** Bytes that the scored tokens spell. */
  bytes: number
  /** `[ids]`, best first, when asked for; none for the first one. */
  top?: ScoredToken[][]
}

/** Rows of logits that are held at once. */
const CHUNK = 128

/**
 * Scores a text or ids. A text longer than the model's positions is scored in windows that overlap by half, so that
 * each token is seen after at least half a window of text. Throws ARGUMENT_INVALID (nothing to score, no
 * tokenizer), CANCELLED, and what `Model.step` throws.
 */
export async function score(
  model: Model,
  text: string | ArrayLike<number>,
  { top = 0, signal, onProgress }: ScoreOptions = {},
): Promise<Score> {
  const ids = scoredIds(model, text)
  if (ids.length < 2) {
    throw new TesseraError('ARGUMENT_INVALID', `${ids.length} tokens: there is nothing to score`, {
      hint: 'The first token has nothing before it; give at least two',
    })
  }
  const { maxPositions } = model.config
  const logprobs = new Float32Array(ids.length).fill(NaN)
  const tops: ScoredToken[][] = Array.from({ length: ids.length }, () => [])
  // Tokens before `done` have their score; a window begins so that half of it is context.
  for (let done = 1, start = 0; done < ids.length; start = done - Math.ceil(maxPositions / 2)) {
    const end = Math.min(ids.length, start + maxPositions)
    const cache = model.cache({ capacity: end - start })
    try {
      for (let from = start; from < end; from += CHUNK) {
        throwIfCancelled(signal)
        const to = Math.min(end, from + CHUNK)
        // The last token predicts nothing that is asked for.
        const first = Math.max(from, done - 1)
        const rows = Array.from(
          { length: Math.max(0, Math.min(to, ids.length - 1) - first) },
          (_, i) => first - from + i,
        )
        const want = { logits: rows.length > 0 ? rows : ('none' as const) }
        const { logits } = await model.step({ ids: ids.subarray(from, to), cache, want })
        for (let row = 0; row < rows.length; row++) {
          const at = from + rows[row]! + 1
          if (at >= end && end < ids.length) continue
          const own = logits!.subarray(
            (row * logits!.length) / rows.length,
            ((row + 1) * logits!.length) / rows.length,
          )
          const total = logSumExp(own)
          logprobs[at] = own[ids[at]!]! - total
          if (top > 0) tops[at] = Array.from(topIds(own, top), (id) => ({ id, logprob: own[id]! - total }))
        }
        onProgress?.({ stage: 'scoring', done: to, total: ids.length, unit: 'items' })
        await turn()
      }
    } finally {
      cache.release()
    }
    done = end
  }
  const scored = ids.subarray(1)
  // With a first token that is no text, all of the text is scored.
  const whole = typeof text === 'string' && bytesOf(model, ids.subarray(0, 1)) === 0
  const bytes = whole ? utf8Encode(text).length : bytesOf(model, scored)
  const nats = logprobs.subarray(1).reduce((sum, one) => sum - one, 0)
  return {
    ids,
    logprobs,
    bitsPerByte: bytes > 0 ? nats / Math.LN2 / bytes : NaN,
    bytes,
    ...(top > 0 && { top: tops }),
  }
}

/** A text begins with what the model takes for a beginning, so that its first token can be scored, too. */
function scoredIds(model: Model, text: string | ArrayLike<number>): Uint32Array {
  if (typeof text !== 'string') return promptIds(model, text, true)
  const ids = promptIds(model, text)
  const { bos, eos } = model.config
  const first = bos ?? eos[0]
  if (first === undefined || ids[0] === first) return ids
  const whole = new Uint32Array(ids.length + 1)
  whole[0] = first
  whole.set(ids, 1)
  return whole
}

function bytesOf({ tokenizer }: Model, ids: Uint32Array): number {
  let bytes = 0
  const lengths = new Map<number, number>()
  for (const id of ids) {
    let length = lengths.get(id)
    if (length === undefined) {
      const info = tokenizer && unlessUnknown(() => tokenizer.info(id), null)
      length = info && !info.special ? info.bytes.length : 0
      lengths.set(id, length)
    }
    bytes += length
  }
  return bytes
}
