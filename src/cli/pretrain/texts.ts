// Files and folders as the one kind of text of a training run; every twentieth document is held out, or the end
// of the text where there are fewer.
import type { TextGroup } from '../../model/index.ts'
import { documentsOf, findSources, type Skipped } from '../sources.ts'
import type { CardSource } from './card.ts'

const HELD_OUT = 20

export async function readGroup(
  words: readonly string[],
  signal: AbortSignal,
): Promise<{ group: TextGroup; sources: CardSource[]; skipped: Skipped[] }> {
  const { sources, skipped, names } = await findSources(words, false, () => {}, signal)
  const documents: string[] = []
  for (const source of sources) {
    for await (const document of documentsOf(source, false)) documents.push(document as string)
  }
  const name = names.length === 1 ? names[0]! : 'text'
  const { train, heldOut } = split(documents)
  const licence = 'yours'
  const bytes = sources.reduce((sum, source) => sum + source.bytes, 0)
  return {
    group: { name, train, heldOut, weight: 1 },
    sources: [{ name: words.join(', '), version: '', licence, kind: 'text', bytes, heldOut: false }],
    skipped,
  }
}

function split(documents: readonly string[]): { train: string[]; heldOut: string[] } {
  if (documents.length >= HELD_OUT) {
    return {
      train: documents.filter((_, i) => i % HELD_OUT !== HELD_OUT - 1),
      heldOut: documents.filter((_, i) => i % HELD_OUT === HELD_OUT - 1),
    }
  }
  return {
    train: documents.map((text) => text.slice(0, cut(text))),
    heldOut: documents.map((text) => text.slice(cut(text))).filter((text) => text.trim() !== ''),
  }
}

/** Where the held-out end of a text begins: behind the next line end that leaves some, else between two characters. */
function cut(text: string): number {
  const mark = Math.floor(text.length * (1 - 1 / HELD_OUT))
  const line = text.indexOf('\n', mark) + 1
  if (line > 0 && text.slice(line).trim() !== '') return line
  const low = text.charCodeAt(mark)
  return low >= 0xdc00 && low < 0xe000 ? mark + 1 : mark
}
