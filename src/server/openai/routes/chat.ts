// POST /v1/chat/completions: a conversation, put into the words of the model's chat template. A model without one
// gets a plain template, which /v1/models says, and the next "User:" then ends its answer.
import { TesseraError } from '../../../core/index.ts'
import { type ChatMessage, renderChat } from '../../../tokenizer/index.ts'
import { Answer, type AnswerDelta } from '../answer.ts'
import { chatLogprobs } from '../logprobs.ts'
import { chatRequest } from '../protocol/chat.ts'
import { roomFor } from '../protocol/sampling.ts'
import { type Call, checkedPrompt, checkLength, checkModel, newId, type Service } from '../service.ts'
import type { AnyScore } from '../prompt-scores.ts'
import { Usage } from '../usage.ts'
import { answerOrStream } from './answer-or-stream.ts'

const PLAIN_STOPS = ['\nUser:', '\nSystem:']

/** Whether the tokenizer brings a template of its own. */
export function hasChatTemplate({ tokenizer }: Pick<Service, 'tokenizer'>): boolean {
  return (tokenizer.spec.chatTemplate ?? '') !== ''
}

interface RenderOptions {
  addGenerationPrompt: boolean
  variables: Readonly<Record<string, unknown>>
}

/** Ids of a conversation. Throws TEMPLATE_INVALID, CONTEXT_OVERFLOW. */
export function idsOfChat(
  service: Service,
  messages: readonly ChatMessage[],
  { addGenerationPrompt, variables }: RenderOptions,
): ArrayLike<number> {
  const { tokenizer, model, limits } = service
  if (!hasChatTemplate(service)) {
    const text = plainChat(messages, addGenerationPrompt)
    checkLength(service, text)
    return checkedPrompt(tokenizer.encode(text), model.config.bos, limits)
  }
  const whole = renderChat(tokenizer, messages, { addGenerationPrompt, variables: { ...variables } })
  const text = addGenerationPrompt ? whole : openEnd(whole, String(messages.at(-1)!.content).trim())
  checkLength(service, text)
  return checkedPrompt(tokenizer.encode(text, { template: false }), model.config.bos, limits)
}

/** To continue a message is to leave away whatever the template puts behind it. */
function openEnd(text: string, last: string): string {
  const at = text.lastIndexOf(last)
  if (at >= 0) return text.slice(0, at + last.length)
  throw new TesseraError(
    'TEMPLATE_INVALID',
    'The chat template changes the last message, so it cannot go on',
    {
      where: 'add_generation_prompt',
    },
  )
}

function plainChat(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string {
  const lines = messages.map(({ role, content }) => `${role[0]!.toUpperCase()}${role.slice(1)}: ${content}`)
  return lines.join('\n') + (addGenerationPrompt ? '\nAssistant:' : '')
}

/** What ends a turn by the tokenizer's word: config.json often knows only what ends a text. */
function turnEnds({ tokenizer }: Service): number[] {
  const { eos_token: name } = tokenizer.spec.namedTokens
  const id = typeof name === 'string' ? tokenizer.idOf(name) : -1
  return id < 0 ? [] : [id]
}

/** Throws what the protocol, the scheduler and the model throw; a stream tells of later errors in its events. */
export async function chatCompletions(service: Service, call: Call, body: unknown): Promise<Response> {
  const request = chatRequest(body, service.limits)
  checkModel(service, request.model)
  const { tokenizer } = service
  const plain = !hasChatTemplate(service)
  const ids = idsOfChat(service, request.messages, request)
  const maxTokens = roomFor(ids.length, request.maxTokens, service.limits)
  const constraint = service.forms.of(request.sampling.format)
  const usage = new Usage(service, call)
  usage.prompt(ids.length)

  const common = {
    id: newId('chatcmpl'),
    created: Math.floor(Date.now() / 1000),
    model: service.name,
    system_fingerprint: service.fingerprint,
  }
  const part = { ...common, object: 'chat.completion.chunk' }
  let send: ((event: unknown) => void) | null = null
  const scored = (tokens: readonly AnyScore[]) =>
    request.logprobs === null ? null : { content: chatLogprobs(tokenizer, tokens), refusal: null }

  const choices = Array.from({ length: request.n }, (_, index) => {
    const tokens: AnyScore[] = []
    const choice = { index, text: '', tokens, answer: null as unknown as Answer }
    const say = (delta: AnswerDelta) => {
      if (send === null) {
        choice.text += delta.text
        choice.tokens.push(...delta.tokens)
        return
      }
      const { text, finishReason } = delta
      const event = { index, delta: text === '' ? {} : { content: text }, logprobs: scored(delta.tokens) }
      send({ ...part, choices: [{ ...event, finish_reason: finishReason }] })
    }
    choice.answer = new Answer(service, {
      prompt: ids,
      sampling: request.sampling,
      constraint,
      index,
      maxTokens,
      logprobs: request.logprobs,
      continues: !request.addGenerationPrompt || plain,
      stops: plain ? PLAIN_STOPS : [],
      ends: plain ? [] : turnEnds(service),
      say,
      chosen: () => usage.token(),
    })
    return choice
  })

  const work = {
    client: call.client,
    prompt: ids,
    signal: call.signal,
    choices: choices.map(({ answer }) => answer),
    started: (known: number) => usage.known(known),
  }
  return answerOrStream(service, call, request, [work], {
    begin: (sender) => {
      send = sender
      for (const { index } of choices) {
        const delta = { role: 'assistant', content: '' }
        send({ ...part, choices: [{ index, delta, logprobs: null, finish_reason: null }] })
      }
    },
    whole: () => ({
      ...common,
      object: 'chat.completion',
      choices: choices.map(({ index, text, tokens, answer }) => ({
        index,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: scored(tokens),
        finish_reason: answer.finishReason,
      })),
      usage: usage.json,
    }),
    usage: () => ({ ...part, choices: [], usage: usage.json }),
  })
}
