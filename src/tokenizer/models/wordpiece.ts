// WordPiece: from the left, always the longest token that fits; tokens inside a word carry a prefix (##).
// A word with a rest that no token starts, or with too many characters, is one unknown token.
// Source: BERT's tokenizer (Devlin et al. 2018), as in Hugging Face tokenizers.
import { TesseraError, utf8Encode } from '../../core/index.ts'
import type { WordPieceModelSpec } from '../spec.ts'
import { cached, type Model } from './model.ts'
import { ByteTrie } from './trie.ts'
import { Utf8Piece } from './utf8.ts'

export function wordPiece(spec: WordPieceModelSpec): Model {
  const trie = new ByteTrie(spec.vocab)
  const unknown = spec.vocab.idOfString(spec.unkToken)
  /** Where tokens inside a word begin: behind the prefix. -1 = no token has the prefix. */
  let inside = 0
  for (const byte of utf8Encode(spec.continuingSubwordPrefix)) {
    inside = inside < 0 ? -1 : trie.next(inside, byte) || -1
  }
  const text = new Utf8Piece()

  const encode = (piece: string, out: number[]): void => {
    const first = out.length
    text.load(piece)
    const { bytes, length } = text
    if (!longerThan(piece, spec.maxInputCharsPerWord)) {
      let start = 0
      let unit = 0
      while (start < length) {
        let node = start === 0 ? 0 : inside
        let id = -1
        let end = start
        for (let i = start; i < length && node >= 0;) {
          node = trie.next(node, bytes[i]!)
          if (node === 0) break
          i++
          if (trie.ids[node]! >= 0) {
            id = trie.ids[node]!
            end = i
          }
        }
        if (id < 0) break
        const endUnit = unit + text.units(start, end)
        out.push(id, unit, endUnit)
        start = end
        unit = endUnit
      }
      if (start === length) return
    }
    out.length = first
    if (unknown < 0) throw missingUnknown(spec.unkToken, 'WordPiece')
    out.push(unknown, 0, piece.length)
  }
  return cached(encode)
}

/** More than `limit` code points; does not count past it. */
function longerThan(piece: string, limit: number): boolean {
  if (piece.length <= limit) return false
  if (piece.length > limit * 2) return true
  let count = 0
  for (let i = 0; i < piece.length; i += piece.codePointAt(i)! > 0xffff ? 2 : 1) count++
  return count > limit
}

export function missingUnknown(token: string, model: string): TesseraError {
  return new TesseraError(
    'TEXT_NOT_REPRESENTABLE',
    `The text has a word that the ${model} vocabulary lacks, and its unknown token ${JSON.stringify(token)} is not in the vocabulary either`,
    { where: 'model.unk_token', hint: 'Add the unknown token to the vocabulary' },
  )
}
