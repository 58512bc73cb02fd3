// The plain way of everything that is counted fast: maps of strings, sums as the formulas say.
import type { RunEntropy } from '../entropy.ts'

/** Counts of the runs of `k` ids along a ring. */
export function plainCounts(ids: readonly number[], k: number): Map<string, number> {
  const counts = new Map<string, number>()
  ids.forEach((_, from) => {
    const run = Array.from({ length: k }, (_, i) => ids[(from + i) % ids.length]).join(' ')
    counts.set(run, (counts.get(run) ?? 0) + 1)
  })
  return counts
}

export function plainEntropy(counts: Iterable<number>): number {
  const all = [...counts]
  const total = all.reduce((sum, count) => sum + count, 0)
  return all.reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0)
}

/** Entropy of the k-th token given the k - 1 before it, from its definition. */
export function plainConditional(ids: readonly number[], k: number): number {
  const whole = plainEntropy(plainCounts(ids, k).values())
  return k === 1 ? whole : whole - plainEntropy(plainCounts(ids, k - 1).values())
}

export const values = (entropies: readonly RunEntropy[]) => entropies.map(({ entropy }) => entropy)
