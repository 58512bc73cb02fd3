// The body of /v1/completions.
import { Fields, invalid } from './fields.ts'
import { idOf, type ModelLimits, type Sampling, samplingOf } from './sampling.ts'
import { type Streaming, streamingOf } from './streaming.ts'

/** A prompt as text, or as ids. */
export type Prompt = string | readonly number[]

export interface CompletionRequest extends Streaming {
  model: string | undefined
  prompts: readonly Prompt[]
  /** 0 only with `echo`: the prompt is scored, nothing is generated. */
  maxTokens: number
  n: number
  /** The prompt comes back before the answer. */
  echo: boolean
  /** This many of the likeliest tokens with each token; null: no log-probabilities. */
  logprobs: number | null
  sampling: Sampling
}

const MAX_LOGPROBS = 20
const STANDARD_MAX_TOKENS = 16

/** Throws REQUEST_INVALID. */
export function completionRequest(body: unknown, limits: ModelLimits): CompletionRequest {
  const fields = new Fields(body)
  const echo = fields.flag('echo') ?? false
  const n = fields.whole('n', { least: 1, most: limits.answers }) ?? 1
  const prompts = promptsOf(fields, 'prompt', limits)
  if (prompts.length * n > limits.choices) {
    throw invalid('n', `${prompts.length} prompts with ${n} choices each; at most ${limits.choices} in all`)
  }
  const request: CompletionRequest = {
    model: fields.text('model', 512),
    prompts,
    maxTokens:
      fields.whole('max_tokens', { least: echo ? 0 : 1, most: limits.context }) ?? STANDARD_MAX_TOKENS,
    n,
    echo,
    logprobs: fields.whole('logprobs', { least: 0, most: MAX_LOGPROBS }) ?? null,
    sampling: samplingOf(fields, limits),
    ...streamingOf(fields),
  }
  fields.labels('user')
  fields.onlyAs('best_of', n)
  fields.onlyAs('suffix', '')
  fields.end()
  return request
}

/** Texts or ids: one, or a list of them. Throws REQUEST_INVALID. */
export function promptsOf(fields: Fields, key: string, { choices, vocab, context }: ModelLimits): Prompt[] {
  const value = fields.value(key)
  if (typeof value === 'string') return [value]
  if (!Array.isArray(value) || value.length === 0) {
    throw invalid(fields.at(key), 'Expected a text, a list of texts, token ids, or a list of those')
  }
  const ids = (list: readonly unknown[], param: string) => {
    // Far more ids than fit are not worth looking at one by one.
    if (list.length > 2 * context) throw invalid(param, `${list.length} tokens; the context holds ${context}`)
    return list.map((id, i) => idOf(id, vocab, `${param}[${i}]`))
  }
  if (typeof value[0] === 'number') return [ids(value, key)]
  if (value.length > choices) throw invalid(key, `${value.length} prompts; at most ${choices}`)
  return value.map((one: unknown, i) => {
    if (typeof one === 'string') return one
    if (Array.isArray(one)) return ids(one, `${key}[${i}]`)
    throw invalid(`${key}[${i}]`, 'Expected a text or a list of token ids')
  })
}
