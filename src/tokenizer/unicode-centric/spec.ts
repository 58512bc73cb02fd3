// The Unicode-centric vocabulary as a BPE that any engine runs (specification part A.3): characters as initial
// symbols, no pre-tokenizer, and for every n-gram, in the order of the list, a merge for each way of making it
// of two tokens. Hugging Face's byte fallback gives the bytes of what has no id.
import { TesseraError } from '../../core/index.ts'
import type { AddedToken, TokenizerSpec } from '../spec.ts'
import { Vocab } from '../vocab.ts'
import {
  FIRST_SPECIAL,
  NAMED_SPECIALS,
  NGRAM_CAPACITY,
  VOCAB_SIZE,
  isCharacterId,
  kindOfId,
  ngramId,
  ngramIndex,
} from './layout.ts'

/** `bytes`: what has no id becomes byte tokens. `unk`: it becomes `<unk>`, as in the paper. */
export type Unknown = 'bytes' | 'unk'

/** Characters of the longest n-gram that is accepted; the paper's have two or three. */
const LONGEST = 64

/** Throws FORMAT_INVALID when a token is too short, too long, out of order, or has a character without an id. */
export function checkNgrams(ngrams: readonly string[]): void {
  const refuse = (i: number, what: string) =>
    new TesseraError('FORMAT_INVALID', what, {
      where: `n-gram ${i}`,
      hint: 'N-grams are two or more characters of the Basic Multilingual Plane, longest first, then by code point',
    })
  if (ngrams.length > NGRAM_CAPACITY) throw refuse(NGRAM_CAPACITY, `More than ${NGRAM_CAPACITY} n-grams`)
  for (const [i, ngram] of ngrams.entries()) {
    if (ngram.length < 2 || ngram.length > LONGEST) throw refuse(i, `${ngram.length} characters`)
    for (let j = 0; j < ngram.length; j++) {
      if (!isCharacterId(ngram.charCodeAt(j))) throw refuse(i, 'A character that has no id of its own')
    }
    const before = ngrams[i - 1]
    if (before === undefined) continue
    if (before.length < ngram.length || (before.length === ngram.length && before >= ngram)) {
      throw refuse(i, 'Out of order, or twice')
    }
  }
}

/** Every token as tokenizer.json writes it. `[65536]` */
function tokenStrings(ngrams: readonly string[], unknown: Unknown): string[] {
  return Array.from({ length: VOCAB_SIZE }, (_, id) => {
    if (isCharacterId(id)) return String.fromCharCode(id)
    const hex = id.toString(16).toUpperCase()
    switch (kindOfId(id, ngrams.length)) {
      case 'n-gram':
        return ngrams[ngramIndex(id)]!
      case 'special':
        return NAMED_SPECIALS[id - FIRST_SPECIAL]!
      case 'byte':
        return unknown === 'bytes' ? `<0x${hex.slice(2)}>` : `<unused_${hex}>`
      default:
        return `<unused_${hex}>`
    }
  })
}

/** `[2 * merges]` pairs of ids, the n-grams in their order, each split from the left. */
export function mergesOf(ngrams: readonly string[]): Uint32Array {
  const ids = new Map(ngrams.map((ngram, i) => [ngram, ngramId(i)]))
  const idOf = (text: string) => (text.length === 1 ? text.charCodeAt(0) : ids.get(text))
  const pairs: number[] = []
  for (const ngram of ngrams) {
    for (let at = 1; at < ngram.length; at++) {
      const left = idOf(ngram.slice(0, at))
      const right = idOf(ngram.slice(at))
      if (left !== undefined && right !== undefined) pairs.push(left, right)
    }
  }
  return Uint32Array.from(pairs)
}

/** Throws FORMAT_INVALID. */
export function unicodeCentricSpec(ngrams: readonly string[], unknown: Unknown, name: string): TokenizerSpec {
  checkNgrams(ngrams)
  return {
    name,
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: null,
    model: {
      type: 'BPE',
      vocab: Vocab.fromStrings(tokenStrings(ngrams, unknown), 'text'),
      merges: mergesOf(ngrams),
      byteLevel: false,
      unkToken: '<unk>',
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: unknown === 'bytes',
      ignoreMerges: false,
    },
    postProcessor: null,
    decoder: {
      type: 'Sequence',
      decoders: unknown === 'bytes' ? [{ type: 'ByteFallback' }, { type: 'Fuse' }] : [{ type: 'Fuse' }],
    },
    addedTokens: NAMED_SPECIALS.map((content, i): AddedToken => ({
      id: FIRST_SPECIAL + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: { pad_token: '<pad>', bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>' },
  }
}
