// Encoding a text that grows. Ids in front of the last place where the text may be cut stay as they are; only
// the rest is encoded again with each append.
import type { IncrementalEncoder } from '../types.ts'
import type { SafeCut } from './safe-cut.ts'

/** Encodes a part of the text; `start` says whether it stands at the start. */
export type EncodePart = (text: string, start: boolean) => Uint32Array

/** `cut` null: the tokenizer gives no place where a text may be cut; nothing is stable before the end. */
export class IncrementalText implements IncrementalEncoder {
  private readonly encodePart: EncodePart
  private readonly cut: SafeCut | null
  private settled = new Uint32Array(1024)
  private settledCount = 0
  private tail = ''
  private started = false
  private tailIds: Uint32Array | null = new Uint32Array(0)

  private readonly after: Uint32Array

  /** `before` and `after`: what the template puts around the text. */
  constructor(encodePart: EncodePart, cut: SafeCut | null, before: Uint32Array, after: Uint32Array) {
    this.encodePart = encodePart
    this.cut = cut
    this.after = after
    this.settle(before)
  }

  get stable(): number {
    return this.settledCount
  }

  get ids(): Uint32Array {
    this.tailIds ??= this.encodePart(this.tail, !this.started)
    const end = this.settledCount + this.tailIds.length
    const out = new Uint32Array(end + this.after.length)
    out.set(this.settled.subarray(0, this.settledCount))
    out.set(this.tailIds, this.settledCount)
    out.set(this.after, end)
    return out
  }

  append(text: string): void {
    if (text === '') return
    // A place to cut needs the characters on both sides of it, so begin just before the old end.
    const from = Math.max(0, this.tail.length - 2)
    this.tail += text
    this.tailIds = null
    const at = this.cut ? this.cut(this.tail, from, this.tail.length) : -1
    if (at <= 0) return
    this.settle(this.encodePart(this.tail.slice(0, at), !this.started))
    this.started = true
    this.tail = this.tail.slice(at)
  }

  private settle(ids: Uint32Array): void {
    const needed = this.settledCount + ids.length
    if (needed > this.settled.length) {
      const larger = new Uint32Array(Math.max(needed, this.settled.length * 2))
      larger.set(this.settled.subarray(0, this.settledCount))
      this.settled = larger
    }
    this.settled.set(ids, this.settledCount)
    this.settledCount = needed
  }
}
