import { describe, expect, it } from 'vitest'
import { Random, TesseraError } from '../../core/index.ts'
import type { PreTokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import { compileModel } from './compile.ts'
import { hostileTexts } from './testing/hostile.ts'
import { inUnits, nativeTokenizer } from './testing/native.ts'
import { plainTokenizer } from './testing/plain.ts'
import {
  bpeTwin,
  BYTE_TOKENS,
  unigramTwin,
  wordLevelTwin,
  wordPieceTwin,
  type Twin,
} from './testing/specs.ts'

function triples(twin: Twin, piece: string): [number, number, number][] {
  const out: [number, number, number][] = []
  compileModel(twin.spec).encodePiece(piece, (id, start, end) => out.push([id, start, end]))
  return out
}

async function equalsNative(
  twin: Twin,
  preTokenizer: PreTokenizerSpec | null,
  texts: readonly string[],
  offsetsToo = true,
): Promise<void> {
  const native = nativeTokenizer({ model: twin.json, preTokenizer })
  const plain = plainTokenizer({ model: twin.spec, preTokenizer })
  for (const text of texts) {
    const expected = await native.encode(text)
    const got = plain.part(text)
    expect([...got.ids], JSON.stringify(text)).toEqual(expected.getIds())
    if (offsetsToo) {
      expect([...got.details!.offsets], JSON.stringify(text)).toEqual(inUnits(text, expected.getOffsets()))
    }
  }
}

/** Random strings over few characters, so that tokens and their ties are hit often. */
function texts(alphabet: string, count: number, seed: number, most = 30): string[] {
  const random = new Random(seed)
  const characters = [...alphabet]
  return Array.from({ length: count }, () =>
    Array.from({ length: random.int(most) }, () => random.pick(characters)).join(''),
  )
}

/** Random merges over an alphabet; each makes a new token. */
function randomBpe(
  alphabet: string,
  count: number,
  seed: number,
  extra: string[] = [],
  prefix = '',
  suffix = '',
) {
  const random = new Random(seed)
  const tokens = [...extra, ...alphabet]
  if (prefix) for (const c of alphabet) tokens.push(prefix + c)
  if (suffix) for (const c of alphabet) tokens.push(c + suffix)
  if (prefix && suffix) for (const c of alphabet) tokens.push(prefix + c + suffix)
  const usable = tokens.slice(extra.length)
  const merges: [string, string][] = []
  const pairs = new Set<string>()
  while (merges.length < count) {
    const a = random.pick(usable)
    const b = random.pick(usable)
    if (prefix && !b.startsWith(prefix)) continue
    if (suffix && a.endsWith(suffix)) continue
    const made = a + b.slice(prefix.length)
    if (pairs.has(a + '\0' + b) || made.length > 12) continue
    pairs.add(a + '\0' + b)
    merges.push([a, b])
    // The same token can come out of several merges.
    if (!usable.includes(made)) {
      usable.push(made)
      tokens.push(made)
    }
  }
  return { tokens, merges }
}

const ALPHABET = 'abcé🙂▁'
const STRANGE = 'abcé🙂▁xй漢'

describe('BPE equals the native library', () => {
  const inputs = [...texts(STRANGE, 400, 1), ...hostileTexts(150, 2)]
  for (let seed = 1; seed <= 4; seed++) {
    it(`with random merges ${seed}`, async () => {
      const { tokens, merges } = randomBpe(ALPHABET, 60, seed)
      await equalsNative(bpeTwin(tokens, merges), null, texts(ALPHABET, 400, seed))
    })
    it.each([
      [{ unkToken: '<unk>' }],
      [{ unkToken: '<unk>', fuseUnk: true }],
      [{ unkToken: '<unk>', fuseUnk: true, ignoreMerges: true }],
      [{ unkToken: '<unk>', byteFallback: true }],
    ])(`with unknown characters, %j, ${seed}`, async (options) => {
      const { tokens, merges } = randomBpe(ALPHABET, 60, seed, ['<unk>', ...BYTE_TOKENS])
      await equalsNative(bpeTwin(tokens, merges, options), null, inputs)
    })
  }
  it('with some byte tokens missing, where bytes overtake a waiting unknown token', async () => {
    const { tokens, merges } = randomBpe(ALPHABET, 40, 9, [
      '<unk>',
      ...BYTE_TOKENS.filter((_, b) => b % 3 !== 0),
    ])
    for (const fuseUnk of [false, true]) {
      const twin = bpeTwin(tokens, merges, { unkToken: '<unk>', byteFallback: true, fuseUnk })
      await equalsNative(twin, null, inputs, false)
    }
  })
  it('with merges of byte tokens', async () => {
    const tokens = ['<unk>', ...BYTE_TOKENS, '<0xD0><0xB9>', 'a']
    const twin = bpeTwin(tokens, [['<0xD0>', '<0xB9>']], { unkToken: '<unk>', byteFallback: true })
    await equalsNative(twin, null, ['йй', 'aйa', 'й'])
    expect(triples(twin, 'aй')).toEqual([
      [tokens.length - 1, 0, 1],
      [257, 1, 2],
    ])
  })
  it('without unknown token: what has no token is dropped, offsets stay true', async () => {
    const { tokens, merges } = randomBpe(ALPHABET, 60, 5)
    const twin = bpeTwin(tokens, merges)
    await equalsNative(twin, null, inputs, false)
    expect(triples(bpeTwin(['a', 'b'], []), 'xaйb')).toEqual([
      [0, 1, 2],
      [1, 3, 4],
    ])
  })
  it.each([
    ['##', ''],
    ['', '</w>'],
    ['@@', '</w>'],
  ])('with prefix %j and suffix %j', async (prefix, suffix) => {
    for (let seed = 1; seed <= 3; seed++) {
      const { tokens, merges } = randomBpe('abcé', 60, seed, ['<unk>'], prefix, suffix)
      const twin = bpeTwin(tokens, merges, {
        unkToken: '<unk>',
        prefix: prefix || null,
        suffix: suffix || null,
      })
      await equalsNative(twin, { type: 'WhitespaceSplit' }, texts('abcéx ', 400, seed))
    }
  })
  it('throws where the native library throws', async () => {
    const twin = bpeTwin(['a'], [], { unkToken: '<unk>' })
    await expect(nativeTokenizer({ model: twin.json }).encode('b')).rejects.toThrow()
    expect(() => triples(twin, 'b')).toThrow(expect.objectContaining({ code: 'TEXT_NOT_REPRESENTABLE' }))
  })
  it('refuses merges that make no token', () => {
    const spec = { ...bpeTwin(['a', 'b', 'ab'], [['a', 'b']]).spec, merges: Uint32Array.of(2, 2) }
    expect(() => compileModel(spec as Twin['spec'])).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    )
  })
  it('takes a hundred thousand characters in one piece', () => {
    const { tokens, merges } = randomBpe('ab', 200, 3)
    const twin = bpeTwin(tokens, merges)
    for (const piece of ['a'.repeat(100_000), 'ab'.repeat(50_000), texts('ab', 1, 8, 200_000)[0]!]) {
      const all = triples(twin, piece)
      expect(all[0]![1]).toBe(0)
      expect(all.at(-1)![2]).toBe(piece.length)
      for (let i = 1; i < all.length; i++) expect(all[i]![1]).toBe(all[i - 1]![2])
    }
  })
})

describe("tiktoken's rule", () => {
  it('merges the neighbours whose joined bytes have the lowest id', () => {
    const tokens = [...'abc', 'bc', 'ab', 'abc', 'aa', 'aaa'].map((s) => new TextEncoder().encode(s))
    const vocab = Vocab.fromBytes(tokens, 'bytes')
    const base = bpeTwin(['a'], []).spec
    const model = compileModel({ ...base, vocab, merges: null, byteLevel: true } as Twin['spec'])
    const ids = (piece: string): number[] => {
      const out: number[] = []
      model.encodePiece(piece, (id) => out.push(id))
      return out
    }
    expect(ids('abc')).toEqual([5])
    expect(ids('abca')).toEqual([5, 0])
    expect(ids('aaaa')).toEqual([6, 6])
    expect(ids('aaaaa')).toEqual([6, 7])
  })
})

describe('Unigram equals the native library', () => {
  const pieces = (seed: number, extra: string[], spread: number): [string, number][] => {
    const random = new Random(seed)
    const list = new Set<string>(['<unk>', ...extra])
    for (const c of 'abcé🙂') list.add(c)
    while (list.size < extra.length + 60) {
      list.add(Array.from({ length: 2 + random.int(4) }, () => random.pick([...ALPHABET])).join(''))
    }
    // Few different scores, so that paths tie.
    return [...list].map((piece) => [piece, piece === '<unk>' ? 0 : -1 - random.int(spread) / 2])
  }
  const inputs = [...texts(STRANGE, 500, 3), ...hostileTexts(200, 4), '<unk>', 'a<unk>x<unk>', 'xx<0x41>xx']
  for (let seed = 1; seed <= 4; seed++) {
    for (const spread of [4, 4000]) {
      it(`with unknown token, ${seed}, ${spread}`, async () => {
        await equalsNative(unigramTwin(pieces(seed, [], spread), 0), null, inputs)
      })
      it(`with byte fallback, ${seed}, ${spread}`, async () => {
        await equalsNative(unigramTwin(pieces(seed, [...BYTE_TOKENS], spread), 0, true), null, inputs)
        const some = BYTE_TOKENS.filter((_, b) => b % 5 !== 0)
        await equalsNative(unigramTwin(pieces(seed, some, spread), 0, true), null, inputs)
      })
    }
  }
  it('with positive scores, where a fused unknown text can be a token', async () => {
    const twin = unigramTwin(
      [
        ['<unk>', 0],
        ['a', 100],
        ['xy', 50],
        ['xx', 45],
      ],
      0,
    )
    await equalsNative(twin, null, texts('axy', 300, 6))
  })
  it('of equal pieces the later counts', async () => {
    const twin = unigramTwin(
      [
        ['<unk>', 0],
        ['a', -1],
        ['a', -2],
        ['b', -1],
        ['ab', -2.5],
      ],
      0,
    )
    await equalsNative(twin, null, ['a', 'ab', 'aab', 'ba'])
  })
  it('throws where the native library throws', async () => {
    const twin = unigramTwin([['a', -1]], null)
    await expect(nativeTokenizer({ model: twin.json }).encode('ab')).rejects.toThrow()
    expect(() => triples(twin, 'ab')).toThrow(TesseraError)
    expect(triples(twin, 'aa')).toHaveLength(2)
  })
  it('takes a hundred thousand characters in one piece', () => {
    const twin = unigramTwin(pieces(1, [], 100), 0)
    for (const piece of ['a'.repeat(100_000), '漢'.repeat(100_000), '🙂é'.repeat(40_000)]) {
      const all = triples(twin, piece)
      expect(all.at(-1)![2]).toBe(piece.length)
    }
  })
})

describe('WordPiece and WordLevel equal the native library', () => {
  const random = new Random(11)
  const tokens = new Set(['[UNK]', ...'abcé🙂', '##a', '##b', '##é', '##', '##🙂'])
  while (tokens.size < 80) {
    const body = Array.from({ length: 2 + random.int(3) }, () => random.pick([...'abcé🙂'])).join('')
    tokens.add(random.int(2) ? '##' + body : body)
  }
  const inputs = [...texts('abcé🙂x ', 600, 5, 40), ...hostileTexts(200, 6)]
  it.each([
    ['##', 100],
    ['##', 4],
    ['', 100],
    ['@', 100],
  ])('WordPiece with prefix %j, at most %i characters', async (prefix, most) => {
    await equalsNative(wordPieceTwin([...tokens], prefix, most), { type: 'WhitespaceSplit' }, inputs)
  })
  it('WordPiece throws where the native library throws, and only there', async () => {
    const twin = wordPieceTwin(['a', '##b'])
    await expect(nativeTokenizer({ model: twin.json }).encode('x')).rejects.toThrow()
    expect(() => triples(twin, 'x')).toThrow(expect.objectContaining({ code: 'TEXT_NOT_REPRESENTABLE' }))
    expect(triples(twin, 'abb')).toHaveLength(3)
  })
  it('WordPiece takes a hundred thousand characters', () => {
    const twin = wordPieceTwin([...tokens], '##', 1_000_000)
    expect(triples(twin, 'ab'.repeat(50_000)).length).toBeGreaterThan(1000)
    expect(triples(twin, 'ab'.repeat(50_000) + 'x')).toEqual([[0, 0, 100_001]])
  })
  it('WordLevel', async () => {
    const twin = wordLevelTwin(['<unk>', 'a', 'ab', 'é', '🙂', '__proto__', '(hasOwnProperty'])
    await equalsNative(twin, { type: 'WhitespaceSplit' }, [
      ...inputs,
      '__proto__ constructor (hasOwnProperty',
    ])
    const bare = wordLevelTwin(['a'])
    await expect(nativeTokenizer({ model: bare.json }).encode('x')).rejects.toThrow()
    expect(() => triples(bare, 'x')).toThrow(expect.objectContaining({ code: 'TEXT_NOT_REPRESENTABLE' }))
  })
})
