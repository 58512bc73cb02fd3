// Chat templates: messages → the prompt text that a model was trained on, by the Jinja template that its
// tokenizer carries. The template comes from outside; it runs in an interpreter without access to anything
// but the values given here.
import { Environment, Interpreter, Template } from '@huggingface/jinja'
import { TesseraError } from '../core/index.ts'
import type { Tokenizer } from './types.ts'

export interface ChatMessage {
  role: string
  content: unknown
  [key: string]: unknown
}

export interface ChatOptions {
  /** End with the opening of the assistant's turn. Default true. */
  addGenerationPrompt?: boolean
  /** A template in place of the tokenizer's own. */
  template?: string
  tools?: unknown[]
  documents?: unknown[]
  /** Further values that the template asks for (enable_thinking, …). */
  variables?: Record<string, unknown>
  /** The date that `strftime_now` sees; default: now. */
  now?: Date
}

/**
 * The prompt text of a conversation. Encode it with `{ template: false }`: the text has its own BOS.
 * Throws TEMPLATE_INVALID when there is no template, it cannot be parsed, or it raises an exception (many
 * templates refuse conversations that do not alternate).
 */
export function renderChat(
  tokenizer: Pick<Tokenizer, 'spec' | 'name'>,
  messages: readonly ChatMessage[],
  options: ChatOptions = {},
): string {
  const source = options.template ?? tokenizer.spec.chatTemplate
  if (source === null || source === '') {
    throw new TesseraError('TEMPLATE_INVALID', `${tokenizer.name} has no chat template`, {
      hint: 'Pass one as options.template',
    })
  }
  const values = {
    ...tokenizer.spec.namedTokens,
    tools: options.tools ?? null,
    documents: options.documents ?? null,
    ...options.variables,
    messages,
    add_generation_prompt: options.addGenerationPrompt ?? true,
  }
  try {
    const environment = new Environment(globals(options.now))
    for (const [name, value] of Object.entries(values)) environment.set(name, value)
    return String(new Interpreter(environment).run(new Template(source).parsed).value)
  } catch (cause) {
    throw new TesseraError('TEMPLATE_INVALID', `The chat template says: ${(cause as Error).message}`, {
      where: `chat template of ${tokenizer.name}`,
      hint: 'Check the roles and the order of the messages',
      cause,
    })
  }
}

/** Longest list that a template may count out. */
const MAX_RANGE = 100_000

/**
 * The names that every template knows. `Template.render` brings its own, which cannot be replaced: neither
 * the clock nor the unbounded `range`.
 */
function globals(now: Date | undefined): Environment {
  const environment = new Environment()
  for (const [name, value] of Object.entries({ true: true, false: false, none: null })) {
    environment.set(name, value)
    environment.set(name[0]!.toUpperCase() + name.slice(1), value)
  }
  environment.set('raise_exception', (message: unknown) => {
    throw new Error(String(message))
  })
  environment.set('strftime_now', (format: unknown) => formatDate(now ?? new Date(), String(format)))
  environment.set('range', (...bounds: unknown[]) => {
    const [start, stop, step] = bounds.length < 2 ? [0, Number(bounds[0]), 1] : bounds.map(Number)
    const by = step ?? 1
    const length = Math.max(0, Math.ceil((stop! - start!) / by))
    if (!(length <= MAX_RANGE)) throw new Error(`range of ${length}; at most ${MAX_RANGE}`)
    return Array.from({ length }, (_, i) => start! + i * by)
  })
  return environment
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** The codes of strftime that templates use. */
function formatDate(date: Date, format: string): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return format.replace(/%([a-zA-Z%])/g, (whole, code: string) => {
    switch (code) {
      case 'Y':
        return String(date.getFullYear())
      case 'm':
        return two(date.getMonth() + 1)
      case 'd':
        return two(date.getDate())
      case 'B':
        return MONTHS[date.getMonth()]!
      case 'b':
        return MONTHS[date.getMonth()]!.slice(0, 3)
      case 'A':
        return DAYS[date.getDay()]!
      case 'a':
        return DAYS[date.getDay()]!.slice(0, 3)
      case 'H':
        return two(date.getHours())
      case 'M':
        return two(date.getMinutes())
      case 'S':
        return two(date.getSeconds())
      case '%':
        return '%'
      default:
        return whole
    }
  })
}
