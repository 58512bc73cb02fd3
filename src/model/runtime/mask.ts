// Who sees whom, as numbers added to the scores: 0, or so little that nothing is left after the softmax. By default a
// token sees the tokens of its lane that came before it, at positions up to its own, within the window; a
// caller's bias replaces that. Holes are seen by nobody either way.
import { TesseraError } from '../../core/index.ts'

/** Finite, so that a row that sees nothing is no division by zero. */
const HIDDEN = -1e30

export interface MaskInput {
  /** Positions of the cache's slots, `[length, lanes]`, and of the new tokens, `[time, lanes]`. */
  cached: Int32Array
  added: Int32Array
  lanes: number
  window: number | null
  /** The caller's, `[lanes or 1, time, length + time]`. */
  bias: Float32Array | undefined
  /** Columns that hide nothing but a gap: between the cache and the new tokens, where the graph needs a slot. */
  gap: number
  /** Each lane's rows are repeated for its heads of keys, when there are several lanes. */
  kvHeads: number
}

/** `[1 or lanes · kvHeads, time, length + gap + time]`. Throws SHAPE_MISMATCH for a bias of another size. */
export function maskOf({ cached, added, lanes, window, bias, gap, kvHeads }: MaskInput): {
  data: Float32Array
  shape: readonly number[]
} {
  const length = cached.length / lanes
  const time = added.length / lanes
  const columns = length + gap + time
  const repeat = lanes === 1 ? 1 : kvHeads
  const data = new Float32Array(lanes * repeat * time * columns)
  const own = biasRows(bias, lanes, time, length + time)
  for (let lane = 0; lane < lanes; lane++) {
    const first = lane * repeat * time * columns
    for (let t = 0; t < time; t++) {
      const row = first + t * columns
      const position = added[t * lanes + lane]!
      const oldest = window === null ? -1 : position - window
      for (let s = 0; s < length; s++) {
        const at = cached[s * lanes + lane]!
        const seen = at >= 0 && (own !== null || (at <= position && at > oldest))
        data[row + s] = seen ? (own ? own(lane, t, s) : 0) : HIDDEN
      }
      data.fill(HIDDEN, row + length, row + length + gap)
      for (let u = 0; u < time; u++) {
        const at = added[u * lanes + lane]!
        const seen = at >= 0 && (own !== null || (u <= t && at <= position && at > oldest))
        data[row + length + gap + u] = seen ? (own ? own(lane, t, length + u) : 0) : HIDDEN
      }
    }
    for (let head = 1; head < repeat; head++) {
      data.copyWithin(first + head * time * columns, first, first + time * columns)
    }
  }
  return { data, shape: [lanes * repeat, time, columns] }
}

type Bias = (lane: number, time: number, slot: number) => number

function biasRows(bias: Float32Array | undefined, lanes: number, time: number, slots: number): Bias | null {
  if (!bias) return null
  const each = time * slots
  if (bias.length !== each && bias.length !== lanes * each) {
    throw new TesseraError(
      'SHAPE_MISMATCH',
      `A bias of ${bias.length} numbers; it is [${lanes} or 1, ${time}, ${slots}]: new tokens by slots`,
    )
  }
  const step = bias.length === each ? 0 : each
  // -Infinity minus -Infinity would be no number.
  return (lane, t, s) => Math.max(HIDDEN, bias[lane * step + t * slots + s]!)
}
