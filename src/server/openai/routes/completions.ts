// POST /v1/completions: text (or ids) in, its continuation out. With `echo` the prompt comes back, and with
// `logprobs` as well its own tokens are scored: how evaluation suites ask for likelihoods.
import { Answer, type AnswerDelta } from '../answer.ts'
import { LegacyLogprobs } from '../logprobs.ts'
import { type CompletionRequest, completionRequest, type Prompt } from '../protocol/completions.ts'
import { roomFor } from '../protocol/sampling.ts'
import type { Work } from '../scheduler/scheduler.ts'
import { type Call, checkModel, idsOfPrompt, newId, type Service } from '../service.ts'
import { PromptScores } from '../prompt-scores.ts'
import { Usage } from '../usage.ts'
import { answerOrStream } from './answer-or-stream.ts'

/** Throws what the protocol, the scheduler and the model throw; a stream tells of later errors in its events. */
export async function completions(service: Service, call: Call, body: unknown): Promise<Response> {
  const request = completionRequest(body, service.limits)
  checkModel(service, request.model)
  const usage = new Usage(service, call)
  const common = {
    id: newId('cmpl'),
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: service.name,
    system_fingerprint: service.fingerprint,
  }
  let send: ((event: unknown) => void) | null = null
  const event = (choice: unknown) => send!({ ...common, choices: [choice] })
  const choices: CompletionChoice[] = []
  const works = request.prompts.map((prompt): Work => {
    const ids = idsOfPrompt(service, prompt)
    if (request.maxTokens > 0) roomFor(ids.length, request.maxTokens, service.limits)
    usage.prompt(ids.length)
    const own = Array.from({ length: request.n }, (_, i) => {
      const choice = new CompletionChoice(service, request, ids, choices.length + i, i, usage)
      choice.say = (delta) => (send ? event(choice.event(delta)) : choice.add(delta))
      return choice
    })
    choices.push(...own)
    const scores = request.echo && request.logprobs !== null ? new PromptScores(ids, request.logprobs) : null
    return {
      client: call.client,
      prompt: ids,
      signal: call.signal,
      choices: request.maxTokens === 0 ? [] : own.map(({ answer }) => answer),
      readPrompt: scores ? (logits, from, rows) => scores.read(logits, from, rows) : undefined,
      started: (known) => usage.known(known),
      read: () => {
        if (!request.echo) return
        const text = textOf(service, prompt, ids)
        const finishReason = request.maxTokens === 0 ? 'length' : null
        for (const choice of own) choice.say({ text, tokens: scores?.tokens ?? [], finishReason })
      },
    }
  })
  return answerOrStream(service, call, request, works, {
    begin: (sender) => (send = sender),
    whole: () => ({ ...common, choices: choices.map((choice) => choice.json), usage: usage.json }),
    usage: () => ({ ...common, choices: [], usage: usage.json }),
  })
}

/** The prompt's text, as it was sent or as its ids say. */
function textOf({ tokenizer }: Service, prompt: Prompt, ids: ArrayLike<number>): string {
  return typeof prompt === 'string' ? prompt : tokenizer.decode(ids, { skipSpecials: false })
}

class CompletionChoice {
  readonly answer: Answer
  say: (delta: AnswerDelta) => void = () => {}
  private readonly index: number
  private readonly logprobs: LegacyLogprobs | null
  private text = ''
  private finishReason: string | null = null

  constructor(
    service: Service,
    { sampling, logprobs, maxTokens }: CompletionRequest,
    prompt: ArrayLike<number>,
    index: number,
    ofPrompt: number,
    usage: Usage,
  ) {
    this.index = index
    this.logprobs = logprobs === null ? null : new LegacyLogprobs(service.tokenizer, logprobs)
    this.answer = new Answer(service, {
      prompt,
      sampling,
      constraint: service.forms.of(sampling.format),
      index: ofPrompt,
      maxTokens,
      logprobs,
      continues: true,
      say: (delta) => this.say(delta),
      chosen: () => usage.token(),
    })
  }

  add({ text, tokens, finishReason }: AnswerDelta): void {
    this.text += text
    this.logprobs?.add(tokens)
    this.finishReason = finishReason
  }

  event({ text, tokens, finishReason }: AnswerDelta) {
    const logprobs = this.logprobs?.only(tokens) ?? null
    return { index: this.index, text, logprobs, finish_reason: finishReason }
  }

  get json() {
    const { index, text, finishReason } = this
    return { index, text, logprobs: this.logprobs?.json ?? null, finish_reason: finishReason }
  }
}
