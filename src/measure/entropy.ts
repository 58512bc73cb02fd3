// Entropies of runs of tokens: H1 of single tokens, and Hk, what is still open about a token when the k - 1
// before it are known (Erdogan et al. 2026, arXiv 2601.09039; plug-in estimates).
// The surprising thing: on a stream that is short against the number of contexts, Hk falls to 0 whatever the
// text is. A shuffled copy of the stream, in which every true Hk is H1, shows how much of the fall is that
// artefact; where the copy falls too, Hk must not be read.
import { Random, throwIfCancelled, type LongWork } from '../core/index.ts'
import type { GramSums } from './gram-table.ts'
import { RunCounter, type RunSums } from './run-counter.ts'
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
  /** `entropy` of a random permutation of the same tokens; its true value is their H1. */
  shuffled: number
  /** The control's share of H1 is above READABLE_SHARE: the estimate says something about the text. */
  readable: boolean
  /** Tokens that all this is about: the whole stream, or its beginning, where there are too many runs. */
  tokens: number
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

/**
 * The entropies of a counted stream, each beside its shuffled control, for which as many tokens are counted
 * again in random order (beyond the limit from a sample of their runs). An empty stream gives zeros that are
 * not readable. Throws CANCELLED.
 */
export async function runEntropies(counter: RunCounter, options: EntropyOptions = {}): Promise<RunEntropy[]> {
  const found = counter.sums()
  const entropies: RunEntropy[] = []
  let control: RunSums[] = []
  for (const [i, { tokens, own, shorter, counts }] of found.entries()) {
    const k = i + 1
    // One control serves all lengths that are about the same tokens.
    if (i === 0 || tokens !== found[i - 1]!.tokens) {
      const most = k + found.slice(i).filter((other) => other.tokens === tokens).length - 1
      control = await shuffledSums(counts, tokens, most, options)
    }
    const entropy = Math.max(0, entropyOf(own) - entropyOf(shorter))
    const shuffled = Math.max(0, entropyOf(control[i]!.own) - entropyOf(control[i]!.shorter))
    entropies.push({
      k,
      entropy,
      millerMadow: entropy + millerMadow(own) - millerMadow(shorter),
      types: own.types,
      shuffled,
      readable: tokens > 0 && (i === 0 || shuffled > READABLE_SHARE * entropyOf(control[0]!.own)),
      tokens,
    })
  }
  return entropies
}

async function shuffledSums(
  counts: Float64Array,
  total: number,
  most: number,
  { seed = 1, limit, onProgress, signal }: EntropyOptions,
): Promise<RunSums[]> {
  const control = new RunCounter({ vocabSize: counts.length, most, limit, beyond: 'sample' })
  let until = performance.now() + 40
  for (const block of shuffled(counts, new Random(seed))) {
    control.add(block)
    if (performance.now() < until) continue
    onProgress?.({ stage: 'shuffled control', done: control.tokens, total, unit: 'items' })
    await new Promise((resolve) => setTimeout(resolve, 0))
    throwIfCancelled(signal)
    until = performance.now() + 40
  }
  return control.sums()
}
