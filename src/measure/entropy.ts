// Entropies of runs of tokens: H1 of single tokens, and Hk, what is still open about a token when the k - 1
// before it are known (Erdogan et al. 2026, arXiv 2601.09039; plug-in estimates).
// The surprising thing: on a stream that is short against the number of contexts, Hk falls to 0 whatever the
// text is. A shuffled copy of the stream, in which every true Hk is H1, shows how much of the fall is that
// artefact; where the copy falls too, Hk must not be read.
import { Random, throwIfCancelled, type LongWork } from '../core/index.ts'
import type { GramSums } from './gram-table.ts'
import { RunCounter } from './run-counter.ts'
import { shuffled } from './shuffled.ts'

/** Hk may be read where the shuffled copy keeps more than this share of H1. */
export const READABLE_SHARE = 0.7

export interface RunEntropy {
  /** Length of the runs. */
  k: number
  /** Bits per token: H1, or the entropy of a token given the k - 1 before it. */
  entropy: number
  /** The same with the correction of Miller (1955) and Madow for each of its two entropies. */
  millerMadow: number
  /** Different runs of k tokens. */
  types: number
  /** `entropy` of a random permutation of the stream; its true value is H1. */
  shuffled: number
  /** The control's share of H1 is above READABLE_SHARE: the estimate says something about the text. */
  readable: boolean
  /** False: there were more types than the tables keep, and the figures are estimates from a sample. */
  exact: boolean
}

export interface EntropyOptions extends LongWork {
  /** Of the shuffled copy. Default 1. */
  seed?: number
  /** As for RunCounter. */
  limit?: number
}

/** Entropy in bits of a distribution from its counts (plug-in). 0 for no counts. */
export function entropyOf(sums: GramSums): number {
  return sums.total === 0 ? 0 : Math.max(0, Math.log2(sums.total) - sums.cLogC / sums.total)
}

/** What plug-in entropy lacks on average, to first order: (types - 1) / 2N nats, in bits. */
function millerMadow({ types, total }: GramSums): number {
  return total === 0 ? 0 : (types - 1) / (2 * total * Math.LN2)
}

/** `[k]` the conditional entropies of runs from their sums. */
function conditional(sums: readonly GramSums[]): { entropy: number; millerMadow: number }[] {
  return sums.map((own, i) => {
    const before = i > 0 ? sums[i - 1]! : null
    const entropy = Math.max(0, entropyOf(own) - (before ? entropyOf(before) : 0))
    return { entropy, millerMadow: entropy + millerMadow(own) - (before ? millerMadow(before) : 0) }
  })
}

/**
 * The entropies of a counted stream, each beside its shuffled control. Reads the stream's counts again as
 * a permutation, which takes about as long as counting did. An empty stream gives zeros that are not
 * readable. Throws CANCELLED.
 */
export async function runEntropies(counter: RunCounter, options: EntropyOptions = {}): Promise<RunEntropy[]> {
  const sums = counter.sums()
  const control = new RunCounter({
    vocabSize: counter.counts.length,
    most: counter.most,
    limit: options.limit,
  })
  const total = counter.tokens
  let until = performance.now() + 40
  for (const block of shuffled(counter.counts, new Random(options.seed ?? 1))) {
    control.add(block)
    if (performance.now() < until) continue
    options.onProgress?.({ stage: 'shuffled control', done: control.tokens, total, unit: 'items' })
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(options.signal)
    until = performance.now() + 40
  }
  const controlSums = control.sums()
  const controls = conditional(controlSums)
  const single = entropyOf(sums[0]!)
  return conditional(sums).map(({ entropy, millerMadow }, i) => ({
    k: i + 1,
    entropy,
    millerMadow,
    types: sums[i]!.types,
    shuffled: controls[i]!.entropy,
    readable: total > 0 && (i === 0 || controls[i]!.entropy > READABLE_SHARE * single),
    exact: sums[i]!.exact && controlSums[i]!.exact,
  }))
}
