// Sequences that join and leave a running batch. Lanes of a cache are columns of the same rows: a sequence that was
// computed by itself is copied into a free column, and when the columns have become full of holes, each is
// packed by itself. The order of slots within a lane means nothing (positions do), so packing moves as few
// rows as there are holes in front. None of this may be done while another cache shares the lanes' slots.
import type { Cache } from './cache.ts'
import type { Slots } from './slots.ts'

/** Copies one lane's numbers of a slot, in all layers. */
function copyRow(from: Slots, fromStart: number, to: Slots, toStart: number, width: number): void {
  for (const kind of ['keys', 'values'] as const) {
    const targets = to[kind]
    for (const [layer, source] of from[kind].entries()) {
      targets[layer]!.set(source.subarray(fromStart, fromStart + width), toStart)
    }
  }
}

/**
 * Puts the slots of a one-lane cache, from slot `first` on, into a lane that has none beyond the shared prefix. Other
 * lanes get holes where the cache becomes longer.
 */
export function placeLane(target: Cache, lane: number, source: Cache, first: number): void {
  const count = source.length - first
  const missing = count - target.rows().ownLength
  if (missing > 0) {
    target.reserve(missing)
    target.commit(missing, new Int32Array(missing * target.lanes).fill(-1))
  }
  const { own, prefixLength } = target.rows()
  const from = source.rows()
  const width = own.width / target.lanes
  const { positions } = target
  for (let i = 0; i < count; i++) {
    const slot = first + i
    const to = i * own.width + lane * width
    if (slot < from.prefixLength) copyRow(from.prefix!, slot * width, own, to, width)
    else copyRow(from.own, (slot - from.prefixLength) * width, own, to, width)
    positions[(prefixLength + i) * target.lanes + lane] = source.positions[slot]!
  }
}

/** Appends to a one-lane cache what a lane holds from position `from` on, in the order of positions. */
export function appendLane(target: Cache, source: Cache, lane: number, from: number): void {
  const { own, prefixLength, ownLength } = source.rows()
  const found: { slot: number; position: number }[] = []
  for (let slot = 0; slot < ownLength; slot++) {
    const position = source.positions[(prefixLength + slot) * source.lanes + lane]!
    if (position >= from) found.push({ slot, position })
  }
  if (found.length === 0) return
  found.sort((a, b) => a.position - b.position)
  target.reserve(found.length)
  const to = target.rows()
  const width = own.width / source.lanes
  for (const [i, { slot }] of found.entries()) {
    copyRow(own, slot * own.width + lane * width, to.own, (to.ownLength + i) * width, width)
  }
  target.commit(
    found.length,
    Int32Array.from(found, ({ position }) => position),
  )
}

/** Packs every lane: its last tokens fill its first holes. The cache becomes as long as its longest lane. */
export function packLanes(cache: Cache): void {
  const { own, prefixLength, ownLength } = cache.rows()
  const { lanes, positions } = cache
  const width = own.width / lanes
  let longest = 0
  for (let lane = 0; lane < lanes; lane++) {
    const at = (slot: number) => (prefixLength + slot) * lanes + lane
    let hole = 0
    let last = ownLength - 1
    for (;;) {
      while (hole < ownLength && positions[at(hole)]! >= 0) hole++
      while (last >= 0 && positions[at(last)]! < 0) last--
      if (hole > last) break
      copyRow(own, last * own.width + lane * width, own, hole * own.width + lane * width, width)
      positions[at(hole)] = positions[at(last)]!
      positions[at(last)] = -1
    }
    longest = Math.max(longest, hole)
  }
  cache.truncate(prefixLength + longest)
}
