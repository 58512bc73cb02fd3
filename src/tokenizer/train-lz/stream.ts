// The text of LZ-aware training as one stream of ids, in which pairs are counted, merged, and weighed by what
// the whole stream then takes under gzip.
import { codeLength, writeCode } from '../serial/codes.ts'

/** Stands between words: no pair reaches across. It is never written. */
export const EDGE = -1

/** Bytes that a string of bytes takes when compressed; the argument is written over after the answer. */
export type CompressedLength = (bytes: Uint8Array) => number | Promise<number>

export interface CountedPair {
  left: number
  right: number
  count: number
}

export class LzStream {
  /** `[length]` ids, words separated by EDGE. */
  private ids: Int32Array
  private length: number
  /** What a candidate makes of the stream, before it is accepted. */
  private trial: Int32Array
  private readonly compressedLength: CompressedLength
  private readonly bytes: Uint8Array
  private readonly counts: Int32Array
  private readonly values: Uint32Array

  /** `vocabSize`: of the largest vocabulary that training reaches. */
  constructor(ids: Int32Array, vocabSize: number, compressedLength: CompressedLength) {
    this.ids = ids
    this.length = ids.length
    this.trial = new Int32Array(ids.length)
    this.counts = new Int32Array(vocabSize)
    this.values = new Uint32Array(vocabSize)
    this.bytes = new Uint8Array(ids.length * codeLength(vocabSize))
    this.compressedLength = compressedLength
  }

  /**
   * The most frequent pairs, at most `most`; ties: the smaller left id, then the smaller right id. Pairs of
   * a run of equal ids are counted at every place, as in plain training.
   */
  candidates(most: number, minFrequency: number, allowed: (left: number, right: number) => boolean) {
    const { ids, length } = this
    const span = this.counts.length
    const pairs = new Map<number, number>()
    for (let i = 1; i < length; i++) {
      const left = ids[i - 1]!
      const right = ids[i]!
      if (left < 0 || right < 0) continue
      const key = left * span + right
      pairs.set(key, (pairs.get(key) ?? 0) + 1)
    }
    const found: CountedPair[] = []
    for (const [key, count] of pairs) {
      if (count < minFrequency) continue
      const left = Math.floor(key / span)
      found.push({ left, right: key - left * span, count })
    }
    found.sort((a, b) => b.count - a.count || a.left - b.left || a.right - b.right)
    const best: CountedPair[] = []
    for (const pair of found) {
      if (best.length === most) break
      if (allowed(pair.left, pair.right)) best.push(pair)
    }
    return best
  }

  /** Bytes of the stream under the compressor, after merging the pair into `id`. The stream stays as it is. */
  score(left: number, right: number, id: number): number | Promise<number> {
    return this.compressedLength(this.serialised(this.trial, this.merged(left, right, id)))
  }

  /** Bytes of the stream as it stands. */
  size(): number | Promise<number> {
    return this.compressedLength(this.serialised(this.ids, this.length))
  }

  /** Number of tokens. */
  tokens(): number {
    let tokens = 0
    for (let i = 0; i < this.length; i++) if (this.ids[i]! >= 0) tokens++
    return tokens
  }

  /** Merges the pair for good. */
  merge(left: number, right: number, id: number): void {
    this.length = this.merged(left, right, id)
    const { ids } = this
    this.ids = this.trial
    this.trial = ids
  }

  private merged(left: number, right: number, id: number): number {
    const { ids, trial, length } = this
    let put = 0
    for (let i = 0; i < length; i++) {
      if (ids[i] === left && i + 1 < length && ids[i + 1] === right) {
        trial[put++] = id
        i++
      } else trial[put++] = ids[i]!
    }
    return put
  }

  /** The form `rank` of serialise.ts, with the stream's own order and without its table. */
  private serialised(ids: Int32Array, length: number): Uint8Array {
    const { counts, values, bytes } = this
    counts.fill(0)
    for (let i = 0; i < length; i++) if (ids[i]! >= 0) counts[ids[i]!]!++
    const used: number[] = []
    for (let id = 0; id < counts.length; id++) if (counts[id]! > 0) used.push(id)
    used.sort((a, b) => counts[b]! - counts[a]! || a - b)
    used.forEach((id, rank) => (values[id] = rank))
    let at = 0
    for (let i = 0; i < length; i++) if (ids[i]! >= 0) at = writeCode(bytes, at, values[ids[i]!]!)
    return bytes.subarray(0, at)
  }
}
