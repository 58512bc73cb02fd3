// Keys at other positions. RoPE turns each pair of a key by position · frequency; turning it on by the difference
// gives the key at the new position, up to rounding. Angles are computed in double precision.

/**
 * Rotates keys in place, in every layer: `keys[layer]` is `[slots, lanes, kvHeads, headDim]`, `deltas` `[slots,
 * lanes]` are positions, from slot `first` on; the pairs are a head's first half with its second half.
 */
export function rotateKeys(
  keys: readonly Float32Array[],
  first: number,
  lanes: number,
  kvHeads: number,
  frequencies: Float64Array,
  deltas: Int32Array,
): void {
  const half = frequencies.length
  const headDim = 2 * half
  // Most moves are by few different distances.
  const turns = new Map<number, { cos: Float64Array; sin: Float64Array }>()
  const turnOf = (delta: number) => {
    let turn = turns.get(delta)
    if (!turn) {
      turn = {
        cos: frequencies.map((f) => Math.cos(delta * f)),
        sin: frequencies.map((f) => Math.sin(delta * f)),
      }
      turns.set(delta, turn)
    }
    return turn
  }
  for (const [i, delta] of deltas.entries()) {
    if (delta === 0) continue
    const { cos, sin } = turnOf(delta)
    const start = (first * lanes + i) * kvHeads * headDim
    for (const layer of keys) {
      for (let head = start; head < start + kvHeads * headDim; head += headDim) {
        for (let j = 0; j < half; j++) {
          const a = layer[head + j]!
          const b = layer[head + half + j]!
          layer[head + j] = a * cos[j]! - b * sin[j]!
          layer[head + half + j] = b * cos[j]! + a * sin[j]!
        }
      }
    }
  }
}
