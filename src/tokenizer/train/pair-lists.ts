// The index of a training run: for each pair that counts enough, its count, its place in the queue, and
// the list of cells where it occurs. Lists are ranges of one arena; they are written once and never
// updated: whoever reads a list checks each cell (lazy deletion).
import { MergeQueue, widened } from './merge-queue.ts'
import type { PackedWords } from './packed-words.ts'
import { PairTable } from './pair-table.ts'

export class PairLists {
  counts = new PairTable()
  readonly queue = new MergeQueue()
  /** First cells of the left tokens of pairs. */
  arena: Int32Array<ArrayBuffer> = new Int32Array(0)
  private end = 0
  private gone = 0

  /**
   * Counts all pairs of the words as they stand; lists those that count at least what `leastFor` says to
   * the best count, and returns that. `lengths` are cells, `sizes` what `maxLength` is measured in.
   */
  build(
    packed: PackedWords,
    lengths: Int32Array,
    sizes: Int32Array,
    maxLength: number,
    leastFor: (best: number) => number,
  ): number {
    const { cells, edge } = packed
    const all = new PairTable(1 << 10)
    for (let at = 1; at < cells.length;) {
      const left = cells[at]!
      const length = lengths[left]!
      if (left !== edge) {
        const right = cells[at + length]!
        if (right !== edge && sizes[left]! + sizes[right]! <= maxLength)
          all.add(left, right, packed.weightAt(at))
      }
      at += length
    }
    let best = 0
    for (let slot = 0; slot < all.capacity; slot++) best = Math.max(best, all.count(slot))
    const least = leastFor(best)
    const kept: number[] = []
    for (let slot = 0; slot < all.capacity; slot++) {
      if (all.left(slot) >= 0 && all.count(slot) >= least) kept.push(slot)
    }
    const counts = new PairTable(kept.length)
    for (const slot of kept) counts.add(all.left(slot), all.right(slot), all.count(slot))
    this.counts = counts

    // By slot: how many places, then where the next one goes.
    const next = new Int32Array(counts.capacity)
    for (let at = 1; at < cells.length;) {
      const left = cells[at]!
      const length = lengths[left]!
      const slot = left === edge ? -1 : counts.find(left, cells[at + length]!)
      if (slot >= 0) next[slot]!++
      at += length
    }
    const { queue } = this
    queue.clear()
    let total = 0
    for (let slot = 0; slot < counts.capacity; slot++) {
      const places = next[slot]!
      if (places === 0) continue
      queue.push(counts.left(slot), counts.right(slot), counts.count(slot), total, places)
      next[slot] = total
      total += places
    }
    this.arena = new Int32Array(total + (total >> 3) + 64)
    for (let at = 1; at < cells.length;) {
      const left = cells[at]!
      const length = lengths[left]!
      const slot = left === edge ? -1 : counts.find(left, cells[at + length]!)
      if (slot >= 0) this.arena[next[slot]!++] = at
      at += length
    }
    this.end = total
    this.gone = 0
    return least
  }

  /** Enters a pair with room for a list; returns where the list begins in the arena. */
  append(left: number, right: number, count: number, places: number): number {
    const from = this.end
    this.end += places
    this.queue.push(left, right, count, from, places)
    return from
  }

  /** The list of an entry is not needed any more. */
  drop(entry: number): void {
    this.gone += this.queue.places[entry]!
    this.queue.drop(entry)
  }

  /** Makes room for `places` more in the arena: by closing gaps if there are many, else by growing. */
  reserve(places: number): void {
    if (this.end + places <= this.arena.length) return
    const { queue, arena } = this
    if (this.gone * 8 > arena.length) {
      queue.compact()
      // Entries are in the order in which their lists were appended.
      let end = 0
      for (let entry = 0; entry < queue.entries; entry++) {
        const from = queue.from[entry]!
        const count = queue.places[entry]!
        arena.copyWithin(end, from, from + count)
        queue.from[entry] = end
        end += count
      }
      this.end = end
      this.gone = 0
      if (end + places <= arena.length) return
    }
    this.arena = widened(arena, Math.ceil(arena.length * 1.25) + places)
  }
}
