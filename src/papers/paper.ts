// The shape of a paper in this project: what is known about it, its experiment's result, and `run`, which
// applies its method to the caller's input.
import type { LongWork } from '../core/index.ts'

/** The rooms of `src/` that methods live in. */
export type Room = 'tokenizer' | 'measure' | 'model' | 'decode' | 'adapt' | 'embed' | 'vision' | 'probe'

/** What the feed lists about a paper, and one sentence of our own. */
export interface CatalogueEntry {
  slug: string
  title: string
  year: number
  /** ISO date of the first version, where it is known. */
  published: string | null
  /** Number of authors, where it is known. */
  authors: number | null
  organisation: string | null
  /** The authors' public code. */
  code: string | null
  /** Where the method lives (or will); further rooms that it needs in `alsoIn`. */
  room: Room
  alsoIn: readonly Room[]
  summary: string
}

export interface PaperSummary extends CatalogueEntry {
  state: 'runs' | 'not yet'
}

/** A file, or text, that a person wants to see the method on. */
export interface PaperFile {
  name: string
  bytes: Uint8Array
}

export type PaperInput = Uint8Array | readonly PaperFile[]

/** A table that a terminal or a page can print as it is. */
export interface ReportTable {
  title: string
  columns: readonly string[]
  /** Numbers stay numbers; `null` = not measured. */
  rows: readonly (readonly (string | number | null)[])[]
}

/** What a run gives back: the same numbers as tables for people and as data for programs. */
export interface PaperReport<Data> {
  tables: readonly ReportTable[]
  notes: readonly string[]
  data: Data
}

export interface RunOptions extends LongWork {
  /** Run the paper's own experiment instead of the method on `input`; it writes its `result.json`. */
  experiment?: boolean
  /** For the experiment. Default 1. */
  seed?: number
  /** For the experiment: where its finished steps are kept. Default `.cache/<slug>`. */
  cache?: string
  /** For the experiment: the result file. Default: see `saveResult`. */
  output?: string
}

/** Where a result comes from; every `result.json` begins with it. */
export interface Origin {
  slug: string
  /** One command that makes this result again. */
  command: string
  /** ISO date of the run. */
  date: string
  seed: number
  versions: Readonly<Record<string, string>>
  machine: { cpu: string; cores: number; memoryGB: number; system: string }
}

export interface Paper<
  Options extends RunOptions = RunOptions,
  Data = unknown,
  Result = unknown,
> extends PaperSummary {
  /** The content of `result.json`, which the experiment wrote; null when there is none. */
  result(): Promise<Result | null>
  /** Throws PAPER_NOT_RUNNABLE for a paper that is catalogued but not implemented yet. */
  run(input: PaperInput, options?: Options): Promise<PaperReport<Data>>
}
