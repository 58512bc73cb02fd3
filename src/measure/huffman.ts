// The size of a stream under the best prefix code for single tokens (Huffman 1952): what a compressor without
// memory can reach. Between H1 and H1 + 1 bits per token.

/** Bits of all counted tokens together. One distinct token takes no bits: there is nothing to tell apart. */
export function huffmanBits(counts: ArrayLike<number>): number {
  const leaves: number[] = []
  for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) leaves.push(counts[i]!)
  leaves.sort((a, b) => a - b)
  // Sums come in rising order, so the two smallest are always at the front of one of two queues.
  const sums: number[] = []
  let leaf = 0
  let sum = 0
  const smallest = () => {
    const takesLeaf = leaf < leaves.length && (sum >= sums.length || leaves[leaf]! <= sums[sum]!)
    return takesLeaf ? leaves[leaf++]! : sums[sum++]!
  }
  let bits = 0
  for (let joined = 1; joined < leaves.length; joined++) {
    const both = smallest() + smallest()
    bits += both
    sums.push(both)
  }
  return bits
}
