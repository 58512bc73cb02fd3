// How far a batch is merged, on the paper's scale: 0 is the length under the base tokenizer, 1 the length
// when no pair is left. A table of merges against average length, measured once for a dataset and one batch
// size, is read backwards to choose the number of merges for a target.
import type { Random } from '../../core/index.ts'
import { TesseraError } from '../../core/index.ts'

export interface ReductionTable {
  /** Texts per batch; the table holds for this size only. */
  batchSize: number
  texts: number
  /** `[merges + 1]` tokens of a text on average after so many merges; never rising. */
  lengths: readonly number[]
}

/** Part of the way from base length to full merging that `merges` merges go; 0 where there is no way. */
export function reductionAt({ lengths }: Pick<ReductionTable, 'lengths'>, merges: number): number {
  const first = lengths[0]!
  const last = lengths[lengths.length - 1]!
  const now = lengths[Math.min(merges, lengths.length - 1)]!
  return first === last ? 0 : (first - now) / (first - last)
}

/** The fewest merges that go at least so far. Throws ARGUMENT_INVALID for a target outside of 0 to 1. */
export function mergesFor({ lengths }: Pick<ReductionTable, 'lengths'>, reduction: number): number {
  if (!(reduction >= 0 && reduction <= 1)) {
    throw new TesseraError('ARGUMENT_INVALID', `A reduction of ${reduction}`, {
      where: 'reduction',
      hint: 'Give 0 (base tokens) to 1 (nothing left to merge)',
    })
  }
  const first = lengths[0]!
  const last = lengths[lengths.length - 1]!
  const wanted = first - reduction * (first - last)
  let low = 0
  let high = lengths.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    // Averages are sums of fractions: one that is equal but for rounding counts as equal.
    if (lengths[middle]! <= wanted + 1e-9 * first) high = middle
    else low = middle + 1
  }
  return low
}

const BINS = 30
const MEAN_BIN = 15
const SPREAD_BINS = 5

/**
 * A number of merges for one batch of training, as the paper's adapters are trained: reductions in 30 bins,
 * a bin by chance (all alike, or a bell around the middle one), a number of merges from that bin.
 */
export function sampleMerges(
  table: Pick<ReductionTable, 'lengths'>,
  random: Random,
  shape: 'uniform' | 'gaussian' = 'uniform',
): number {
  let bin: number
  if (shape === 'uniform') bin = random.int(BINS)
  else {
    const radius = Math.sqrt(-2 * Math.log(1 - random.float()))
    bin = Math.round(MEAN_BIN + SPREAD_BINS * radius * Math.cos(2 * Math.PI * random.float()))
    bin = Math.max(0, Math.min(BINS - 1, bin))
  }
  const from = mergesFor(table, bin / BINS)
  const to = mergesFor(table, (bin + 1) / BINS)
  return from + random.int(to - from + 1)
}
