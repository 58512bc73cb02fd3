// Lengths of texts in merged batches: what the experiment and a run on files share.
import { Random, type LongWork } from '../../core/index.ts'
import {
  loadDynamic,
  dynamicTokenizer,
  type Boundary,
  type ReductionTable,
  type Tokenizer,
} from '../../tokenizer/index.ts'

export const BATCH = 32

export interface BatchSettings extends LongWork {
  batchSize?: number
  boundary?: Boundary
  /** Puts the texts into batches by chance; without it they stay in order. */
  seed?: number
}

/** Average length after each number of merges. */
export async function reductionTable(
  tokenizer: Tokenizer,
  texts: readonly string[],
  { batchSize = BATCH, boundary = 'pretokens', seed, ...work }: BatchSettings = {},
): Promise<ReductionTable> {
  const dynamic = await dynamicTokenizer(tokenizer, { boundary, template: false, specials: 'text' })
  const ordered = seed === undefined ? texts : new Random(seed).shuffle([...texts])
  return dynamic.table(ordered, { batchSize, ...work })
}

/** Part of the base tokens that are saved after so many merges (default: all). */
export function savedBy({ lengths }: Pick<ReductionTable, 'lengths'>, merges = lengths.length - 1): number {
  const first = lengths[0]!
  return first === 0 ? 0 : 1 - lengths[Math.min(merges, lengths.length - 1)]! / first
}

/** The fewest merges that go so far on the relative scale. */
export async function mergesAt(table: ReductionTable, reduction: number): Promise<number> {
  const { mergesFor } = await loadDynamic()
  return mergesFor(table, reduction)
}

/** A text as the units that are batched: its lines that hold anything. */
export function unitsOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
