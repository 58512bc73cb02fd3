// The body of /v1/chat/completions.
import type { ChatMessage } from '../../../tokenizer/index.ts'
import { Fields, invalid, isObject } from './fields.ts'
import { type ModelLimits, type Sampling, samplingOf } from './sampling.ts'
import { type Streaming, streamingOf } from './streaming.ts'

export interface ChatRequest extends Streaming {
  model: string | undefined
  messages: readonly ChatMessage[]
  /** Undefined: as many as fit. */
  maxTokens: number | undefined
  n: number
  /** This many of the likeliest tokens with each token; null: no log-probabilities. */
  logprobs: number | null
  sampling: Sampling
  /** Values that the chat template asks for (enable_thinking, …). */
  variables: Readonly<Record<string, unknown>>
  /** False: the last message is the beginning of the answer, which is continued. */
  addGenerationPrompt: boolean
}

const MAX_MESSAGES = 2048
const MAX_PARTS = 256
const MAX_TOP_LOGPROBS = 20
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const

/** Throws REQUEST_INVALID. */
export function chatRequest(body: unknown, limits: ModelLimits): ChatRequest {
  const fields = new Fields(body)
  const logprobs = fields.flag('logprobs') ?? false
  const top = fields.whole('top_logprobs', { least: 0, most: MAX_TOP_LOGPROBS })
  if (top !== undefined && !logprobs) throw invalid('top_logprobs', 'Only with logprobs: true')
  const newer = fields.whole('max_completion_tokens', { least: 1, most: limits.context })
  const older = fields.whole('max_tokens', { least: 1, most: limits.context })
  if (newer !== undefined && older !== undefined && newer !== older) {
    throw invalid('max_tokens', 'It contradicts max_completion_tokens', 'Give one of them')
  }
  const request: ChatRequest = {
    model: fields.text('model', 512),
    messages: messagesOf(fields),
    maxTokens: newer ?? older,
    n: fields.whole('n', { least: 1, most: limits.answers }) ?? 1,
    logprobs: logprobs ? (top ?? 0) : null,
    sampling: samplingOf(fields, limits),
    ...streamingOf(fields),
    variables: variablesOf(fields),
    addGenerationPrompt: fields.flag('add_generation_prompt') ?? true,
  }
  fields.labels('user', 'metadata', 'safety_identifier', 'prompt_cache_key')
  fields.onlyAs('store', false)
  fields.onlyAs('service_tier', 'auto', 'default')
  fields.onlyAs('tools')
  fields.onlyAs('functions')
  fields.onlyAs('tool_choice', 'none', 'auto')
  fields.onlyAs('function_call', 'none', 'auto')
  fields.onlyAs('parallel_tool_calls', true, false)
  const modalities = fields.list('modalities', 2)
  if (modalities?.some((one) => one !== 'text'))
    throw invalid('modalities', 'This server answers in text only')
  fields.end()
  return request
}

/** Throws REQUEST_INVALID. `/tokenize` takes messages, too. */
export function messagesOf(fields: Fields): ChatMessage[] {
  const list = fields.list('messages', MAX_MESSAGES)
  if (!list || list.length === 0) throw invalid('messages', 'Expected at least one message')
  return list.map((one, i) => messageOf(one, `messages[${i}]`))
}

function messageOf(value: unknown, path: string): ChatMessage {
  const fields = new Fields(value, path)
  const role = fields.oneOf('role', ROLES)
  if (role === undefined) throw invalid(`${path}.role`, `Missing; one of ${ROLES.join(', ')}`)
  const name = fields.text('name', 256)
  // What a client hands back of an earlier answer; without tools these are always empty.
  for (const key of ['refusal', 'annotations', 'audio', 'tool_calls', 'function_call']) fields.onlyAs(key)
  fields.labels('tool_call_id')
  const content = contentOf(fields, path)
  fields.end()
  // OpenAI renamed system messages; templates know the old name.
  return { role: role === 'developer' ? 'system' : role, content, ...(name === undefined ? {} : { name }) }
}

function contentOf(fields: Fields, path: string): string {
  const value = fields.value('content')
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) throw invalid(`${path}.content`, 'Expected a text or a list of text parts')
  if (value.length > MAX_PARTS)
    throw invalid(`${path}.content`, `${value.length} parts; at most ${MAX_PARTS}`)
  return value
    .map((one: unknown, i) => {
      const part = new Fields(one, `${path}.content[${i}]`)
      const type = part.text('type', 64)
      if (type !== 'text') {
        throw invalid(part.at('type'), `Only text can be read here, not ${JSON.stringify(type ?? null)}`)
      }
      const text = part.text('text')
      if (text === undefined) throw invalid(part.at('text'), 'Missing')
      part.labels('annotations')
      part.end()
      return text
    })
    .join('')
}

function variablesOf(fields: Fields): Record<string, unknown> {
  const value = fields.value('chat_template_kwargs')
  if (value === undefined) return {}
  if (!isObject(value)) throw invalid('chat_template_kwargs', 'Expected an object')
  for (const name of ['messages', 'add_generation_prompt']) {
    if (Object.hasOwn(value, name)) throw invalid(`chat_template_kwargs.${name}`, 'It has a field of its own')
  }
  return { ...value }
}
