import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random } from '../../core/index.ts'
import type { BpeModelSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { mergesFollowRanks, mergesFromRanks, mergesFromScores } from './rank-merges.ts'

/** Plain BPE: the best pair of the whole piece, again and again. The oracle. */
function plain(
  ids: number[],
  best: (left: number, right: number) => { rank: number; id: number } | null,
): number[] {
  const out = [...ids]
  for (;;) {
    let at = -1
    let found = { rank: Infinity, id: -1 }
    for (let i = 0; i + 1 < out.length; i++) {
      const candidate = best(out[i]!, out[i + 1]!)
      if (candidate && candidate.rank < found.rank) {
        found = candidate
        at = i
      }
    }
    if (at < 0) return out
    out.splice(at, 2, found.id)
  }
}

const join = (vocab: Vocab, left: number, right: number) =>
  vocab.idOf(Uint8Array.from([...vocab.bytesOf(left), ...vocab.bytesOf(right)]))

function byRanks(vocab: Vocab, piece: Uint8Array): number[] {
  const whole = vocab.idOf(piece)
  if (whole >= 0) return [whole]
  return plain(
    Array.from(piece, (b) => vocab.idOf(Uint8Array.of(b))),
    (l, r) => {
      const id = join(vocab, l, r)
      return id < 0 ? null : { rank: id, id }
    },
  )
}

function byList({ vocab, ignoreMerges }: BpeModelSpec, merges: Uint32Array, piece: Uint8Array): number[] {
  const whole = vocab.idOf(piece)
  if (ignoreMerges && whole >= 0) return [whole]
  const ranks = new Map<string, number>()
  for (let i = 0; i < merges.length; i += 2) ranks.set(`${merges[i]} ${merges[i + 1]}`, i / 2)
  return plain(
    Array.from(piece, (b) => vocab.idOf(Uint8Array.of(b))),
    (l, r) => {
      const rank = ranks.get(`${l} ${r}`)
      return rank === undefined ? null : { rank, id: join(vocab, l, r) }
    },
  )
}

/** All bytes, then distinct random strings over a tiny alphabet: many tokens that merging cannot reach. */
function randomVocab(random: Random, extra: number): Vocab {
  const texts = new Set<string>()
  for (let i = 0; i < extra; i++) {
    let text = ''
    for (let n = 2 + random.int(5); n > 0; n--) text += random.pick(['a', 'b', 'c'])
    texts.add(text)
  }
  const order = random.shuffle([...texts])
  const single = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
  return Vocab.fromBytes([...single, ...order.map((t) => new TextEncoder().encode(t))], 'bytes')
}

function model(vocab: Vocab, merges: Uint32Array | null, ignoreMerges = true): BpeModelSpec {
  return {
    type: 'BPE',
    vocab,
    merges,
    byteLevel: true,
    unkToken: null,
    continuingSubwordPrefix: null,
    endOfWordSuffix: null,
    fuseUnk: false,
    byteFallback: false,
    ignoreMerges,
  }
}

const pieces = (random: Random) =>
  Array.from({ length: 60 }, () => Uint8Array.from({ length: 1 + random.int(14) }, () => 97 + random.int(3)))

/** Every split of every token into two tokens, in the order of Hugging Face's converter. */
function everySplit(vocab: Vocab): Uint32Array {
  const out: number[] = []
  for (let id = 0; id < vocab.size; id++) {
    const bytes = vocab.bytesOf(id)
    const local: [number, number][] = []
    for (let i = 1; i < bytes.length; i++) {
      const [l, r] = [vocab.idOf(bytes.subarray(0, i)), vocab.idOf(bytes.subarray(i))]
      if (l >= 0 && r >= 0) local.push([l, r])
    }
    for (const [l, r] of local.sort((a, b) => a[0] - b[0] || a[1] - b[1])) out.push(l, r)
  }
  return Uint32Array.from(out)
}

describe('ranks and merge lists', () => {
  it('the derived merge list encodes as the ranks do', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 60 }), (seed, extra) => {
        const random = new Random(seed)
        const vocab = randomVocab(random, extra)
        const merges = mergesFromRanks(vocab)
        for (const piece of pieces(random)) {
          expect(byList(model(vocab, merges), merges, piece)).toEqual(byRanks(vocab, piece))
        }
        expect(mergesFollowRanks(model(vocab, merges))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('a list of every split is only called equal when it encodes equally', () => {
    let equal = 0
    for (let seed = 0; seed < 150; seed++) {
      const random = new Random(seed)
      const vocab = randomVocab(random, 1 + random.int(40))
      const merges = everySplit(vocab)
      if (!mergesFollowRanks(model(vocab, merges))) continue
      equal++
      for (const piece of pieces(random)) {
        expect(byList(model(vocab, merges), merges, piece)).toEqual(byRanks(vocab, piece))
      }
    }
    expect(equal).toBeGreaterThan(20)
  })

  it('a list in another order, or one that lacks a merge, is not called equal', () => {
    const vocab = Vocab.fromBytes(
      [...Array.from({ length: 256 }, (_, b) => [b]), [97, 98], [98, 97], [97, 98, 97]].map((b) =>
        Uint8Array.from(b),
      ),
      'bytes',
    )
    const merges = mergesFromRanks(vocab)
    expect([...merges]).toEqual([97, 98, 98, 97, 256, 97])
    expect(mergesFollowRanks(model(vocab, merges))).toBe(true)
    expect(mergesFollowRanks(model(vocab, Uint32Array.from([98, 97, 97, 98, 256, 97])))).toBe(false)
    expect(mergesFollowRanks(model(vocab, merges.slice(0, 4)))).toBe(false)
    expect(mergesFollowRanks(model(vocab, merges.slice(0, 4), false))).toBe(false)
  })

  it('without ignore_merges, a token that merging cannot make is a difference', () => {
    const singles = Array.from({ length: 256 }, (_, b) => Uint8Array.of(b))
    const vocab = Vocab.fromBytes([...singles, Uint8Array.of(97, 98, 99)], 'bytes')
    expect(mergesFollowRanks(model(vocab, new Uint32Array(0), true))).toBe(true)
    expect(mergesFollowRanks(model(vocab, new Uint32Array(0), false))).toBe(false)
  })

  it('merges by score: the highest first, and none for tokens without a score', () => {
    const vocab = Vocab.fromStrings(['a', 'b', 'ab', 'ba', 'aba', 'bb'], 'text')
    const scores = Float64Array.from([0, 0, -2, -1, -3, NaN])
    expect([...mergesFromScores(vocab, scores)]).toEqual([1, 0, 0, 1, 0, 3])
  })

  it('gives up on a chain of ever longer tokens instead of taking hours', () => {
    const texts = Array.from({ length: 5000 }, (_, i) => 'a'.repeat(i + 1))
    const vocab = Vocab.fromStrings(texts, 'text')
    expect(() =>
      mergesFromScores(
        vocab,
        Float64Array.from(texts, (t) => t.length),
      ),
    ).toThrow('too long and too many')
  })
})
