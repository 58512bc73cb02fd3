// The Precompiled normalizer as SentencePiece itself applies it: at each position the longest key of the
// map that the text goes on with is replaced, whatever grapheme clusters it cuts through.
// Source: google/sentencepiece, normalizer.cc (Normalizer::NormalizePrefix). Hugging Face does otherwise, see
// precompiled.ts: there a composed Hangul syllable of three letters stays decomposed.
import { AlignedWriter } from '../aligned.ts'
import { Charsmap } from './charsmap.ts'
import type { Normalizer } from './rewrite.ts'

/** Throws FORMAT_INVALID when the map is broken. */
export function longestMatch(base64: string): Normalizer {
  const map = new Charsmap(base64)
  return (input) => {
    const { text } = input
    let writer: AlignedWriter | null = null
    let kept = 0
    for (let at = 0; at < text.length;) {
      const found = map.longest(text, at)
      if (found === null) {
        at += text.codePointAt(at)! > 0xffff ? 2 : 1
        continue
      }
      if (found.text !== text.slice(at, found.end)) {
        writer ??= new AlignedWriter(input)
        writer.keep(kept, at)
        writer.put(found.text, at, found.end)
        kept = found.end
      }
      at = found.end
    }
    if (writer === null) return input
    writer.keep(kept, text.length)
    return writer.done()
  }
}
