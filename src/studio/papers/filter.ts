// Search and filters over the list of papers.
import type { PaperSummary } from '../../papers/index.ts'

export interface Filter {
  /** Words that must all occur, in any order, in title, sentence, room, slug or year. */
  words: string
  room: string
  state: string
}

export function matching(papers: readonly PaperSummary[], filter: Filter): PaperSummary[] {
  const words = fold(filter.words).split(/\s+/).filter(Boolean)
  return papers.filter((paper) => {
    if (filter.room && !roomsOf(paper).includes(filter.room)) return false
    if (filter.state && paper.state !== filter.state) return false
    const text = fold(
      `${paper.title} ${paper.summary} ${roomsOf(paper).join(' ')} ${paper.slug} ${paper.year}`,
    )
    return words.every((word) => text.includes(word))
  })
}

/** The room of a paper's method, and the others that it needs. */
export function roomsOf(paper: PaperSummary): string[] {
  return [paper.room, ...paper.alsoIn]
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
}
