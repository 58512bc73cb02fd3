// The score that a new Unigram piece needs: a little more than the best way to write it with the pieces that are
// there. Then, wherever the old way cut the text at both ends of the piece, the new piece takes its place; and a
// text that does not contain it keeps its ids.
import { utf8Encode, utf8SequenceLength } from '../../core/index.ts'
import { lowestScore, UNKNOWN_PENALTY } from '../models/unigram.ts'
import type { UnigramModelSpec } from '../spec.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
/** How much more, in natural logarithm of probability. */
const MARGIN = 0.1

export class PieceScores {
  private readonly model: UnigramModelSpec
  private readonly lowest: number
  private readonly added = new Map<string, number>()
  /** In bytes. */
  private longest: number

  constructor(model: UnigramModelSpec) {
    this.model = model
    this.lowest = lowestScore(model)
    this.longest = model.vocab.maxTokenBytes
  }

  /** Adds the piece; returns its score (a 32-bit float, as a .model stores it). */
  add(piece: string): number {
    const best = this.best(piece)
    let score = -Infinity
    // Below the lowest score it would make unknown characters dearer.
    for (let margin = MARGIN; !(score > best); margin *= 2)
      score = Math.fround(Math.max(best + margin, this.lowest))
    this.added.set(piece, score)
    this.longest = Math.max(this.longest, utf8Encode(piece).length)
    return score
  }

  /** Score of the best way to write the piece. */
  private best(piece: string): number {
    const bytes = utf8Encode(piece)
    const best = new Float64Array(bytes.length + 1).fill(-Infinity)
    best[0] = 0
    const ends: number[] = []
    for (let at = 0; at < bytes.length;) ends.push((at += utf8SequenceLength(bytes, at)))
    let start = 0
    ends.forEach((next, character) => {
      let known = false
      for (let i = character; i < ends.length; i++) {
        const end = ends[i]!
        if (end - start > this.longest) break
        const score = this.scoreOf(bytes, start, end)
        if (score === null) continue
        if (end === next) known = true
        best[end] = Math.max(best[end]!, best[start]! + score)
      }
      if (!known) best[next] = Math.max(best[next]!, best[start]! + this.lowest - UNKNOWN_PENALTY)
      start = next
    })
    return best[bytes.length]!
  }

  private scoreOf(bytes: Uint8Array, start: number, end: number): number | null {
    const id = this.model.vocab.idOf(bytes, start, end)
    if (id >= 0) return this.model.scores[id]!
    return this.added.get(utf8.decode(bytes.subarray(start, end))) ?? null
  }
}
