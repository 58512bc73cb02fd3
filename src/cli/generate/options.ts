// The options of `tessera generate` and what they say to the library.
import { readFile } from 'node:fs/promises'
import { TesseraError } from '../../core/index.ts'
import { fileError } from '../../core/node.ts'
import type { ConstraintSpec, GenerateOptions, JsonSchema } from '../../decode/index.ts'
import { usageError } from '../failure.ts'
import { modelOptions } from '../models.ts'
import { anyNumber, fileOption } from '../prompts.ts'
import { jsonOption, type Options, wholeNumber } from '../verb.ts'

const DEFAULT_TEMPERATURE = 0.8

export const generateOptions = {
  ...modelOptions,
  ...fileOption,
  chat: {
    type: 'boolean',
    default: false,
    description: "The text is a user's message, put into the model's chat template",
  },
  system: { type: 'string', valueHint: 'text', description: 'With --chat: the system message' },
  'max-tokens': { type: 'string', valueHint: 'n', description: 'Most tokens of an answer', default: '256' },
  temperature: {
    type: 'string',
    valueHint: 'x',
    description: '0: always the likeliest token; 1: as the model has it (default 0.8)',
  },
  'top-k': { type: 'string', valueHint: 'n', description: 'Draw among the n likeliest tokens' },
  'top-p': { type: 'string', valueHint: 'x', description: 'Draw among tokens that hold x together' },
  'min-p': { type: 'string', valueHint: 'x', description: 'Draw among tokens x times as likely as the best' },
  'repetition-penalty': {
    type: 'string',
    valueHint: 'x',
    description: 'Above 1: what was said becomes less likely',
  },
  'presence-penalty': {
    type: 'string',
    valueHint: 'x',
    description: 'Off the logits of what the answer has',
  },
  'frequency-penalty': { type: 'string', valueHint: 'x', description: 'The same for each time it came' },
  'logit-bias': {
    type: 'string',
    valueHint: 'id:x,…',
    description: 'Added to the logits of these ids (--logit-bias=5:-100,7:2)',
  },
  seed: { type: 'string', valueHint: 'n', description: 'The same seed gives the same text' },
  stop: {
    type: 'string',
    valueHint: 'text',
    description: 'A text that ends the answer; several as a JSON list',
  },
  'stop-tokens': { type: 'string', valueHint: 'ids', description: 'Ids that end the answer, with commas' },
  'ignore-eos': { type: 'boolean', default: false, description: "Go on after the model's end token" },
  regex: { type: 'string', valueHint: 'pattern', description: 'The answer matches this as a whole' },
  choice: { type: 'string', valueHint: 'json', description: 'The answer is one of a JSON list of texts' },
  schema: {
    type: 'string',
    valueHint: 'path|json',
    description: 'The answer is JSON that satisfies this JSON Schema',
  },
  'json-object': { type: 'boolean', default: false, description: 'The answer is a JSON object' },
  n: { type: 'string', valueHint: 'n', description: 'Several answers to the one prompt', default: '1' },
  beams: { type: 'string', valueHint: 'n', description: 'Search the likeliest answers with n beams' },
  'length-penalty': {
    type: 'string',
    valueHint: 'x',
    description: 'With --beams: power of the length that scores are divided by (default 1)',
  },
  logprobs: {
    type: 'string',
    valueHint: 'n',
    description: 'With --json: log-probabilities, and of the n likeliest tokens in each place',
  },
  quiet: { type: 'boolean', alias: 'q', default: false, description: 'No figures on stderr' },
  ...jsonOption,
} as const satisfies Options

/** Values as they were written. */
export type Written = { readonly [K in keyof typeof generateOptions]?: string | boolean | undefined }

/** Throws ARGUMENT_INVALID, FILE_NOT_FOUND, FILE_UNREADABLE. */
export async function settingsOf(written: Written): Promise<GenerateOptions> {
  const text = (name: keyof Written) => written[name] as string | undefined
  const number = (name: keyof Written) => anyNumber(text(name), `--${name}`)
  const settings: GenerateOptions = {
    maxTokens: wholeNumber(text('max-tokens'), '--max-tokens', 1),
    temperature: number('temperature') ?? DEFAULT_TEMPERATURE,
    topK: wholeNumber(text('top-k'), '--top-k', 1),
    topP: number('top-p'),
    minP: number('min-p'),
    repetitionPenalty: number('repetition-penalty'),
    presencePenalty: number('presence-penalty'),
    frequencyPenalty: number('frequency-penalty'),
    logitBias: biasOf(text('logit-bias')),
    seed: wholeNumber(text('seed'), '--seed'),
    stop: text('stop') === undefined ? undefined : textsOf(text('stop')!, '--stop'),
    stopTokens: text('stop-tokens')
      ?.split(',')
      .map((id) => wholeNumber(id.trim(), '--stop-tokens')!),
    ignoreEos: written['ignore-eos'] === true,
    logprobs: wholeNumber(text('logprobs'), '--logprobs'),
    constraint: await constraintOf(written),
  }
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
}

async function constraintOf(written: Written): Promise<ConstraintSpec | undefined> {
  const given = (['regex', 'choice', 'schema', 'json-object'] as const).filter((name) => written[name])
  if (given.length > 1) throw usageError(`Give one of --${given.join(' and --')}`)
  switch (given[0]) {
    case 'regex':
      return { regex: written.regex as string }
    case 'choice':
      return { choice: textsOf(written.choice as string, '--choice') }
    case 'schema':
      return { schema: await schemaOf(written.schema as string) }
    case 'json-object':
      return { json: 'object' }
    default:
      return undefined
  }
}

async function schemaOf(pathOrJson: string): Promise<JsonSchema> {
  const inline = pathOrJson.trimStart().startsWith('{')
  let text = pathOrJson
  if (!inline) {
    try {
      text = await readFile(pathOrJson, 'utf8')
    } catch (cause) {
      throw fileError(cause, pathOrJson)
    }
  }
  try {
    return JSON.parse(text) as JsonSchema
  } catch (cause) {
    throw new TesseraError('FORMAT_INVALID', `The schema is no JSON: ${(cause as Error).message}`, {
      where: inline ? '--schema' : pathOrJson,
      cause,
    })
  }
}

/** One text, or a JSON list of them. */
function textsOf(value: string, flag: string): string[] {
  if (!value.startsWith('[')) return [value]
  try {
    const list = JSON.parse(value) as unknown
    if (Array.isArray(list) && list.every((one) => typeof one === 'string')) return list as string[]
  } catch {
    // Said below, as for a list of something else.
  }
  throw usageError(`${flag} is a text or a JSON list of texts; got ${value}`)
}

function biasOf(value: string | undefined): Map<number, number> | undefined {
  if (value === undefined) return undefined
  return new Map(
    value.split(',').map((entry) => {
      const [id = '', amount] = entry.split(':')
      if (amount === undefined) throw usageError(`--logit-bias is id:number,…; got ${JSON.stringify(entry)}`)
      const number = amount === '-Infinity' ? -Infinity : anyNumber(amount, '--logit-bias')!
      return [wholeNumber(id.trim(), '--logit-bias')!, number] as const
    }),
  )
}
