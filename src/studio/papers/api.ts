// What the server knows about the papers.
import type { PaperSummary } from '../../papers/index.ts'
import { ProblemError, type Problem } from '../shell/problem.ts'

export interface PaperDetail extends PaperSummary {
  /** What the experiment wrote, or null when it has not been run. */
  result: unknown
}

export function listPapers(): Promise<PaperSummary[]> {
  return get('/api/papers')
}

export function getPaper(slug: string): Promise<PaperDetail> {
  return get(`/api/papers/${encodeURIComponent(slug)}`)
}

async function get<T>(path: string): Promise<T> {
  let answer: Response
  try {
    answer = await fetch(path)
  } catch {
    throw new ProblemError({
      code: 'SERVER_UNREACHABLE',
      message: 'The Studio’s server does not answer. Start it again with `npm start`, then reload this page.',
    })
  }
  const body: unknown = await answer.json().catch(() => null)
  if (answer.ok) return body as T
  const problem = (body as { error?: Problem } | null)?.error
  throw new ProblemError(problem ?? { code: 'UNEXPECTED', message: `${path}: status ${answer.status}` })
}
