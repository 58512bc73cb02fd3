// A file of any length as ONE sequence of ids, in windows that fit the processor's cache.
//
// Two encodings may be put side by side exactly when the two tokens at the seam, encoded together, stay
// these two tokens: no merge crosses a token boundary of either side, so what happens inside a token
// depends on its own bytes alone, and the first merge to cross the seam would have to join those two.
// A window is therefore cut where that holds, and the ids are those of the whole file, not of windows.
import { throwIfCancelled, type LongWork } from '../../core/index.ts'
import type { Vocab } from '../vocab.ts'
import type { MergeTable } from './merge-table.ts'
import { WindowMerger } from './window.ts'

const WINDOW_BYTES = 32768
/** Tokens given back at the end of a window at first: their right neighbours are not known yet. */
const GIVEN_BACK = 16

interface Window {
  start: number
  end: number
  ids: Uint32Array
  count: number
}

export class SequenceEncoder {
  private readonly table: MergeTable
  private readonly vocab: Vocab
  private readonly windowBytes: number
  private merger: WindowMerger
  private current: Uint32Array
  private following: Uint32Array

  /** `vocab` gives the bytes of each id. `windowBytes` is a parameter for tests only. */
  constructor(table: MergeTable, vocab: Vocab, windowBytes = WINDOW_BYTES) {
    this.table = table
    this.vocab = vocab
    this.windowBytes = windowBytes
    this.merger = new WindowMerger(table, windowBytes)
    this.current = new Uint32Array(windowBytes)
    this.following = new Uint32Array(windowBytes)
  }

  /** `[tokens]` ids of the whole input with the first `limit` merges. Throws CANCELLED. */
  encode(bytes: Uint8Array, limit: number, work: LongWork = {}): Uint32Array {
    let out = new Uint32Array(Math.max(16, Math.ceil(bytes.length / 2)))
    for (let width = this.windowBytes; ; width *= 2) {
      let length = 0
      const whole = this.windows(bytes, limit, width, work, (ids, count) => {
        if (length + count > out.length) {
          const larger = new Uint32Array(Math.min(bytes.length, Math.ceil((length + count) * 1.5)))
          larger.set(out.subarray(0, length))
          out = larger
        }
        for (let i = 0; i < count; i++) out[length + i] = ids[i]!
        length += count
      })
      if (whole) return out.slice(0, length)
    }
  }

  /** Number of ids that `encode` gives. */
  count(bytes: Uint8Array, limit: number, work: LongWork = {}): number {
    for (let width = this.windowBytes; ; width *= 2) {
      let length = 0
      if (this.windows(bytes, limit, width, work, (_, count) => (length += count))) return length
    }
  }

  /**
   * False: some window could not be cut, so a wider one is needed. What lies to the right can reach only
   * as far to the left as a chain of ever higher ranks does, so a few doublings always end this.
   */
  private windows(
    bytes: Uint8Array,
    limit: number,
    width: number,
    work: LongWork,
    emit: (ids: Uint32Array, count: number) => void,
  ): boolean {
    if (bytes.length === 0) return true
    this.reserve(Math.min(width, bytes.length))
    let now = this.window(bytes, 0, width, limit, this.current)
    while (now.end < bytes.length) {
      throwIfCancelled(work.signal)
      let next: Window | null = null
      let keep = 0
      for (let back = GIVEN_BACK; next === null; back *= 2) {
        keep = now.count - back
        if (keep <= 0) return false
        let cut = now.end
        for (let i = keep; i < now.count; i++) cut -= this.lengthOf(now.ids[i]!)
        const free = now.ids === this.current ? this.following : this.current
        const window = this.window(bytes, cut, width, limit, free)
        if (window.ids[0] === now.ids[keep] || this.fits(now.ids[keep - 1]!, window.ids[0]!, limit))
          next = window
      }
      emit(now.ids, keep)
      now = next
      work.onProgress?.({ stage: 'encoding', done: now.start, total: bytes.length, unit: 'bytes' })
    }
    emit(now.ids, now.count)
    return true
  }

  private window(bytes: Uint8Array, start: number, width: number, limit: number, ids: Uint32Array): Window {
    const end = Math.min(start + width, bytes.length)
    return { start, end, ids, count: this.merger.encode(bytes, start, end, limit, ids) }
  }

  private lengthOf(id: number): number {
    return this.vocab.offsets[id + 1]! - this.vocab.offsets[id]!
  }

  /** Whether two tokens, encoded together, stay two tokens. */
  private fits(a: number, b: number, limit: number): boolean {
    const left = this.vocab.bytesOf(a)
    const right = this.vocab.bytesOf(b)
    const joined = new Uint8Array(left.length + right.length)
    joined.set(left)
    joined.set(right, left.length)
    const ids = new Uint32Array(joined.length)
    const merger = new WindowMerger(this.table, joined.length)
    return merger.encode(joined, 0, joined.length, limit, ids) === 2 && ids[0] === a && ids[1] === b
  }

  private reserve(capacity: number): void {
    if (this.merger.capacity >= capacity) return
    this.merger = new WindowMerger(this.table, capacity)
    this.current = new Uint32Array(capacity)
    this.following = new Uint32Array(capacity)
  }
}
