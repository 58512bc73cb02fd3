// A chat model behind a URL that speaks OpenAI's chat completions. What it answers is not trusted: time and size are
// bounded, and every field that is used is checked. Token ids are taken from the answer where it has them (vLLM's
// `token_ids`), else from the bytes of its log-probabilities; without either they are the tokenizer's own ids of the
// text, which by nature are canonical.
import { TesseraError } from '../../../core/index.ts'
import type { Tokenizer } from '../../../tokenizer/index.ts'
import { TokenTable } from '../token-table.ts'

export type IdsFrom = 'token ids' | 'log-probabilities' | 're-encoding'

export interface ChatAnswer {
  text: string
  ids: Uint32Array
  idsFrom: IdsFrom
}

/** What the probe needs of a model. */
export interface ChatEndpoint {
  /** Answers one prompt. Throws ENDPOINT_FAILED, CANCELLED. */
  answer(
    prompt: string,
    options: { seed: number; maxTokens: number; signal?: AbortSignal },
  ): Promise<ChatAnswer>
}

export interface EndpointOptions {
  /** Up to and including `/v1`, or the whole address of `/chat/completions`. */
  url: string
  model: string
  apiKey?: string
  /** The model's tokenizer. */
  tokenizer: Tokenizer
  temperature?: number
  topP?: number
  /** Milliseconds for one answer. Default 120,000. */
  timeout?: number
}

const MOST_BYTES = 8 << 20

function failed(message: string, url: string, cause?: unknown): TesseraError {
  return new TesseraError('ENDPOINT_FAILED', message, {
    where: url,
    hint: 'Check the address, the name of the model and the key',
    cause,
  })
}

/** Throws ARGUMENT_INVALID for an address that is none. */
export function chatEndpoint(options: EndpointOptions): ChatEndpoint {
  const { model, apiKey, tokenizer, temperature = 1, topP = 0.9, timeout = 120_000 } = options
  let url: string
  try {
    const parsed = new URL(options.url)
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw new TypeError(parsed.protocol)
    if (!parsed.pathname.endsWith('/chat/completions')) {
      parsed.pathname = `${parsed.pathname.replace(/\/+$/, '')}/chat/completions`
    }
    url = parsed.href
  } catch (cause) {
    throw new TesseraError('ARGUMENT_INVALID', `${JSON.stringify(options.url)} is no address`, {
      hint: 'Give http://host:port/v1',
      cause,
    })
  }
  return {
    async answer(prompt, { seed, maxTokens, signal }) {
      const limit = AbortSignal.timeout(timeout)
      let response: Response
      let body: string
      const ask = () =>
        fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(apiKey && { authorization: `Bearer ${apiKey}` }),
          },
          body: JSON.stringify({
            model,
            messages: [{ role: 'user', content: prompt }],
            temperature,
            top_p: topP,
            seed,
            max_tokens: maxTokens,
            logprobs: true,
            return_token_ids: true,
          }),
          redirect: 'error',
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
        })
      try {
        response = await ask().catch((cause: unknown) => {
          if (limit.aborted || signal?.aborted || !wasClosed(cause)) throw cause
          return ask()
        })
        body = await boundedText(response)
      } catch (cause) {
        if (signal?.aborted) throw new TesseraError('CANCELLED', 'The work was cancelled', { cause })
        if (cause instanceof TesseraError) throw cause
        const why = limit.aborted ? `no answer within ${timeout / 1000} s` : (cause as Error).message
        throw failed(`The endpoint does not answer: ${why}`, url, cause)
      }
      if (!response.ok) throw failed(`Status ${response.status}: ${body.slice(0, 200)}`, url)
      return answerOf(body, tokenizer, url)
    },
  }
}

/**
 * Servers close a connection that was idle for some seconds, and a question that is sent at that moment is lost
 * with it: unheard, so it may be asked again.
 */
function wasClosed(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown } }).cause
  return cause?.code === 'UND_ERR_SOCKET' || cause?.code === 'ECONNRESET'
}

/** Reads at most MOST_BYTES. Throws ENDPOINT_FAILED beyond. */
async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length
    if (size > MOST_BYTES) throw failed(`The answer is larger than ${MOST_BYTES} bytes`, response.url)
    text += decoder.decode(part, { stream: true })
  }
  return text + decoder.decode()
}

interface Choice {
  message?: { content?: unknown }
  token_ids?: unknown
  logprobs?: { content?: unknown } | null
}

/** Throws ENDPOINT_FAILED when the answer is of another form. */
export function answerOf(body: string, tokenizer: Tokenizer, url: string): ChatAnswer {
  let choice: Choice | undefined
  try {
    choice = (JSON.parse(body) as { choices?: Choice[] }).choices?.[0]
  } catch (cause) {
    throw failed('The answer is not JSON', url, cause)
  }
  const text = choice?.message?.content
  if (typeof text !== 'string') throw failed('The answer has no choices[0].message.content', url)
  const own = idsOfChoice(choice!, tokenizer)
  // Ids of another tokenizer, or with the end of the turn, would not spell this text.
  if (own && tokenizer.decode(own.ids) === text) return { text, ...own }
  const ids = tokenizer.encode(text, { template: false, specials: 'text' })
  return { text, ids, idsFrom: 're-encoding' }
}

function idsOfChoice(choice: Choice, tokenizer: Tokenizer): { ids: Uint32Array; idsFrom: IdsFrom } | null {
  const table = TokenTable.of(tokenizer)
  const fits = (id: unknown): id is number =>
    typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < table.size
  const { token_ids: given, logprobs } = choice
  if (Array.isArray(given) && given.every(fits)) {
    const ids = given.filter((id) => !table.isSpecial(id))
    return { ids: Uint32Array.from(ids), idsFrom: 'token ids' }
  }
  const content = logprobs?.content
  if (!Array.isArray(content) || content.length === 0) return null
  const ids: number[] = []
  for (const entry of content as { bytes?: unknown }[]) {
    if (!Array.isArray(entry?.bytes) || !entry.bytes.every((b) => Number.isInteger(b) && b >= 0 && b < 256))
      return null
    const id = idOf(table, Uint8Array.from(entry.bytes as number[]))
    if (id < 0) return null
    ids.push(id)
  }
  return { ids: Uint32Array.from(ids), idsFrom: 'log-probabilities' }
}

/** The token with exactly these bytes, or -1. */
function idOf(table: TokenTable, bytes: Uint8Array): number {
  let found = -1
  table.prefixes(bytes, 0, bytes.length, (id, end) => {
    if (end === bytes.length && found < 0) found = id
  })
  return found
}
