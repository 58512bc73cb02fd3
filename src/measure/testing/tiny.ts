// Vocabularies so small that every question about them can be answered by trying everything: byte-level BPE over
// random merges of a few letters, with tokens that no merge makes thrown in.
import fc from 'fast-check'
import { utf8Encode } from '../../core/index.ts'
import { createTokenizer, Vocab, type Tokenizer } from '../../tokenizer/index.ts'

/** Letters, the space, and the first byte that `é` and `ë` share, so that merges meet half characters. */
export const UNITS = ['a', 'b', ' ', 'é', 'ë'] as const

export const tinyText = (maxLength: number) => fc.string({ unit: fc.constantFrom(...UNITS), maxLength })

export interface TinyOptions {
  /** Cut texts into words first (GPT-2's pattern). Default false: a text is one piece. */
  words?: boolean
  /** Tokens that no merge makes. */
  extra?: readonly Uint8Array[]
}

/** All 256 bytes, then what each merge makes (where it is new), then the extra tokens. `merges`: pairs of tokens so far. */
export function tinyTokenizer(
  merges: readonly (readonly [Uint8Array, Uint8Array])[],
  { words = false, extra = [] }: TinyOptions = {},
): Tokenizer {
  const tokens: Uint8Array[] = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte))
  const ids = new Map(tokens.map((token, id) => [String(token), id]))
  const idOf = (token: Uint8Array): number => {
    const name = String(token)
    if (!ids.has(name)) ids.set(name, tokens.push(token) - 1)
    return ids.get(name)!
  }
  const pairs = merges.flatMap(([left, right]) => {
    idOf(Uint8Array.of(...left, ...right))
    return [idOf(left), idOf(right)]
  })
  extra.forEach(idOf)
  const tokenizer = createTokenizer({
    name: 'tiny',
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: words },
    model: {
      type: 'BPE',
      vocab: Vocab.fromBytes(tokens, 'bytes'),
      merges: Uint32Array.from(pairs),
      byteLevel: true,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: false,
    },
    postProcessor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
    addedTokens: [],
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: {},
  })
  // A failing property prints how to make the vocabulary, not all that is in it.
  const recipe = JSON.stringify({
    merges: merges.map((pair) => pair.map((token) => [...token])),
    words,
    extra,
  })
  return Object.defineProperty(tokenizer, fc.toStringMethod, { value: () => recipe })
}

/** Up to ten merges, each of two tokens that are there by then (bytes of UNITS at first). */
export const tinyVocabulary: fc.Arbitrary<Tokenizer> = fc
  .record({
    picks: fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 10 }),
    extra: fc.array(tinyText(3), { maxLength: 3 }),
    words: fc.boolean(),
  })
  .map(({ picks, extra, words }) => tinyTokenizer(mergesOf(picks), { words, extra: spelled(extra) }))

/** As `tinyVocabulary`, without a pre-tokenizer: each text is one piece, whatever is in it. */
export const wholeTextVocabulary: fc.Arbitrary<Tokenizer> = fc
  .tuple(
    fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 10 }),
    fc.array(tinyText(3), { maxLength: 3 }),
  )
  .map(([picks, extra]) => tinyTokenizer(mergesOf(picks), { extra: spelled(extra) }))

function mergesOf(picks: readonly (readonly [number, number])[]): [Uint8Array, Uint8Array][] {
  const pool = [...new Set(UNITS.flatMap((unit) => [...utf8Encode(unit)]))].map((byte) => Uint8Array.of(byte))
  return picks.map(([a, b]) => {
    const pair: [Uint8Array, Uint8Array] = [pool[a % pool.length]!, pool[b % pool.length]!]
    const joined = Uint8Array.of(...pair[0], ...pair[1])
    if (joined.length <= 6) pool.push(joined)
    return pair
  })
}

function spelled(texts: readonly string[]): Uint8Array[] {
  return texts.filter((text) => text !== '').map((text) => utf8Encode(text))
}

/** Every id sequence that spells the bytes, by trying every token at every place. */
export function everyEncoding(tokenizer: Tokenizer, bytes: Uint8Array): number[][] {
  const { vocab } = tokenizer.spec.model
  const from = (at: number): number[][] => {
    if (at === bytes.length) return [[]]
    const found: number[][] = []
    for (let id = 0; id < vocab.size; id++) {
      const token = vocab.bytesOf(id)
      if (token.length === 0 || at + token.length > bytes.length) continue
      if (!token.every((byte, i) => byte === bytes[at + i])) continue
      for (const rest of from(at + token.length)) found.push([id, ...rest])
    }
    return found
  }
  return from(0)
}

/** Every text of at most `most` of the units, the empty one too. */
export function everyText(units: readonly string[], most: number): string[] {
  const texts = ['']
  for (let from = 0, length = 0; length < most; length++) {
    const until = texts.length
    for (; from < until; from++) for (const unit of units) texts.push(texts[from]! + unit)
  }
  return texts
}
