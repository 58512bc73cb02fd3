// What every experiment writes to `result.json`: the paper's own figures, and beside them what was measured
// here, row by row, so that README, the command line and the Studio can show any paper in one way. A paper's
// result may hold more fields for its own figures.
import type { Origin } from '../paper.ts'

/** A figure as the paper (or the source named in `note`) states it. */
export interface PublishedFigure {
  metric: string
  setting: string
  value: string
  /** Where the figure was read, when it is not the paper itself. */
  note?: string
}

/** Of one number over seeds (or documents, when `over` says so). */
export interface Spread {
  over: 'seeds' | 'documents'
  count: number
  deviation: number
  min: number
  max: number
}

/** One measured figure beside the paper's. */
export interface ResultRow {
  metric: string
  /** Corpus, sizes, parameters: what one needs to measure it again. */
  setting: string
  /** What the method is compared with, measured in the same run; null when the row has none. */
  baseline: { name: string; value: number } | null
  /** The paper's figure for the nearest setting; null when it states none. */
  paper: string | null
  ours: number
  unit: string
  /** null when nothing was repeated. */
  spread: Spread | null
}

/** `result.json` of an experiment. `Details` are further fields that only this paper has. */
export type ExperimentResult<Details extends object = object> = Origin & {
  slug: string
  paper: readonly PublishedFigure[]
  rows: readonly ResultRow[]
  scale: 'as in the paper' | 'smaller than the paper'
  /** What a reader must know: deviations from the paper, and why a figure contradicts it. */
  notes: readonly string[]
} & Details
