// What the endpoints share: the model that is served, its scheduler, and what one request knows of itself (who sent
// it, when it came, when it is given up).
import { randomBytes } from 'node:crypto'
import type { Model } from '../../model/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'
import { TesseraError } from '../../core/index.ts'
import type { Forms } from './chooser.ts'
import type { Metrics } from './metrics.ts'
import type { Prompt } from './protocol/completions.ts'
import type { ModelLimits } from './protocol/sampling.ts'
import type { Scheduler } from './scheduler/scheduler.ts'

export interface Service {
  model: Model
  tokenizer: Tokenizer
  /** What clients call the model. */
  name: string
  /** Seconds since 1970 at which serving began. */
  created: number
  /** Says which weights and precision answered. */
  fingerprint: string
  limits: ModelLimits
  /** Bytes of a body. */
  maxBody: number
  /** Milliseconds that a request may take, waiting included. */
  timeout: number
  scheduler: Scheduler
  /** Tokens that are read between two steps. */
  chunk: number
  metrics: Metrics
  /** Required forms of answers, compiled. */
  forms: Forms
  /** Numbers of the moment for /metrics: name → help and value. */
  gauges(): Readonly<Record<string, readonly [help: string, value: number]>>
}

/** One request on its way. */
export interface Call {
  /** For fairness. */
  client: string
  /** Fires when the client has gone, or its time is over. */
  signal: AbortSignal
  /** Gives it up. */
  stop(reason: TesseraError): void
  /** Set when the answer is a stream, which goes on after the handler has returned. */
  streams: boolean
  /** To be called when all is said. */
  end(): void
  /** `performance.now()` at its arrival. */
  arrived: number
}

export function beginCall({ timeout, metrics }: Service, client: string, request: Request): Call {
  const arrived = performance.now()
  const controller = new AbortController()
  const stop = (reason: TesseraError) => controller.abort(reason)
  const gone = () => stop(new TesseraError('CANCELLED', 'The client has gone'))
  const timer = setTimeout(
    () => stop(new TesseraError('TIMED_OUT', `The request took longer than ${timeout / 1000} s`)),
    timeout,
  )
  const { signal } = request
  signal.addEventListener('abort', gone, { once: true })
  if (signal.aborted) gone()
  return {
    client,
    signal: controller.signal,
    stop,
    streams: false,
    end: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', gone)
      metrics.duration.observe((performance.now() - arrived) / 1000)
    },
    arrived,
  }
}

export function newId(kind: 'cmpl' | 'chatcmpl'): string {
  return `${kind}-${randomBytes(12).toString('hex')}`
}

/** Throws MODEL_NOT_FOUND. A request that names no model gets the one that there is. */
export function checkModel({ name }: Service, asked: string | undefined): void {
  if (asked === undefined || asked === name) return
  throw new TesseraError('MODEL_NOT_FOUND', `There is no model ${JSON.stringify(asked.slice(0, 100))} here`, {
    hint: `This server has ${JSON.stringify(name)}`,
  })
}

/** Ids of a prompt; an empty one becomes the model's begin token. Throws REQUEST_INVALID, CONTEXT_OVERFLOW. */
export function idsOfPrompt(service: Service, prompt: Prompt): ArrayLike<number> {
  const { tokenizer, model, limits } = service
  if (typeof prompt !== 'string') return checkedPrompt(prompt, model.config.bos, limits)
  checkLength(service, prompt)
  return checkedPrompt(tokenizer.encode(prompt), model.config.bos, limits)
}

/** Shorter texts are tokenized whole before they are found too long. */
const CHARACTERS_FOR_TOKEN = 8

/** Counts a long text up to the context's end only: megabytes are not tokenized to be refused. Throws CONTEXT_OVERFLOW. */
export function checkLength({ tokenizer, limits: { context } }: Service, text: string): void {
  if (text.length <= CHARACTERS_FOR_TOKEN * context || tokenizer.countUpTo(text, context) !== null) return
  throw new TesseraError('CONTEXT_OVERFLOW', `The prompt is longer than ${context} tokens, the context`, {
    where: 'prompt',
    hint: 'Shorten the prompt',
  })
}

/** The ids, unless there are none or too many. */
export function checkedPrompt(
  ids: ArrayLike<number>,
  bos: number | null,
  { context }: ModelLimits,
): ArrayLike<number> {
  if (ids.length > context) {
    throw new TesseraError(
      'CONTEXT_OVERFLOW',
      `The prompt has ${ids.length} tokens; the context holds ${context}`,
      { where: 'prompt', hint: 'Shorten the prompt' },
    )
  }
  if (ids.length > 0) return ids
  if (bos !== null) return [bos]
  throw new TesseraError('REQUEST_INVALID', 'The prompt is empty, and this model has no begin token', {
    where: 'prompt',
    hint: 'Send at least one token',
  })
}
