// Distinct chunks and their counts in bounded memory. Nearly every chunk of a large corpus occurs once, so
// keeping the most frequent ones (as the words of plain training are kept) would keep the boilerplate. Here
// the memory bounds a sample by hash: which chunks stay depends on their bytes alone, each with its exact
// count, so pair counts are an even share of the whole (adaptive sampling: Wegman; Flajolet 1990).
import { WordTable, type CountedWords } from '../word-table.ts'

export class ChunkSample {
  /** Chunks seen, and those that are not in the sample; occurrences, not distinct chunks. */
  occurrences = 0
  dropped = 0
  private table = new WordTable()
  private level = 0
  private readonly budget: number

  /** `budget`: bytes that the table may take, about. */
  constructor(budget: number) {
    this.budget = budget
  }

  /** The part of all chunks that the sample holds: 1, 1/2, 1/4, … */
  get share(): number {
    return 2 ** -this.level
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    this.occurrences++
    if (this.level > 0 && !kept(bytes, from, to, this.level)) {
      this.dropped++
      return
    }
    this.table.add(bytes, from, to, 1)
    while (this.table.memory > this.budget && this.table.size > 1 && this.level < 31) this.halve()
  }

  words(): CountedWords {
    return this.table.words()
  }

  private halve(): void {
    this.level++
    const { bytes, offsets, counts } = this.table.words()
    const table = new WordTable()
    for (let i = 0; i < counts.length; i++) {
      const from = offsets[i]!
      const to = offsets[i + 1]!
      if (kept(bytes, from, to, this.level)) table.add(bytes, from, to, counts[i]!)
      else this.dropped += counts[i]!
    }
    this.table = table
  }
}

/** Whether the low `level` bits of the chunk's hash are 0: one chunk of 2^level. */
function kept(bytes: Uint8Array, from: number, to: number, level: number): boolean {
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) & (2 ** level - 1)) === 0
}
