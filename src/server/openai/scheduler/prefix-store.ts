// What earlier prompts and answers left behind: caches by their ids, so that a prompt that begins like one of them
// (a common system prompt, the next turn of a conversation) is not computed again. Taking from it is a fork: no
// key or value is copied. The least recently used go first when the memory is used up; rows that several
// entries share count once.
import type { Cache } from '../../../model/index.ts'

interface Entry {
  ids: ArrayLike<number>
  cache: Cache
}

/** Shorter prompts are computed faster than they are worth remembering. */
const LEAST_TOKENS = 16
const MOST_ENTRIES = 512

export class PrefixStore {
  /** The most recently used last. */
  private readonly entries = new Set<Entry>()
  private readonly maxBytes: number
  bytes = 0

  /** With a budget of 0 it stays empty. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get size(): number {
    return this.entries.size
  }

  /** A fork that holds the longest known beginning of the ids, at most `most` tokens; null: nothing worth it. */
  take(ids: ArrayLike<number>, most: number): { cache: Cache; length: number } | null {
    let best: Entry | null = null
    let length = LEAST_TOKENS - 1
    for (const entry of this.entries) {
      const common = commonLength(entry.ids, ids, most)
      if (common > length) {
        best = entry
        length = common
      }
    }
    if (!best) return null
    this.touch(best)
    const cache = best.cache.fork(1)
    cache.truncate(length)
    return { cache, length }
  }

  /** Keeps a one-lane cache of exactly these ids; it belongs to the store from now on. */
  add(ids: ArrayLike<number>, cache: Cache): void {
    if (ids.length < LEAST_TOKENS || this.maxBytes === 0) {
      cache.release()
      return
    }
    for (const entry of this.entries) {
      const common = commonLength(entry.ids, ids, Infinity)
      if (common === ids.length) {
        // Known already, as itself or as the beginning of something longer.
        this.touch(entry)
        cache.release()
        return
      }
      if (common === entry.ids.length) this.remove(entry)
    }
    this.entries.add({ ids, cache })
    this.count()
    for (const oldest of this.entries) {
      if (this.bytes <= this.maxBytes && this.entries.size <= MOST_ENTRIES) break
      this.remove(oldest)
      this.count()
    }
  }

  clear(): void {
    for (const entry of this.entries) this.remove(entry)
    this.count()
  }

  private touch(entry: Entry): void {
    this.entries.delete(entry)
    this.entries.add(entry)
  }

  private remove(entry: Entry): void {
    this.entries.delete(entry)
    entry.cache.release()
  }

  private count(): void {
    const seen = new Set<object>()
    this.bytes = 0
    for (const { cache } of this.entries) {
      const { prefix, own } = cache.rows()
      for (const slots of [prefix, own]) {
        if (!slots || seen.has(slots)) continue
        seen.add(slots)
        this.bytes += slots.bytes
      }
    }
  }
}

/** How many ids two sequences begin with alike. */
export function commonLength(a: ArrayLike<number>, b: ArrayLike<number>, most: number): number {
  const end = Math.min(a.length, b.length, most)
  let i = 0
  while (i < end && a[i] === b[i]) i++
  return i
}
