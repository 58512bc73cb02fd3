// The fields that completions and chat share: how tokens are chosen, when to stop, what form the text has.
// Names and ranges are OpenAI's; top_k, min_p, repetition_penalty, stop_token_ids, ignore_eos, guided_regex and
// guided_choice are further fields, named as vLLM's server names them.
import { TesseraError } from '../../../core/index.ts'
import { type Fields, invalid, isObject } from './fields.ts'

/** Bounds of what one request may ask for; the model's own are `vocab` (ids) and `context` (tokens). */
export interface ModelLimits {
  /** Number of ids. */
  vocab: number
  /** Tokens of prompt and answer together. */
  context: number
  /** Most choices of one request, prompts times `n`. */
  choices: number
  /** Most answers to one prompt: they are written side by side. */
  answers: number
}

export interface Sampling {
  /** 0: the likeliest token. */
  temperature: number
  topP: number
  /** 0: all. */
  topK: number
  minP: number
  /** 1: none. */
  repetitionPenalty: number
  presencePenalty: number
  frequencyPenalty: number
  /** Undefined: another one for every request. */
  seed: number | undefined
  /** Stop strings; they are not part of the answer. */
  stop: readonly string[]
  /** Ids that end the answer besides the model's own. */
  stopTokens: readonly number[]
  /** Go on after the model's end token. */
  ignoreEos: boolean
  logitBias: Readonly<Record<number, number>>
  format: TextFormat
}

/** What form the answer's text must have. */
export type TextFormat =
  | { kind: 'text' }
  /** Any JSON object. */
  | { kind: 'json' }
  | { kind: 'schema'; schema: Readonly<Record<string, unknown>> }
  | { kind: 'regex'; pattern: string }
  | { kind: 'choice'; choices: readonly string[] }

const MAX_STOPS = 16
const MAX_STOP_LENGTH = 512
const MAX_BIASED = 1024
const MAX_GUIDED_CHOICES = 1024
const MAX_PATTERN = 4096

/** Throws REQUEST_INVALID. */
export function samplingOf(fields: Fields, limits: ModelLimits): Sampling {
  return {
    temperature: fields.number('temperature', { least: 0, most: 2 }) ?? 1,
    topP: fields.number('top_p', { least: 0, most: 1 }) ?? 1,
    // vLLM's -1 for "all".
    topK: Math.max(0, fields.whole('top_k', { least: -1, most: limits.vocab }) ?? 0),
    minP: fields.number('min_p', { least: 0, most: 1 }) ?? 0,
    repetitionPenalty: positive(fields, 'repetition_penalty') ?? 1,
    presencePenalty: fields.number('presence_penalty', { least: -2, most: 2 }) ?? 0,
    frequencyPenalty: fields.number('frequency_penalty', { least: -2, most: 2 }) ?? 0,
    seed: fields.whole('seed', { least: Number.MIN_SAFE_INTEGER, most: Number.MAX_SAFE_INTEGER }),
    stop: stopsOf(fields),
    stopTokens: idsOf(fields, 'stop_token_ids', limits.vocab, MAX_STOPS) ?? [],
    ignoreEos: fields.flag('ignore_eos') ?? false,
    logitBias: biasOf(fields, limits.vocab),
    format: formatOf(fields),
  }
}

function positive(fields: Fields, key: string): number | undefined {
  const value = fields.number(key, { least: 0, most: 100 })
  if (value === 0) throw invalid(fields.at(key), 'Expected a number above 0, got 0')
  return value
}

function stopsOf(fields: Fields): string[] {
  const value = fields.value('stop')
  if (value === undefined) return []
  const list = typeof value === 'string' ? [value] : (fields.list('stop', MAX_STOPS) ?? [])
  return list.map((one, i) => {
    if (typeof one !== 'string' || one === '' || one.length > MAX_STOP_LENGTH) {
      throw invalid(`stop[${i}]`, `Expected a string of 1 to ${MAX_STOP_LENGTH} characters`)
    }
    return one
  })
}

/** A list of ids of the vocabulary. */
export function idsOf(fields: Fields, key: string, vocab: number, most: number): number[] | undefined {
  return fields.list(key, most)?.map((id, i) => idOf(id, vocab, `${fields.at(key)}[${i}]`))
}

/** Throws REQUEST_INVALID when the value is no id of the vocabulary. */
export function idOf(value: unknown, vocab: number, param: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value >= vocab) {
    throw invalid(param, `Expected a token id below ${vocab}, got ${JSON.stringify(value)?.slice(0, 60)}`)
  }
  return value
}

function biasOf(fields: Fields, vocab: number): Record<number, number> {
  const value = fields.value('logit_bias')
  if (value === undefined) return {}
  if (!isObject(value)) throw invalid('logit_bias', 'Expected an object of token ids and numbers')
  const entries = Object.entries(value)
  if (entries.length > MAX_BIASED) {
    throw invalid('logit_bias', `${entries.length} ids; at most ${MAX_BIASED}`)
  }
  return Object.fromEntries(
    entries.map(([id, bias]) => {
      const param = `logit_bias.${id.slice(0, 20)}`
      if (typeof bias !== 'number' || !(bias >= -100 && bias <= 100)) {
        throw invalid(param, 'Expected a number from -100 to 100')
      }
      return [idOf(/^\d{1,10}$/.test(id) ? Number(id) : id, vocab, param), bias]
    }),
  )
}

function formatOf(fields: Fields): TextFormat {
  const formats: TextFormat[] = []
  const response = fields.object('response_format')
  if (response) {
    const type = response.oneOf('type', ['text', 'json_object', 'json_schema'])
    if (type === undefined) throw invalid('response_format.type', 'Missing; text, json_object or json_schema')
    if (type === 'json_object') formats.push({ kind: 'json' })
    if (type === 'json_schema') {
      const named = response.object('json_schema')
      if (!named) throw invalid('response_format.json_schema', 'Missing')
      named.labels('name', 'description')
      // The schema is always obeyed to the letter; `strict: false` asks for less than that.
      named.flag('strict')
      const schema = named.value('schema')
      if (!isObject(schema)) throw invalid('response_format.json_schema.schema', 'Expected a JSON schema')
      named.end()
      formats.push({ kind: 'schema', schema })
    } else if (response.has('json_schema')) {
      throw invalid('response_format.json_schema', `Not with the type ${type}`)
    }
    response.end()
  }
  const pattern = fields.text('guided_regex', MAX_PATTERN)
  if (pattern !== undefined) formats.push({ kind: 'regex', pattern })
  const choices = fields.list('guided_choice', MAX_GUIDED_CHOICES)
  if (choices) {
    if (choices.length === 0) throw invalid('guided_choice', 'Expected at least one choice')
    const texts = choices.map((choice, i) => {
      if (typeof choice !== 'string') throw invalid(`guided_choice[${i}]`, 'Expected a string')
      return choice
    })
    formats.push({ kind: 'choice', choices: texts })
  }
  if (formats.length > 1) {
    throw invalid('response_format', 'Only one of response_format, guided_regex and guided_choice')
  }
  return formats[0] ?? { kind: 'text' }
}

/** CONTEXT_OVERFLOW when prompt and answer do not fit; the number of tokens that may be generated otherwise. */
export function roomFor(prompt: number, asked: number | undefined, { context }: ModelLimits): number {
  const room = context - prompt
  const least = asked ?? 1
  if (room < least) {
    throw new TesseraError(
      'CONTEXT_OVERFLOW',
      `The prompt has ${prompt} tokens${asked === undefined ? '' : ` and ${asked} are asked for`}; ` +
        `the context holds ${context}`,
      { where: 'max_tokens', hint: 'Shorten the prompt or ask for fewer tokens' },
    )
  }
  return least === asked ? asked : room
}
