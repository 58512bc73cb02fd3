// A uniformly random order of a stream's tokens, drawn from their counts alone: one at a time, without
// putting back. The stream itself need not be kept. The counts lie in a binary indexed tree (Fenwick 1994).
import type { Random } from '../core/index.ts'

const BLOCK = 1 << 14

/** Blocks of ids that together are a random permutation of the counted tokens; overwritten by the next. */
export function* shuffled(counts: ArrayLike<number>, random: Random): Generator<Uint32Array> {
  const size = counts.length
  const tree = new Float64Array(size + 1)
  let left = 0
  for (let id = 0; id < size; id++) {
    left += counts[id]!
    tree[id + 1]! += counts[id]!
    const above = id + 1 + ((id + 1) & -(id + 1))
    if (above <= size) tree[above]! += tree[id + 1]!
  }
  let top = 1
  while (2 * top <= size) top *= 2
  const block = new Uint32Array(Math.min(BLOCK, left))
  while (left > 0) {
    const length = Math.min(BLOCK, left)
    for (let i = 0; i < length; i++) {
      // The id whose tokens have the place `rest` among all that are left.
      let rest = Math.floor(random.float() * left)
      let at = 0
      for (let step = top; step > 0; step >>= 1) {
        const next = at + step
        if (next <= size && tree[next]! <= rest) {
          rest -= tree[next]!
          at = next
        } else if (next <= size) tree[next]!--
      }
      left--
      block[i] = at
    }
    yield block.subarray(0, length)
  }
}
