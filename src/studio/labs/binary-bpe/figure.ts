// The points of the lab's figure: this file, the experiment's held-out files, and the paper.
import type { BinaryBpeResult } from '../../../papers/index.ts'
import type { Analysis } from './protocol.ts'

export interface Point {
  series: string
  /** Vocabulary size. */
  size: number
  bytesPerToken: number
  source: 'file' | 'experiment' | 'paper'
}

/**
 * The figures that the authors state for typical programs: the first three on the model cards of the
 * published tokenizers, the last on the project's page. All at the paper's scale (13 GB of programs).
 */
const PAPER: readonly [size: number, bytesPerToken: number][] = [
  [4096, 2.0],
  [8192, 2.2],
  [16384, 2.4],
  [65536, 2.89],
]

export const PAPER_SERIES = 'the paper'

/** `name`: how the file's own points are called. */
export function pointsOf(
  name: string,
  length: number,
  analysis: Analysis,
  result: BinaryBpeResult | null,
): Point[] {
  const points: Point[] = analysis.family
    .filter((member) => member.tokens > 0)
    .map(({ size, tokens }) => ({ series: name, size, bytesPerToken: length / tokens, source: 'file' }))
  for (const [size, bytesPerToken] of PAPER) {
    points.push({ series: PAPER_SERIES, size, bytesPerToken, source: 'paper' })
  }
  for (const group of result?.formats ?? []) {
    group.bytesPerToken.forEach((bytesPerToken, i) => {
      const size = result!.settings.sizes[i]
      if (size !== undefined) {
        points.push({ series: `${group.name}, held out`, size, bytesPerToken, source: 'experiment' })
      }
    })
  }
  return points
}
