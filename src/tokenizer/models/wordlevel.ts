// WordLevel: a piece is a token as a whole, or the unknown token. Source: Hugging Face tokenizers.
import type { WordLevelModelSpec } from '../spec.ts'
import type { Model } from './model.ts'
import { missingUnknown } from './wordpiece.ts'

export function wordLevel(spec: WordLevelModelSpec): Model {
  const unknown = spec.vocab.idOfString(spec.unkToken)
  return {
    encodePiece(piece, emit) {
      if (piece === '') return
      const id = spec.vocab.idOfString(piece)
      if (id < 0 && unknown < 0) throw missingUnknown(spec.unkToken, 'WordLevel')
      emit(id < 0 ? unknown : id, 0, piece.length)
    },
  }
}
