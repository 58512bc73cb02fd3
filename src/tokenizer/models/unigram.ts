// Unigram: the segmentation with the highest sum of log-probabilities (Kudo 2018), by Viterbi over byte
// positions. Follows `encode_optimized` of Hugging Face tokenizers (64-bit sums) and SentencePiece (32-bit sums: of
// the same tokens in another order one may be better by a last bit): the first of equal paths stays, a character that is no token costs (lowest score - 10), and neighbouring
// unknown characters become one unknown token (or their bytes, with byte fallback).
import { TesseraError } from '../../core/index.ts'
import type { Reference, UnigramModelSpec } from '../spec.ts'
import { byteTokens } from './byte-tokens.ts'
import { cached, type Model } from './model.ts'
import { ByteTrie } from './trie.ts'
import { Utf8Piece } from './utf8.ts'

export const UNKNOWN_PENALTY = 10

export function unigram(spec: UnigramModelSpec, reference: Reference): Model {
  const { scores, unkId } = spec
  const trie = new ByteTrie(spec.vocab)
  const byteIds = spec.byteFallback ? byteTokens(spec.vocab) : null
  const single = reference === 'sentencepiece'
  const unknownScore = lowestScore(spec) - UNKNOWN_PENALTY
  const text = new Utf8Piece()
  /** Of the best path to each byte position: its score, where its last token starts, and that token. */
  let best = new Float64Array(1024)
  let from = new Int32Array(1024)
  let last = new Int32Array(1024)
  const ends: number[] = []

  const encode = (piece: string, out: number[]): void => {
    text.load(piece)
    const { bytes, length } = text
    if (best.length <= length || (best.length > 65536 && length < 1024)) {
      const room = Math.max(1024, length * 2)
      best = new Float64Array(room)
      from = new Int32Array(room)
      last = new Int32Array(room)
    }
    from.fill(-1, 0, length + 1)
    best[0] = 0
    for (let start = 0; start < length;) {
      const here = best[start]!
      const lead = bytes[start]!
      const next = start + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)
      let isToken = false
      let node = 0
      for (let i = start; i < length;) {
        node = trie.next(node, bytes[i]!)
        if (node === 0) break
        i++
        const id = trie.ids[node]!
        if (id < 0) continue
        const sum = scores[id]! + here
        const score = single ? Math.fround(sum) : sum
        if (from[i]! < 0 || score > best[i]!) {
          best[i] = score
          from[i] = start
          last[i] = id
        }
        if (i === next) isToken = true
      }
      if (!isToken) {
        const sum = unknownScore + here
        const score = single ? Math.fround(sum) : sum
        if (from[next]! < 0 || score > best[next]!) {
          if (unkId === null) throw unrepresentable(piece)
          best[next] = score
          from[next] = start
          last[next] = unkId
        }
      }
      start = next
    }

    ends.length = 0
    for (let end = length; end > 0; end = from[end]!) ends.push(end)
    let start = 0
    let unit = 0
    for (let n = ends.length - 1; n >= 0; n--) {
      let end = ends[n]!
      let id = last[end]!
      if (id === unkId) {
        while (n > 0 && last[ends[n - 1]!] === unkId) end = ends[--n]!
        id = trie.idOf(bytes, start, end)
      }
      const endUnit = unit + text.units(start, end)
      if (id >= 0) out.push(id, unit, endUnit)
      else if (byteIds && covered(byteIds, bytes, start, end)) {
        for (let i = start; i < end; i++) out.push(byteIds[bytes[i]!]!, unit, endUnit)
      } else out.push(unkId!, unit, endUnit)
      start = end
      unit = endUnit
    }
  }
  return cached(encode)
}

export function lowestScore({ scores }: UnigramModelSpec): number {
  let lowest = Infinity
  for (let id = 0; id < scores.length; id++) if (scores[id]! < lowest) lowest = scores[id]!
  return lowest
}

export function covered(byteIds: Int32Array, bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (byteIds[bytes[i]!]! < 0) return false
  return true
}

export function unrepresentable(piece: string): TesseraError {
  const shown = piece.length > 40 ? piece.slice(0, 40) + '…' : piece
  return new TesseraError(
    'TEXT_NOT_REPRESENTABLE',
    `A character of ${JSON.stringify(shown)} is not in the Unigram vocabulary, which has no unknown token`,
    { where: 'model.unk_id', hint: 'Give the model an unk_id, or remove the character' },
  )
}
