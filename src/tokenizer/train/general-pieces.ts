// Counting words through the general normalizers and pre-tokenizers: any pipeline of tokenizer.json.
import { utf8Decode, utf8Encode } from '../../core/index.ts'
import { aligned } from '../aligned.ts'
import { alphabetToBytes } from '../alphabet.ts'
import { compileNormalizer } from '../normalize/index.ts'
import { compilePreTokenizer, needsSource } from '../pretokenize/index.ts'
import { flatten } from './patterns.ts'
import type { CountPieces, WordsSpec } from './pieces.ts'

export function generalCounter(spec: WordsSpec): CountPieces {
  const normalize = spec.normalizer ? compileNormalizer(spec.normalizer, spec.reference) : null
  const preTokenize = compilePreTokenizer(spec.preTokenizer, spec.reference)
  const tracked = needsSource(spec.preTokenizer)
  const steps = flatten(spec.preTokenizer)
  const byteLevel = steps.at(-1)?.type === 'ByteLevel'
  return (bytes, from, to, start, table) => {
    const text = aligned(utf8Decode(bytes.subarray(from, to)), tracked, start ? 0 : 1)
    for (const piece of preTokenize([normalize ? normalize(text) : text])) {
      const word = (byteLevel ? alphabetToBytes(piece.text) : null) ?? utf8Encode(piece.text)
      if (word.length > 0) table.add(word, 0, word.length, 1)
    }
  }
}
