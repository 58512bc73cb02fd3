// Between the binary family and the general tokenizer: the same vocabulary as a byte-level BPE whose
// pre-tokenizer splits nowhere, and back, from either way of writing bytes as characters.
import { TesseraError } from '../../core/index.ts'
import type { AddedToken, PreTokenizerSpec, TokenizerSpec } from '../spec.ts'
import { mergesFromRanks } from '../formats/rank-merges.ts'
import type { Vocab } from '../vocab.ts'
import { BINARY_SPECIALS, FIRST_BYTE_ID, FIRST_MERGE_ID } from './layout.ts'

const NAMED_TOKENS: Readonly<Record<string, string>> = {
  bos_token: '<|start|>',
  eos_token: '<|end|>',
  pad_token: '<|pad|>',
  unk_token: '<|unk|>',
  cls_token: '<|cls|>',
  sep_token: '<|sep|>',
  mask_token: '<|mask|>',
}

export function addedSpecials(): AddedToken[] {
  return BINARY_SPECIALS.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
}

export function binarySpec(vocab: Vocab, merges: Uint32Array, name: string): TokenizerSpec {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: false,
    use_regex: false,
  } as const
  return {
    name,
    reference: 'huggingface',
    normalizer: null,
    preTokenizer: byteLevel,
    model: {
      type: 'BPE',
      vocab,
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
    decoder: byteLevel,
    addedTokens: addedSpecials(),
    truncation: null,
    padding: null,
    chatTemplate: null,
    namedTokens: { ...NAMED_TOKENS },
  }
}

/**
 * The merges of a spec that follows the family's layout, `[2 * n]`. Throws FORMAT_UNSUPPORTED for any
 * other tokenizer and FORMAT_INVALID where the vocabulary contradicts its merges.
 */
export function mergesFromSpec(spec: TokenizerSpec): Uint32Array {
  const unsupported = (why: string) =>
    new TesseraError('FORMAT_UNSUPPORTED', `Not a vocabulary of the Binary BPE family: ${why}`, {
      where: spec.name,
      hint: 'Load other tokenizers with loadTokenizer',
    })
  const { model } = spec
  if (model.type !== 'BPE') throw unsupported('its model is not BPE')
  if (spec.normalizer !== null) throw unsupported('it has a normalizer')
  if (splits(spec.preTokenizer)) throw unsupported('its pre-tokenizer splits the input')
  const { vocab } = model
  // The compact form leaves merges out where the ids say the same.
  const merges = model.merges ?? mergesFromRanks(vocab)
  if (vocab.size !== FIRST_MERGE_ID + merges.length / 2) {
    throw unsupported(`${vocab.size} ids for ${merges.length / 2} merges; it needs 263 more ids than merges`)
  }
  const toBytes =
    vocab.alphabet === 'bytes' ? (id: number) => vocab.bytesOf(id) : (id: number) => latin1(vocab, id)
  for (let b = 0; b < 256; b++) {
    const token = toBytes(FIRST_BYTE_ID + b)
    if (token === null || token.length !== 1 || token[0] !== b) {
      throw unsupported(`id ${FIRST_BYTE_ID + b} is not the byte ${b}`)
    }
  }
  for (let m = 0; m < merges.length / 2; m++) {
    const made = toBytes(FIRST_MERGE_ID + m)
    const left = vocab.has(merges[2 * m]!) ? toBytes(merges[2 * m]!) : null
    const right = vocab.has(merges[2 * m + 1]!) ? toBytes(merges[2 * m + 1]!) : null
    if (!made || !left || !right || !isJoined(made, left, right)) {
      throw new TesseraError('FORMAT_INVALID', `Merge ${m} does not make the id ${FIRST_MERGE_ID + m}`, {
        where: `${spec.name}: model.merges[${m}]`,
        hint: 'Ids of learned tokens must stand in merge order, from 263 upward',
      })
    }
  }
  return merges
}

function splits(pre: PreTokenizerSpec | null): boolean {
  if (pre === null) return false
  return !(pre.type === 'ByteLevel' && !pre.use_regex && !pre.add_prefix_space)
}

/** Characters U+0000 to U+00FF as bytes; null when the token has another character. */
function latin1(vocab: Vocab, id: number): Uint8Array | null {
  const text = vocab.stringOf(id)
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 0xff) return null
    out[i] = c
  }
  return out
}

function isJoined(made: Uint8Array, left: Uint8Array, right: Uint8Array): boolean {
  if (made.length !== left.length + right.length) return false
  for (let i = 0; i < left.length; i++) if (made[i] !== left[i]) return false
  for (let i = 0; i < right.length; i++) if (made[left.length + i] !== right[i]) return false
  return true
}
