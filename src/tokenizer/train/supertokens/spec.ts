// What both trainers of this folder make: byte-level BPE over the whole text. The pre-tokenizer only turns
// bytes into the byte alphabet and cuts nowhere, so tokenizer.json says all there is to say.
import { utf8Encode, TesseraError } from '../../../core/index.ts'
import { alphabetToBytes } from '../../alphabet.ts'
import type { TokenizerSpec } from '../../spec.ts'
import { Vocab } from '../../vocab.ts'

const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: false,
} as const

/** Special tokens as initial tokens of training: those outside of the byte alphabet equal no byte string. */
export function specialBytes(specials: readonly string[]): Uint8Array[] {
  specials.forEach((token, i) => {
    if (typeof token === 'string' && token !== '' && specials.indexOf(token) === i) return
    throw new TesseraError('ARGUMENT_INVALID', `A special token of ${JSON.stringify(token)}`, {
      where: `specials[${i}]`,
      hint: 'Special tokens are different strings that are not empty',
    })
  })
  return specials.map((token) => alphabetToBytes(token) ?? new Uint8Array(0))
}

/** `vocab` begins with the special tokens. */
export function wholeTextSpec(
  name: string,
  vocab: Vocab,
  merges: Uint32Array,
  specials: readonly string[],
  nfc: boolean,
): TokenizerSpec {
  return {
    name,
    reference: 'huggingface',
    normalizer: nfc ? { type: 'NFC' } : null,
    preTokenizer: { ...BYTE_LEVEL },
    model: {
      type: 'BPE',
      vocab: withSpecialText(vocab, specials),
      merges,
      byteLevel: true,
      unkToken: null,
      continuingSubwordPrefix: null,
      endOfWordSuffix: null,
      fuseUnk: false,
      byteFallback: false,
      ignoreMerges: false,
    },
    postProcessor: null,
    decoder: { ...BYTE_LEVEL, add_prefix_space: true, use_regex: true },
    addedTokens: specials.map((content, id) => ({
      id,
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
    namedTokens: {},
  }
}

function withSpecialText(vocab: Vocab, specials: readonly string[]): Vocab {
  const literal = new Set<number>()
  specials.forEach((token, id) => {
    if (alphabetToBytes(token) === null) literal.add(id)
  })
  if (literal.size === 0) return vocab
  const parts = Array.from({ length: vocab.size }, (_, id) =>
    literal.has(id) ? utf8Encode(specials[id]!) : vocab.bytesOf(id),
  )
  return Vocab.fromBytes(parts, 'bytes', literal)
}
