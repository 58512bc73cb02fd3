// What the server knows about the papers.
import type { PaperSummary } from '../../papers/index.ts'
import { ask } from '../shell/server.ts'

export interface PaperDetail extends PaperSummary {
  /** What the experiment wrote, or null when it has not been run. */
  result: unknown
}

export function listPapers(): Promise<PaperSummary[]> {
  return ask('/api/papers')
}

export function getPaper(slug: string): Promise<PaperDetail> {
  return ask(`/api/papers/${encodeURIComponent(slug)}`)
}
