// What goes between the thread that calls and the threads that encode.
import type { BpeModelSpec, ModelSpec, TokenizerSpec } from '../spec.ts'
import type { EncodeOptions } from '../types.ts'
import { Vocab, type VocabAlphabet } from '../vocab.ts'

/** A specification with its big arrays in shared memory: no thread holds a copy of its own. */
export interface SharedSpec {
  spec: TokenizerSpec
  vocab: { bytes: Uint8Array; offsets: Uint32Array; alphabet: VocabAlphabet; literal: ReadonlySet<number> }
}

export interface BatchRequest {
  task: number
  texts: readonly string[]
  options: EncodeOptions
}

/** What a thread says first, when it has loaded its tokenizer. */
export const READY = 'ready'

export type BatchReply =
  | { task: number; ids: Uint32Array<ArrayBuffer>; lengths: Uint32Array }
  | { task: number; error: { code: string; message: string } }

export function share(spec: TokenizerSpec): SharedSpec {
  const { vocab } = spec.model
  const { alphabet, literal } = vocab
  const model = { ...spec.model } as Partial<ModelSpec> & { merges?: BpeModelSpec['merges'] }
  delete model.vocab
  if (model.merges)
    model.merges = shared(model.merges, new Uint32Array(new SharedArrayBuffer(model.merges.byteLength)))
  return {
    spec: { ...spec, model: model as ModelSpec },
    vocab: {
      bytes: shared(vocab.bytes, new Uint8Array(new SharedArrayBuffer(vocab.bytes.byteLength))),
      offsets: shared(vocab.offsets, new Uint32Array(new SharedArrayBuffer(vocab.offsets.byteLength))),
      alphabet,
      literal,
    },
  }
}

export function revive({ spec, vocab }: SharedSpec): TokenizerSpec {
  const { bytes, offsets, alphabet, literal } = vocab
  return { ...spec, model: { ...spec.model, vocab: new Vocab(bytes, offsets, alphabet, literal) } }
}

function shared<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
