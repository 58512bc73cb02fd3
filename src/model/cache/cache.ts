// The KV cache, owned by the caller: plain arrays, and operations on their rows. A slot holds the keys and values of
// one token in each lane; a lane without a token there has a hole, which nobody sees. Slots in front may be a
// prefix, which all lanes (and other caches) share and nobody changes. Keys are stored rotated, so that
// moving a token to another position is a rotation of its keys (`rotate`).
import { TesseraError } from '../../core/index.ts'
import type { DecoderConfig } from '../config.ts'
import { rotaryFrequencies } from '../rope.ts'
import { readCache, writeCache } from './file.ts'
import { rotateKeys } from './rotate.ts'
import { Slots } from './slots.ts'

/** What a cache needs to know of its model. */
export interface CacheModel {
  readonly config: DecoderConfig
  /** Of the weights: keys and values of other weights mean nothing to this model. */
  readonly identity: string
}

export interface CacheOptions {
  /** Sequences that are computed side by side. Default 1. */
  lanes?: number
  /** Slots to make room for at once; it grows when they are used up. Default 64. */
  capacity?: number
}

export class Cache {
  readonly model: CacheModel
  readonly lanes: number
  /** Rows `[0, prefixLength)` of it come first; width of one lane. */
  private prefix: Slots | null = null
  private prefixLength = 0
  /** Rows `[0, ownLength)` come after the prefix. */
  private own: Slots
  private ownLength = 0
  private positionList: Int32Array
  private stepping = false

  constructor(model: CacheModel, { lanes = 1, capacity = 64 }: CacheOptions = {}) {
    for (const [name, value] of Object.entries({ lanes, capacity })) {
      if (!Number.isSafeInteger(value) || value < 1)
        throw invalid(`${name} is a whole number from 1 on, not ${value}`)
    }
    this.model = model
    this.lanes = lanes
    this.own = new Slots(model.config.layers, lanes * laneWidth(model.config), capacity)
    this.positionList = new Int32Array(capacity * lanes)
  }

  /** Slots in use, the shared prefix included. */
  get length(): number {
    return this.prefixLength + this.ownLength
  }

  /** Memory of keys and values; a shared prefix counts in each cache that uses it. */
  get bytes(): number {
    return this.own.bytes + (this.prefix?.bytes ?? 0)
  }

  /** `[length, lanes]`, the position of each token; -1: a hole. A view: copy it to keep it. */
  get positions(): Int32Array {
    return this.positionList.subarray(0, this.length * this.lanes)
  }

  /**
   * The position that comes after each lane's newest token, `[lanes]`. Newest = of the largest position, in whatever
   * order the slots are.
   */
  nextPositions(): Int32Array {
    const next = new Int32Array(this.lanes)
    const { positions, lanes } = this
    for (let i = 0, lane = 0; i < positions.length; i++) {
      if (positions[i]! >= next[lane]!) next[lane] = positions[i]! + 1
      if (++lane === lanes) lane = 0
    }
    return next
  }

  /**
   * A cache that begins with the same slots. From one lane, they become a prefix that all new lanes share: no key or
   * value is copied, now or later. With several lanes (or after a fork) the slots of the lanes are shared
   * until one of the two caches writes on: the second one to do so copies them. Throws ARGUMENT_INVALID
   * when several lanes would become another number of lanes (see `select`).
   */
  fork(lanes: number = this.lanes): Cache {
    this.check()
    if (this.lanes > 1 && lanes !== this.lanes) {
      throw invalid(`A fork of ${this.lanes} lanes has as many, not ${lanes}; select() repeats lanes`)
    }
    const child = new Cache(this.model, { lanes, capacity: 1 })
    child.positionList = new Int32Array(Math.max(1, this.length) * lanes)
    for (let slot = 0; slot < this.length; slot++) {
      for (let lane = 0; lane < lanes; lane++) {
        child.positionList[slot * lanes + lane] =
          this.positionList[slot * this.lanes + (this.lanes === 1 ? 0 : lane)]!
      }
    }
    if (this.lanes === 1 && !this.prefix) {
      child.prefix = share(this.own)
      child.prefixLength = this.ownLength
      if (child.prefixLength === 0) child.dropPrefix()
      return child
    }
    if (this.prefix) child.prefix = share(this.prefix)
    child.prefixLength = this.prefixLength
    child.ownLength = this.ownLength
    if (lanes === this.lanes) {
      child.own.users--
      child.own = share(this.own)
    } else {
      child.own = new Slots(this.own.layers, lanes * laneWidth(this.model.config), this.ownLength + 16)
      child.own.copyFrom(this.own, 0, this.ownLength, 0)
      child.own.claimed = this.ownLength
    }
    return child
  }

  /** Forgets the newest slots. Throws ARGUMENT_INVALID for more slots than there are. */
  truncate(length: number): void {
    this.check()
    if (!Number.isSafeInteger(length) || length < 0 || length > this.length) {
      throw invalid(`Cannot truncate ${this.length} slots to ${length}`)
    }
    this.cut(length)
  }

  /** @internal The same within a step. */
  cut(length: number): void {
    this.ownLength = Math.max(0, length - this.prefixLength)
    if (length < this.prefixLength) this.prefixLength = length
    if (this.prefixLength === 0) this.dropPrefix()
  }

  /** Makes holes: the lane does not see these slots any more. Throws ARGUMENT_INVALID. */
  hide(lane: number, slots: Iterable<number>): void {
    this.check()
    if (!Number.isSafeInteger(lane) || lane < 0 || lane >= this.lanes)
      throw invalid(`There is no lane ${lane}`)
    for (const slot of slots) {
      this.checkSlot(slot)
      this.positionList[slot * this.lanes + lane] = -1
    }
  }

  /**
   * Keeps only these slots, in this order; a slot may be named several times. Slots of the prefix stay shared as far as
   * they stay where they are. Throws ARGUMENT_INVALID.
   */
  gather(slots: ArrayLike<number>): void {
    this.check()
    for (let i = 0; i < slots.length; i++) this.checkSlot(slots[i]!)
    let kept = 0
    while (kept < slots.length && slots[kept] === kept) kept++
    const moved = slots.length - kept
    if (moved === 0) return this.truncate(kept)
    // Copied out first: targets may lie over sources.
    const rows = new Slots(this.own.layers, this.own.width, moved)
    const positions = new Int32Array(moved * this.lanes)
    for (let i = 0; i < moved; i++) {
      const slot = slots[kept + i]!
      if (slot < this.prefixLength) rows.copyFrom(this.prefix!, slot, slot + 1, i)
      else rows.copyFrom(this.own, slot - this.prefixLength, slot - this.prefixLength + 1, i)
      positions.set(this.positionList.subarray(slot * this.lanes, (slot + 1) * this.lanes), i * this.lanes)
    }
    this.truncate(kept)
    this.reserve(moved)
    this.own.copyFrom(rows, 0, moved, this.ownLength)
    this.commit(moved, positions)
  }

  /** Lanes in a new order, or repeated, or fewer, as a new cache; the prefix stays shared. Throws ARGUMENT_INVALID. */
  select(lanes: ArrayLike<number>): Cache {
    this.check()
    const chosen = Array.from(lanes)
    for (const lane of chosen) {
      if (!Number.isSafeInteger(lane) || lane < 0 || lane >= this.lanes)
        throw invalid(`There is no lane ${lane}`)
    }
    const selected = new Cache(this.model, { lanes: chosen.length, capacity: this.ownLength + 16 })
    if (this.prefix) selected.prefix = share(this.prefix)
    selected.prefixLength = this.prefixLength
    const width = laneWidth(this.model.config)
    const targets = selected.own.arrays
    for (const [i, source] of this.own.arrays.entries()) {
      let at = 0
      for (let slot = 0; slot < this.ownLength; slot++) {
        for (const lane of chosen) {
          const start = slot * this.own.width + lane * width
          targets[i]!.set(source.subarray(start, start + width), at)
          at += width
        }
      }
    }
    selected.own.claimed = selected.ownLength = this.ownLength
    selected.positionList = Int32Array.from({ length: (this.length + 16) * chosen.length }, (_, i) => {
      const slot = Math.floor(i / chosen.length)
      return slot < this.length ? this.positionList[slot * this.lanes + chosen[i % chosen.length]!]! : 0
    })
    return selected
  }

  /**
   * Moves tokens to other positions: slots `[from, to)` by `delta`, which is one number, one for each slot or one for
   * each slot and lane `[slots, lanes]`. Their keys are rotated on by the difference (RoPE is a rotation,
   * so that this equals computing them there). Holes stay holes. Throws ARGUMENT_INVALID where a
   * position would become negative, FORMAT_UNSUPPORTED for models whose positions are no rotations.
   */
  rotate(delta: number | Int32Array, from = 0, to: number = this.length): void {
    this.check()
    const { config } = this.model
    if (config.ropeTheta <= 0) {
      throw new TesseraError('FORMAT_UNSUPPORTED', `Positions of ${config.family} are no rotations of keys`)
    }
    const slots = to - from
    if (![from, to].every(Number.isSafeInteger) || from < 0 || slots < 0 || to > this.length) {
      throw invalid(`Slots ${from} to ${to} of ${this.length}`)
    }
    const { lanes } = this
    const count = typeof delta === 'number' ? 1 : delta.length
    if (count !== 1 && count !== slots && count !== slots * lanes) {
      throw invalid(`${count} differences for ${slots} slots of ${lanes} lanes`)
    }
    const deltas = new Int32Array(slots * lanes)
    for (let i = 0; i < deltas.length; i++) {
      const own =
        typeof delta === 'number'
          ? delta
          : delta[count === 1 ? 0 : count === slots ? Math.floor(i / lanes) : i]!
      const position = this.positionList[from * lanes + i]!
      if (position < 0) continue
      if (!Number.isSafeInteger(own) || position + own < 0) {
        throw invalid(`Position ${position} cannot be moved by ${own}`)
      }
      deltas[i] = own
    }
    if (deltas.every((one) => one === 0)) return
    this.unshare(from)
    this.own = this.exclusive(this.own.capacity)
    rotateKeys(
      this.own.keys,
      from - this.prefixLength,
      lanes,
      config.kvHeads,
      rotaryFrequencies(config),
      deltas,
    )
    for (const [i, one] of deltas.entries()) this.positionList[from * lanes + i]! += one
  }

  /**
   * The slots of another cache of the same model after ours, with the positions that they have; of one lane, they go to
   * every lane. Throws ARGUMENT_INVALID.
   */
  append(other: Cache): void {
    this.check()
    other.check()
    if (other.model.identity !== this.model.identity) throw invalid('The other cache is of another model')
    if (other.lanes !== 1 && other.lanes !== this.lanes) {
      throw invalid(`${other.lanes} lanes do not fit ${this.lanes}`)
    }
    const added = other.length
    const positions = Int32Array.from({ length: added * this.lanes }, (_, i) =>
      other.lanes === 1 ? other.positionList[Math.floor(i / this.lanes)]! : other.positionList[i]!,
    )
    this.reserve(added)
    if (other.prefix) this.own.copyFrom(other.prefix, 0, other.prefixLength, this.ownLength)
    this.own.copyFrom(other.own, 0, other.ownLength, this.ownLength + other.prefixLength)
    this.commit(added, positions)
  }

  /** Everything as bytes, for `Cache.load`. */
  save(): Uint8Array {
    this.check()
    return writeCache({
      identity: this.model.identity,
      lanes: this.lanes,
      positions: this.positions,
      prefix: this.prefix && { slots: this.prefix, length: this.prefixLength },
      own: { slots: this.own, length: this.ownLength },
    })
  }

  /** A cache from `save`. Throws FORMAT_INVALID; ARGUMENT_INVALID for that of another model. */
  static load(model: CacheModel, bytes: Uint8Array): Cache {
    const { config } = model
    const stored = readCache(bytes, config.layers, laneWidth(config))
    if (stored.identity !== model.identity) {
      throw invalid('The cache was made by a model with other weights')
    }
    const cache = new Cache(model, { lanes: stored.lanes, capacity: 1 })
    cache.own = stored.own.slots
    cache.ownLength = stored.own.length
    cache.prefix = stored.prefix?.slots ?? null
    cache.prefixLength = stored.prefix?.length ?? 0
    cache.positionList = stored.positions.length > 0 ? stored.positions : cache.positionList
    return cache
  }

  /** Gives the memory up; the cache cannot be used any more. */
  release(): void {
    if (this.own.users === 0) return
    this.dropPrefix()
    this.own.users--
    this.own = new Slots(0, 1, 0)
    this.own.users = 0
    this.ownLength = 0
  }

  // What follows is for the model that computes into this cache.

  /** @internal The rows that a step attends to: the shared ones first, of one lane's width. */
  rows(): { prefix: Slots | null; prefixLength: number; own: Slots; ownLength: number } {
    return { prefix: this.prefix, prefixLength: this.prefixLength, own: this.own, ownLength: this.ownLength }
  }

  /** @internal Room for `added` slots after the last one, which nobody else writes to. */
  reserve(added: number): void {
    const needed = this.ownLength + added
    const { own } = this
    const mine = own.users === 1 || own.claimed === this.ownLength
    if (needed > own.capacity || !mine) {
      this.own = this.exclusive(
        needed > own.capacity ? Math.max(needed, Math.ceil(own.capacity * 1.5)) : own.capacity,
      )
    }
    const numbers = (this.length + added) * this.lanes
    if (numbers > this.positionList.length) {
      const grown = new Int32Array(Math.max(numbers, Math.ceil(this.positionList.length * 1.5)))
      grown.set(this.positions)
      this.positionList = grown
    }
  }

  /** @internal The reserved slots are written; their positions `[added, lanes]`. */
  commit(added: number, positions: Int32Array): void {
    this.positionList.set(positions, this.length * this.lanes)
    this.ownLength += added
    this.own.claimed = this.ownLength
  }

  /** @internal One step at a time. Throws ARGUMENT_INVALID. */
  lock(): void {
    this.check()
    this.stepping = true
  }

  /** @internal */
  unlock(): void {
    this.stepping = false
  }

  private check(): void {
    if (this.own.users === 0) throw invalid('The cache has been released')
    if (this.stepping) throw invalid('The cache is in use by a step that has not ended; await it first')
  }

  private checkSlot(slot: number): void {
    if (!Number.isSafeInteger(slot) || slot < 0 || slot >= this.length) {
      throw invalid(`There is no slot ${slot}; the cache has ${this.length}`)
    }
  }

  /** Our slots in memory that no other cache looks at. */
  private exclusive(capacity: number): Slots {
    if (this.own.users === 1 && capacity <= this.own.capacity) return this.own
    const copy = this.own.grown(this.ownLength, Math.max(capacity, this.ownLength))
    this.own.users--
    return copy
  }

  /** @internal Slots of the prefix from `from` on become slots of the lanes. */
  unshare(from: number): void {
    const moved = this.prefixLength - from
    if (moved <= 0) return
    const copy = new Slots(
      this.own.layers,
      this.own.width,
      Math.max(this.own.capacity, moved + this.ownLength),
    )
    copy.copyFrom(this.prefix!, from, this.prefixLength, 0)
    copy.copyFrom(this.own, 0, this.ownLength, moved)
    this.own.users--
    this.own = copy
    this.ownLength += moved
    copy.claimed = this.ownLength
    this.prefixLength = from
    if (from === 0) this.dropPrefix()
  }

  private dropPrefix(): void {
    if (this.prefix) this.prefix.users--
    this.prefix = null
    this.prefixLength = 0
  }
}

function laneWidth(config: DecoderConfig): number {
  return config.kvHeads * config.headDim
}

function share(slots: Slots): Slots {
  slots.users++
  return slots
}

function invalid(message: string): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', message)
}
