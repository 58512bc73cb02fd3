// A model that leaves the canonical ids, without a model: merges are dropped by chance, so that words come in other
// tokens and the text stays. Every changed word is a phantom edit by construction; what type it is, and whether
// canonicity and repair see it, is measured.
import { Random, throwIfCancelled } from '../../core/index.ts'
import { ARTIFACTS, type ArtifactType, canonicalize, classifyEdit, Dropout } from '../../measure/index.ts'
import type { Tokenizer } from '../../tokenizer/index.ts'

export interface Reencoded {
  canonical: number
  changedWords: number
  same: number
  more: number
  fewer: number
  types: Record<ArtifactType, number>
  repaired: number
}

/** Throws CANCELLED. */
export function reencode(
  tokenizer: Tokenizer,
  lines: readonly string[],
  rate: number,
  seed: number,
  signal?: AbortSignal,
): Reencoded {
  const random = new Random(seed)
  const dropout = new Dropout(tokenizer)
  const types = Object.fromEntries(ARTIFACTS.map(({ type }) => [type, 0])) as Record<ArtifactType, number>
  const sums = { canonical: 0, words: 0, changed: 0, same: 0, more: 0, fewer: 0, repaired: 0 }
  for (const line of lines) {
    throwIfCancelled(signal)
    const { ids, offsets } = tokenizer.encode(line, { template: false, specials: 'text', offsets: true })
    const all: number[] = []
    for (let from = 0; from < ids.length;) {
      // Tokens of one word: up to the next that begins with a space, or after one that is no letter.
      let to = from + 1
      while (to < ids.length && !/^\s/.test(line.slice(offsets[2 * to], offsets[2 * to + 1]))) to++
      const before = ids.subarray(from, to)
      const after = dropout.apply(before, rate, random)
      all.push(...after)
      sums.words++
      const judged = classifyEdit(before, after, tokenizer)
      if (judged.outcome === 'phantom') {
        sums.changed++
        types[judged.type!]++
        if (after.length === before.length) sums.same++
        else if (after.length > before.length) sums.more++
        else sums.fewer++
      }
      from = to
    }
    const canonical = canonicalize(tokenizer, all)
    if (canonical.runs.length === 0) sums.canonical++
    if (canonical.ids.length === ids.length && canonical.ids.every((id, i) => id === ids[i])) sums.repaired++
  }
  const part = (n: number, of: number) => (of === 0 ? 0 : n / of)
  return {
    canonical: part(sums.canonical, lines.length),
    changedWords: part(sums.changed, sums.words),
    same: part(sums.same, sums.changed),
    more: part(sums.more, sums.changed),
    fewer: part(sums.fewer, sums.changed),
    types,
    repaired: part(sums.repaired, lines.length),
  }
}
