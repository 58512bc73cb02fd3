import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { mergeRules, NO_MERGE } from './merge-rules.ts'
import { Merger } from './merge.ts'
import { ShortPiece } from './short-piece.ts'
import { byteIds, byteSymbols } from './symbols.ts'

/** A random vocabulary over a small alphabet: bytes first, then joins of random tokens. */
function randomModel(seed: number, tokens: number, asRanks: boolean): BpeModelSpec {
  const random = new Random(seed)
  const parts: Uint8Array[] = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
  const merges: number[] = []
  const known = new Set(parts.map((part) => part.join()))
  const alphabet = [97, 98, 99, 32]
  while (parts.length < 256 + tokens) {
    const pick = () =>
      random.int(2) === 0 || parts.length === 256
        ? random.pick(alphabet)
        : 256 + random.int(parts.length - 256)
    const left = pick()
    const right = pick()
    const joined = Uint8Array.from([...parts[left]!, ...parts[right]!])
    if (joined.length > 12 || known.has(joined.join())) continue
    known.add(joined.join())
    parts.push(joined)
    merges.push(left, right)
  }
  return {
    type: 'BPE',
    vocab: Vocab.fromBytes(parts, 'bytes'),
    merges: asRanks ? null : Uint32Array.from(merges),
    byteLevel: true,
    unkToken: null,
    continuingSubwordPrefix: null,
    endOfWordSuffix: null,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges: false,
  }
}

/** The definition, word for word: find the lowest rank, leftmost; merge; again. */
function plainMerges(model: BpeModelSpec, bytes: Uint8Array): number[] {
  const rules = mergeRules(model)
  const single = byteIds(model.vocab)
  let tokens = [...bytes].map((b, i) => ({ id: single[b]!, start: i, end: i + 1 }))
  for (;;) {
    let best = NO_MERGE
    let at = -1
    for (let i = 0; i + 1 < tokens.length; i++) {
      const a = tokens[i]!
      const b = tokens[i + 1]!
      const rank = rules.rank(a.id, b.id, bytes, a.start, b.end)
      if (rank < best) {
        best = rank
        at = i
      }
    }
    if (at < 0) return tokens.map((token) => token.id)
    const joined = { id: rules.result(best), start: tokens[at]!.start, end: tokens[at + 1]!.end }
    tokens = [...tokens.slice(0, at), joined, ...tokens.slice(at + 2)]
  }
}

function merged(
  model: BpeModelSpec,
  bytes: Uint8Array,
  window?: number,
): { ids: number[]; starts: number[] } {
  const merger = new Merger(mergeRules(model))
  byteSymbols(byteIds(model.vocab))(bytes, 0, bytes.length, merger)
  merger.run(bytes, window)
  return {
    ids: [...merger.ids.subarray(0, merger.count)],
    starts: [...merger.starts.subarray(0, merger.count + 1)],
  }
}

function randomText(random: Random, length: number): Uint8Array {
  const alphabet = [97, 97, 97, 98, 98, 99, 32, 200]
  return Uint8Array.from({ length }, () => random.pick(alphabet))
}

describe.each([true, false])('merging (ranks: %s)', (asRanks) => {
  it('is the definition for pieces of every length, whatever the method', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const model = randomModel(seed, 5 + seed * 4, asRanks)
      const random = new Random(seed * 7)
      for (const length of [0, 1, 2, 3, 20, 47, 48, 49, 50, 120, 400]) {
        const bytes = randomText(random, length)
        const expected = plainMerges(model, bytes)
        expect(merged(model, bytes).ids).toEqual(expected)
        // Windows so small that most of their borders are wrong at first.
        for (const window of [49, 64, 100]) expect(merged(model, bytes, window).ids).toEqual(expected)
      }
    }
  })

  it('is the definition for short pieces, merged from ids alone', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const model = randomModel(seed, 5 + seed * 4, asRanks)
      const random = new Random(seed * 11)
      const piece = new ShortPiece(model, mergeRules(model), null, byteSymbols(byteIds(model.vocab)))
      for (let length = 1; length <= 96; length++) {
        const bytes = randomText(random, length)
        const count = piece.encode(bytes, 0, length)
        expect([...piece.ids.subarray(0, count)]).toEqual(plainMerges(model, bytes))
      }
    }
  })

  it('says where each token starts', () => {
    const model = randomModel(3, 60, asRanks)
    const bytes = randomText(new Random(5), 700)
    const { ids, starts } = merged(model, bytes, 80)
    ids.forEach((id, i) => {
      expect([...bytes.subarray(starts[i]!, starts[i + 1]!)]).toEqual([...model.vocab.bytesOf(id)])
    })
    expect(starts.at(-1)).toBe(700)
  })

  it('merges runs of one byte, where ties decide everything', () => {
    const model = randomModel(9, 80, asRanks)
    const bytes = new Uint8Array(5000).fill(97)
    expect(merged(model, bytes, 60).ids).toEqual(merged(model, bytes, Infinity).ids)
  })
})
