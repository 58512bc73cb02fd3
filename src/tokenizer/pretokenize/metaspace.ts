// Metaspace: SentencePiece's way with spaces. Each space becomes the replacement (U+2581), one is put
// before the text, and the text is cut before each. Source: Hugging Face tokenizers.
// `first` puts it only before the piece at position 0 of the source, so this step needs to know where a
// piece comes from even when nobody asked for offsets (see `needsSource` in compile.ts).
import { AlignedWriter, sourceRange, type AlignedText } from '../aligned.ts'
import { relettered } from '../normalize/rewrite.ts'
import { prepended } from './byte-level.ts'
import { eachLiteral, splitStep, type Step } from './split.ts'

export function metaspace(replacement: string, scheme: 'always' | 'first' | 'never', split: boolean): Step {
  const cut = split ? splitStep(eachLiteral(replacement), 'MergedWithNext', false) : null
  return (piece, out) => {
    let whole = replaced(piece, replacement)
    const wanted =
      scheme === 'always' || (scheme === 'first' && sourceRange(piece, 0, piece.text.length)[0] === 0)
    if (wanted && !whole.text.startsWith(replacement)) whole = prepended(whole, replacement)
    if (cut) cut(whole, out)
    else out.push(whole)
  }
}

function replaced(piece: AlignedText, replacement: string): AlignedText {
  const { text } = piece
  if (!text.includes(' ')) return piece
  if (replacement.length === 1)
    return relettered(
      piece,
      text.replaceAll(' ', () => replacement),
    )
  const writer = new AlignedWriter(piece)
  let done = 0
  for (let i = text.indexOf(' '); i >= 0; i = text.indexOf(' ', i + 1)) {
    writer.keep(done, i)
    writer.put(replacement, i, i + 1)
    done = i + 1
  }
  writer.keep(done, text.length)
  return writer.done()
}
