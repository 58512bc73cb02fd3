// ByteLevel's trimmed offsets: a token's range without the spaces at its ends, which byte-level vocabularies
// keep inside tokens ("Ġword"). Source: `process_offsets` of Hugging Face tokenizers.
import { isWhiteSpace } from '../unicode/index.ts'
import type { Part } from './part.ts'

/** A space in the byte alphabet. */
const SPACE = 'Ġ'.charCodeAt(0)

/**
 * With `addPrefixSpace`, a single space at the front of the first token is the one that was added and is
 * kept: its range begins at 0 anyway. `stripping`: ids of added tokens that take in the spaces around them;
 * of these the spaces in the text count, as their own string has none.
 */
export function trimOffsets(part: Part, addPrefixSpace: boolean, stripping: ReadonlySet<number>): Part {
  const { details } = part
  if (!details) return part
  const offsets = details.offsets.slice()
  for (let n = 0; n < details.tokens.length; n++) {
    const token = stripping.has(part.ids[n]!)
      ? details.source.slice(offsets[2 * n]!, offsets[2 * n + 1]!)
      : details.tokens[n]!
    let leading = 0
    while (leading < token.length && isSpace(token.charCodeAt(leading))) leading++
    let trailing = 0
    while (trailing < token.length && isSpace(token.charCodeAt(token.length - 1 - trailing))) trailing++
    let start = offsets[2 * n]!
    let end = offsets[2 * n + 1]!
    if (leading === 1 && addPrefixSpace && (n === 0 || start === 0)) leading = 0
    for (; leading > 0 && start < end; leading--) start = next(details.source, start)
    let back = end
    for (; trailing > 0 && back > 0; trailing--) back = previous(details.source, back)
    if (trailing === 0) end = Math.max(back, Math.min(start, end))
    offsets[2 * n] = start
    offsets[2 * n + 1] = end
  }
  return { ids: part.ids, details: { ...details, offsets } }
}

// A space can stand for a character outside the BMP, when it was put before it: step by characters.
function next(text: string, at: number): number {
  return at + (text.codePointAt(at)! > 0xffff ? 2 : 1)
}

function previous(text: string, at: number): number {
  return at - (at > 1 && text.codePointAt(at - 2)! > 0xffff ? 2 : 1)
}

function isSpace(unit: number): boolean {
  return unit === SPACE || isWhiteSpace(unit)
}
