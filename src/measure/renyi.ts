// Rényi entropy of single tokens, and what share of a vocabulary's room it fills: the efficiency of Zouhar et
// al. (2023, "Tokenization and the Noiseless Channel", α = 2.5) and the utilisation of a noiseless channel
// with one symbol per id (Erdogan et al. 2026, arXiv 2601.09039: α = 1 for η, α = 2 for η₂).

/** H_α in bits, from counts; α = 1 is Shannon's entropy. 0 for no counts. Falls with α. */
export function renyiEntropy(counts: ArrayLike<number>, alpha: number): number {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i]!
  if (total === 0) return 0
  if (alpha === 1) {
    let cLogC = 0
    for (let i = 0; i < counts.length; i++) if (counts[i]! > 1) cLogC += counts[i]! * Math.log2(counts[i]!)
    return Math.max(0, Math.log2(total) - cLogC / total)
  }
  let sum = 0
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) sum += (counts[i]! / total) ** alpha
  return Math.max(0, Math.log2(sum) / (1 - alpha))
}

export interface Channel {
  /** log2 of the vocabulary size: bits that a token could carry. */
  capacity: number
  /** η: H1 by capacity; null when the vocabulary has one id and nothing to say. */
  utilisation: number | null
  /** η₂: H_2 (Rényi, α = 2) by capacity. */
  utilisation2: number | null
  /** H_2.5 by capacity. */
  renyiEfficiency: number | null
}

/** The tokens as the input of a noiseless channel with `vocabSize` symbols. */
export function channelOf(counts: ArrayLike<number>, vocabSize: number): Channel {
  const capacity = vocabSize > 0 ? Math.log2(vocabSize) : 0
  const share = (alpha: number) => (capacity > 0 ? renyiEntropy(counts, alpha) / capacity : null)
  return { capacity, utilisation: share(1), utilisation2: share(2), renyiEfficiency: share(2.5) }
}
