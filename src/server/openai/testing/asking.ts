// What the client tests share: requests with short standard settings.
import OpenAI from 'openai'
import type { TestServer } from './served.ts'

export type Completion = Partial<OpenAI.CompletionCreateParamsNonStreaming> & Record<string, unknown>
export type Chat = Partial<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming> & Record<string, unknown>

export const base = { model: 'tiny', prompt: 'the cat', max_tokens: 8, temperature: 0 }
export const messages = [{ role: 'user' as const, content: 'the cat' }]

export function complete({ client }: TestServer, more: Completion = {}): Promise<OpenAI.Completion> {
  return client.completions.create({ ...base, ...more })
}

export async function textOf(server: TestServer, more: Completion = {}): Promise<string> {
  return (await complete(server, more)).choices[0]!.text
}

export function chat({ client }: TestServer, more: Chat = {}): Promise<OpenAI.Chat.ChatCompletion> {
  return client.chat.completions.create({ model: 'tiny', messages, max_tokens: 8, temperature: 0, ...more })
}

/** Status and code of a refused request. */
export function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof OpenAI.APIError ? `${error.status} ${error.code}` : String(error)),
  )
}

/** Waits for what must happen soon; the test's own time is the bound. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
