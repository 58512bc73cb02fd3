// The two ways of writing a binary vocabulary as a Hugging Face tokenizer.json. In the Latin-1 form a
// token could look like a special token (`<|pad|>` is seven ordinary bytes), and an object of JavaScript
// would lose keys such as `__proto__`: the trainer never learns the former, and this file writes JSON text
// straight from the arrays because of the latter.
import { bytesToAlphabet } from '../alphabet.ts'
import type { Vocab } from '../vocab.ts'
import { BINARY_SPECIALS, FIRST_BYTE_ID } from './layout.ts'
import { addedSpecials } from './spec.ts'

export type BinaryJsonForm = 'latin1' | 'byte-level'

export function tokenizerJson(vocab: Vocab, merges: Uint32Array, form: BinaryJsonForm): string {
  const write = form === 'latin1' ? bytesToLatin1 : bytesToAlphabet
  const tokens: string[] = []
  for (let id = 0; id < vocab.size; id++) {
    tokens.push(JSON.stringify(id < FIRST_BYTE_ID ? BINARY_SPECIALS[id] : write(vocab.bytesOf(id))))
  }
  const pairs: string[] = []
  for (let m = 0; m < merges.length; m += 2) pairs.push(`[${tokens[merges[m]!]},${tokens[merges[m + 1]!]}]`)
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
  const outer = JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedSpecials(),
    normalizer: null,
    pre_tokenizer: form === 'latin1' ? null : byteLevel,
    post_processor: null,
    decoder: form === 'latin1' ? { type: 'Fuse' } : byteLevel,
  })
  const model = JSON.stringify({
    type: 'BPE',
    dropout: null,
    // A character above U+00FF is no byte; in the byte-level form no character can be unknown.
    unk_token: form === 'latin1' ? '<|unk|>' : null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
  })
  const entries = tokens.map((token, id) => `${token}:${id}`).join(',\n')
  return (
    `${outer.slice(0, -1)},\n"model":${model.slice(0, -1)},\n` +
    `"vocab":{${entries}},\n"merges":[${pairs.join(',\n')}]}}\n`
  )
}

function bytesToLatin1(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!)
  return text
}
