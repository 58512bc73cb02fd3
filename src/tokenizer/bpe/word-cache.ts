// A bounded cache from the bytes of a piece to its ids, keyed by integers: a piece of up to 16 bytes is its
// own key (four 32-bit words), a longer one a hash that is verified against the stored bytes. When the
// cache is full it is emptied: refilling costs less than keeping an order of use. The slots are larger than the
// processor's cache, so a byte of the hash per slot lies apart: a piece that is new is told by these alone.

/** Pieces longer than this are not cached. */
export const MAX_CACHED_BYTES = 96

/** Bytes that must be readable behind the end of every piece that is looked up. */
export const LOOKUP_PADDING = 16

const STRIDE = 8
const LENGTH = 4
const COUNT = 5
const VALUE = 6
const FIRST_SLOTS = 1 << 10
const MAX_SLOTS = 1 << 17
const MAX_LONG_BYTES = 1 << 21
const MAX_IDS = 1 << 19
/** Slots that one look-up reads at most: text made to collide is merged afresh, never searched for long. */
const MAX_PROBES = 64
/** No slot near enough: `insert` will not store the piece. */
const NOWHERE = -1

const KEEP = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1)

export class WordCache {
  /**
   * `[8 * capacity]`: four key words, length in bytes, number of ids, and the id itself or where the ids
   * start in `ids`.
   */
  slots = new Int32Array(FIRST_SLOTS * STRIDE)
  /** `[capacity]` eight bits of the hash, never 0; 0 = the slot is free. */
  private tags = new Uint8Array(FIRST_SLOTS)
  ids = new Int32Array(256)
  private idsUsed = 0
  private mask = FIRST_SLOTS - 1
  private used = 0
  private long = new Uint8Array(1024)
  private longUsed = 0
  // The key of the last lookup, kept for `insert`.
  private k0 = 0
  private k1 = 0
  private k2 = 0
  private k3 = 0
  private tag = 0
  private free = 0

  /** Position in `slots` of the piece `view[start .. start + length]`, or -1. */
  find(view: DataView, start: number, length: number): number {
    let k0: number
    let k1 = 0
    let k2 = 0
    let k3 = 0
    if (length <= 4) {
      k0 = view.getInt32(start, true) & KEEP[length]!
    } else {
      k0 = view.getInt32(start, true)
      k1 = view.getInt32(start + 4, true)
      if (length <= 8) {
        k1 &= KEEP[length - 4]!
      } else if (length <= 16) {
        k2 = view.getInt32(start + 8, true)
        if (length <= 12) k2 &= KEEP[length - 8]!
        else k3 = view.getInt32(start + 12, true) & KEEP[length - 12]!
      } else {
        return this.findLong(view, start, length)
      }
    }
    let h = Math.imul(k0, 0x9e3779b1) ^ Math.imul(k1, 0x85ebca6b) ^ length
    h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ Math.imul(k2, 0x27d4eb2f) ^ Math.imul(k3, 0x165667b1)
    h ^= h >>> 16
    const { slots, tags, mask } = this
    const tag = (h >>> 24) | 1
    let place = h & mask
    for (let probes = 0; ; probes++) {
      const stored = tags[place]!
      if (stored === 0) break
      if (probes === MAX_PROBES) {
        place = NOWHERE
        break
      }
      if (stored === tag) {
        const at = place * STRIDE
        if (
          slots[at] === k0 &&
          slots[at + 1] === k1 &&
          slots[at + 2] === k2 &&
          slots[at + 3] === k3 &&
          slots[at + LENGTH] === length
        ) {
          return at
        }
      }
      place = (place + 1) & mask
    }
    this.tag = tag
    this.k0 = k0
    this.k1 = k1
    this.k2 = k2
    this.k3 = k3
    this.free = place
    return -1
  }

  /** Stores the ids of the piece that the last `find` did not find. */
  insert(view: DataView, start: number, length: number, ids: Int32Array, count: number): void {
    const { slots } = this
    if (this.free === NOWHERE) return
    if (this.idsUsed + count > this.ids.length && !this.growIds(count)) return
    if (length > 16) {
      if (this.longUsed + length > this.long.length && !this.growLong(length)) return
      for (let i = 0; i < length; i++) this.long[this.longUsed + i] = view.getUint8(start + i)
      this.k2 = this.longUsed
      this.longUsed += length
    }
    this.tags[this.free] = this.tag
    const at = this.free * STRIDE
    slots[at] = this.k0
    slots[at + 1] = this.k1
    slots[at + 2] = this.k2
    slots[at + 3] = this.k3
    slots[at + LENGTH] = length
    slots[at + COUNT] = count
    if (count === 1) {
      slots[at + VALUE] = ids[0]!
    } else {
      slots[at + VALUE] = this.idsUsed
      for (let i = 0; i < count; i++) this.ids[this.idsUsed + i] = ids[i]!
      this.idsUsed += count
    }
    this.used++
    if (this.used * 3 > this.mask * 2) this.growSlots()
  }

  countAt(slot: number): number {
    return this.slots[slot + COUNT]!
  }

  /** The id when `countAt` is 1, else the start of the ids in `ids`. */
  valueAt(slot: number): number {
    return this.slots[slot + VALUE]!
  }

  clear(): void {
    this.tags.fill(0)
    this.used = 0
    this.idsUsed = 0
    this.longUsed = 0
  }

  private findLong(view: DataView, start: number, length: number): number {
    let a = length
    let b = Math.imul(length, 0x27d4eb2f)
    let i = 0
    for (; i + 4 <= length; i += 4) {
      const k = view.getInt32(start + i, true)
      a = Math.imul(a ^ k, 0x9e3779b1)
      a ^= a >>> 15
      b = Math.imul(b ^ k, 0xc2b2ae35) ^ (b >>> 13)
    }
    const rest = view.getInt32(start + i, true) & KEEP[length - i]!
    a = Math.imul(a ^ rest, 0x9e3779b1)
    a ^= a >>> 16
    b = Math.imul(b ^ rest, 0xc2b2ae35) ^ (b >>> 13)
    const { slots, tags, mask, long } = this
    const tag = (a >>> 24) | 1
    let place = a & mask
    for (let probes = 0; ; probes++) {
      const stored = tags[place]!
      if (stored === 0) break
      if (probes === MAX_PROBES) {
        place = NOWHERE
        break
      }
      const at = place * STRIDE
      if (stored === tag && slots[at] === a && slots[at + 1] === b && slots[at + LENGTH] === length) {
        const from = slots[at + 2]!
        let same = 0
        while (same < length && long[from + same] === view.getUint8(start + same)) same++
        if (same === length) return at
      }
      place = (place + 1) & mask
    }
    this.tag = tag
    this.k0 = a
    this.k1 = b
    this.k2 = 0
    this.k3 = 0
    this.free = place
    return -1
  }

  /** False when the cache had to be emptied: the slot of the last `find` is then no longer known. */
  private growIds(count: number): boolean {
    if (this.idsUsed + count > MAX_IDS) {
      this.clear()
      return false
    }
    const larger = new Int32Array(Math.max(this.ids.length * 2, this.idsUsed + count))
    larger.set(this.ids)
    this.ids = larger
    return true
  }

  private growLong(length: number): boolean {
    if (this.longUsed + length > MAX_LONG_BYTES) {
      this.clear()
      return false
    }
    const larger = new Uint8Array(Math.max(this.long.length * 2, this.longUsed + length))
    larger.set(this.long)
    this.long = larger
    return true
  }

  private growSlots(): void {
    const capacity = (this.mask + 1) * 2
    if (capacity > MAX_SLOTS) {
      this.clear()
      return
    }
    const { slots: old, tags: oldTags } = this
    const slots = new Int32Array(capacity * STRIDE)
    const tags = new Uint8Array(capacity)
    const mask = (this.mask = capacity - 1)
    for (let from = 0; from < oldTags.length; from++) {
      if (oldTags[from] === 0) continue
      const before = from * STRIDE
      let place = this.rehash(old, before, old[before + LENGTH]!) & mask
      while (tags[place] !== 0) place = (place + 1) & mask
      tags[place] = oldTags[from]!
      for (let i = 0; i < STRIDE; i++) slots[place * STRIDE + i] = old[before + i]!
    }
    this.slots = slots
    this.tags = tags
  }

  private rehash(slots: Int32Array, at: number, length: number): number {
    if (length > 16) return slots[at]!
    let h = Math.imul(slots[at]!, 0x9e3779b1) ^ Math.imul(slots[at + 1]!, 0x85ebca6b) ^ length
    h =
      Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^
      Math.imul(slots[at + 2]!, 0x27d4eb2f) ^
      Math.imul(slots[at + 3]!, 0x165667b1)
    return h ^ (h >>> 16)
  }
}
