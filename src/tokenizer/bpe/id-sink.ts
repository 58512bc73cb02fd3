// Where encoders put ids: one growing array that is kept between calls, so that a short text costs one
// allocation, its result.

const KEPT = 1 << 20

export class IdSink {
  ids = new Uint32Array(1024)
  length = 0

  /** Makes room for `more` further ids. */
  reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.ids.length) return
    const larger = new Uint32Array(
      Math.max(needed, Math.min(this.ids.length * 2, this.ids.length + (1 << 24))),
    )
    larger.set(this.ids.subarray(0, this.length))
    this.ids = larger
  }

  push(id: number): void {
    if (this.length === this.ids.length) this.reserve(1)
    this.ids[this.length++] = id
  }

  /** The ids as an array of their own; the sink is empty afterwards. */
  take(): Uint32Array {
    const out = this.ids.slice(0, this.length)
    this.length = 0
    if (this.ids.length > KEPT) this.ids = new Uint32Array(1024)
    return out
  }
}
