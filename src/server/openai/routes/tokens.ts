// POST /tokenize and /detokenize, as vLLM's server has them: what a prompt or a conversation becomes, and back.
import { messagesOf } from '../protocol/chat.ts'
import { Fields, invalid } from '../protocol/fields.ts'
import { idsOf } from '../protocol/sampling.ts'
import { checkModel, type Service } from '../service.ts'
import { idsOfChat } from './chat.ts'

/** Throws REQUEST_INVALID, TEMPLATE_INVALID, CONTEXT_OVERFLOW (a conversation only). */
export function tokenize(service: Service, body: unknown): Response {
  const { tokenizer, limits } = service
  const fields = new Fields(body)
  checkModel(service, fields.text('model', 512))
  const prompt = fields.text('prompt')
  const chat = fields.has('messages')
  if ((prompt === undefined) === !chat) throw invalid('prompt', 'Expected either a prompt or messages')
  const withStrings = fields.flag('return_token_strs') ?? false
  const template = chat ? undefined : fields.flag('add_special_tokens')
  const addGenerationPrompt = chat ? (fields.flag('add_generation_prompt') ?? true) : true
  const ids = chat
    ? idsOfChat(service, messagesOf(fields), { addGenerationPrompt, variables: {} })
    : tokenizer.encode(prompt!, { template: template ?? true })
  fields.end()
  const tokens = Array.from(ids)
  return Response.json({
    count: tokens.length,
    max_model_len: limits.context,
    tokens,
    ...(withStrings ? { token_strs: tokens.map((id) => tokenizer.info(id).token) } : {}),
  })
}

const MAX_IDS = 1_000_000

/** Throws REQUEST_INVALID. */
export function detokenize(service: Service, body: unknown): Response {
  const { tokenizer, limits } = service
  const fields = new Fields(body)
  checkModel(service, fields.text('model', 512))
  const ids = idsOf(fields, 'tokens', Math.min(limits.vocab, tokenizer.vocabSize), MAX_IDS)
  if (ids === undefined) throw invalid('tokens', 'Missing')
  fields.end()
  return Response.json({ prompt: tokenizer.decode(ids, { skipSpecials: false }) })
}
