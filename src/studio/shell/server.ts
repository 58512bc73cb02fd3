// Questions to the Studio's server, and its answers or what went wrong.
import { ProblemError, type Problem } from './problem.ts'

export interface Ask {
  method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON. */
  body?: unknown
}

/** Throws ProblemError: the server's, or SERVER_UNREACHABLE. */
export async function ask<T>(path: string, { method = 'GET', body }: Ask = {}): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
  } catch {
    throw new ProblemError({
      code: 'SERVER_UNREACHABLE',
      message: 'The Studio’s server does not answer. Start it again with `npm start`, then reload this page.',
    })
  }
  const content: unknown = await answer.json().catch(() => null)
  if (answer.ok) return content as T
  const problem = (content as { error?: Problem } | null)?.error
  throw new ProblemError(problem ?? { code: 'UNEXPECTED', message: `${path}: status ${answer.status}` })
}
