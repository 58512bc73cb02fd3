// Models: from a piece of text to token ids. Each follows its namesake in Hugging Face tokenizers.
import type { ModelSpec, Reference } from '../spec.ts'
import { bpe } from './bpe.ts'
import type { Model } from './model.ts'
import { unigram } from './unigram.ts'
import { wordLevel } from './wordlevel.ts'
import { wordPiece } from './wordpiece.ts'

/**
 * Compiles a model; `reference` decides the last bit of sums. Throws FORMAT_INVALID for merges that the vocabulary does not cover.
 * The compiled model keeps buffers: do not call `encodePiece` from inside `emit`.
 */
export function compileModel(spec: ModelSpec, reference: Reference = 'huggingface'): Model {
  switch (spec.type) {
    case 'BPE':
      return bpe(spec)
    case 'Unigram':
      return unigram(spec, reference)
    case 'WordPiece':
      return wordPiece(spec)
    case 'WordLevel':
      return wordLevel(spec)
  }
}
