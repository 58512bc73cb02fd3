// What a caller may ask of a generation, and the same checked and completed: prompt as ids, constraint compiled.
import { TesseraError } from '../core/index.ts'
import type { Cache, Model } from '../model/index.ts'
import { compileConstraint, Constraint, type ConstraintSpec } from './constraint/constraint.ts'
import { refused, type Sampling, type SamplingOptions, samplingOf } from './sampling/settings.ts'

export interface GenerateOptions extends SamplingOptions {
  /** Most tokens of an answer. Default 256; it also ends where the model's positions do. */
  maxTokens?: number
  /** Texts that end the answer; they are not part of it. */
  stop?: string | readonly string[]
  /** Ids that end the answer besides the model's own. */
  stopTokens?: readonly number[]
  /** Go on after the model's end token. Default false. */
  ignoreEos?: boolean
  /** Give log-probabilities: of each token, and of this many likeliest ones beside it. Default: none. */
  logprobs?: number
  /** What the text must be. */
  constraint?: ConstraintSpec | Constraint
  /**
   * Go on behind what is in this cache (of one lane): the prompt then holds what is new, without a template. Afterwards
   * it also holds the prompt and, when one answer was asked for, the ids of the answer; nothing else.
   */
  cache?: Cache
  /** Ends the generation; its result then says `cancelled`. */
  signal?: AbortSignal
}

/** All that a generation needs to know. */
export interface Plan {
  prompt: Uint32Array
  sampling: Sampling
  maxTokens: number
  stop: readonly string[]
  ends: ReadonlySet<number>
  logprobs: number | null
  constraint: Constraint | null
  cache: Cache | null
  signal: AbortSignal | undefined
}

const DEFAULT_TOKENS = 256

/** Throws ARGUMENT_INVALID, CONTEXT_OVERFLOW, and what compiling a constraint throws. */
export function planOf(model: Model, prompt: string | ArrayLike<number>, options: GenerateOptions): Plan {
  const { vocabSize, eos, maxPositions } = model.config
  const { cache = null, maxTokens = DEFAULT_TOKENS, logprobs, constraint, stopTokens = [] } = options
  if (cache && cache.lanes !== 1) throw refused('cache', `${cache.lanes} lanes`, 'a cache of one lane')
  const ids = promptIds(model, prompt, cache !== null && cache.length > 0)
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1) {
    throw refused('maxTokens', maxTokens, 'a whole number from 1 on')
  }
  const stop = [options.stop ?? []].flat()
  if (stop.some((one) => typeof one !== 'string' || one === '')) {
    throw refused('stop', '', 'a text, or a list of texts, none of them empty')
  }
  for (const id of stopTokens) {
    if (!Number.isSafeInteger(id) || id < 0 || id >= vocabSize) {
      throw refused('stopTokens', id, `a list of ids below ${vocabSize}`)
    }
  }
  if (logprobs !== undefined && (!Number.isSafeInteger(logprobs) || logprobs < 0 || logprobs > vocabSize)) {
    throw refused('logprobs', logprobs, `a whole number from 0 to ${vocabSize}`)
  }
  const last = (cache?.nextPositions()[0] ?? 0) + ids.length
  if (last > maxPositions) {
    throw new TesseraError(
      'CONTEXT_OVERFLOW',
      `${last} tokens of prompt; the model has ${maxPositions} positions`,
      {
        hint: 'Shorten the prompt',
      },
    )
  }
  if ((constraint || stop.length > 0) && !model.tokenizer) throw noTokenizer()
  return {
    prompt: ids,
    sampling: samplingOf(options),
    // The last token is never fed, so it needs no position.
    maxTokens: Math.min(maxTokens, maxPositions - last + 1),
    stop,
    ends: new Set([...(options.ignoreEos ? [] : eos), ...stopTokens]),
    logprobs: logprobs ?? null,
    constraint:
      constraint === undefined
        ? null
        : constraint instanceof Constraint
          ? constraint
          : compileConstraint(constraint, model.tokenizer!),
    cache,
    signal: options.signal,
  }
}

/**
 * A prompt as ids: a text with the tokenizer's template (BOS), or without when it goes on behind other tokens. An empty
 * one becomes the token with which the model's texts begin. Throws ARGUMENT_INVALID.
 */
export function promptIds(model: Model, prompt: string | ArrayLike<number>, continues = false): Uint32Array {
  if (typeof prompt === 'string' && !model.tokenizer) throw noTokenizer()
  const ids =
    typeof prompt === 'string'
      ? model.tokenizer!.encode(prompt, { template: !continues })
      : Uint32Array.from(prompt)
  if (ids.length > 0) return ids
  const { bos, eos } = model.config
  const first = bos ?? eos[0]
  if (first === undefined || continues) {
    throw new TesseraError('ARGUMENT_INVALID', 'The prompt is empty', {
      hint: continues ? undefined : 'This model has no token that begins a text: give it at least one token',
    })
  }
  return Uint32Array.of(first)
}

function noTokenizer(): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', 'The model has no tokenizer', {
    hint: 'Give the prompt as ids, or open the model with its tokenizer.json beside it',
  })
}
