// Truncation of one text or a pair to a number of ids, before the template is put around them.
// Source: `truncate_encodings` of Hugging Face tokenizers. (The reference stops encoding a text when it has
// enough ids, so the lengths that it compares for a pair are sometimes shorter than the true ones; here
// they are the true ones.)
import { TesseraError } from '../../core/index.ts'
import type { TruncationSpec } from '../spec.ts'
import { slicePart, type Part } from './part.ts'

/**
 * Ids left for text when `maxLength` includes `added` ids of the template.
 * Throws ARGUMENT_INVALID when not even the template fits.
 */
export function roomForText(maxLength: number, added: number): number {
  if (maxLength < added) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `A maximum length of ${maxLength} leaves no room for the ${added} tokens that the template adds`,
      { where: 'maxLength', hint: 'Allow more tokens, or encode with template: false' },
    )
  }
  return maxLength - added
}

/**
 * Cuts so that both together have at most `room` ids. `direction` is the side that is cut away.
 * Throws ARGUMENT_INVALID when the strategy's text is missing or too short to make room.
 */
export function truncateParts(
  a: Part,
  b: Part | null,
  room: number,
  strategy: TruncationSpec['strategy'],
  direction: TruncationSpec['direction'],
): [Part, Part | null] {
  const lengthA = a.ids.length
  const lengthB = b ? b.ids.length : 0
  const excess = lengthA + lengthB - room
  if (excess <= 0) return [a, b]
  if (room === 0) return [slicePart(a, 0, 0), b && slicePart(b, 0, 0)]
  if (strategy === 'LongestFirst') {
    if (!b) return [cut(a, room, direction), null]
    const [keepA, keepB] = shares(lengthA, lengthB, room)
    return [cut(a, keepA, direction), cut(b, keepB, direction)]
  }
  const target = strategy === 'OnlyFirst' ? a : b
  if (!target) {
    throw new TesseraError('ARGUMENT_INVALID', 'The strategy OnlySecond needs a second text', {
      where: 'truncation.strategy',
    })
  }
  if (target.ids.length <= excess) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      `The ${target === a ? 'first' : 'second'} text has ${target.ids.length} tokens, but ${excess} would have to go`,
      { where: 'truncation.strategy', hint: 'Use LongestFirst, or allow more tokens' },
    )
  }
  const shorter = cut(target, target.ids.length - excess, direction)
  return target === a ? [shorter, b] : [a, shorter]
}

/** The shorter text stays whole as long as it fits in half the room; the odd id goes to the longer one. */
function shares(lengthA: number, lengthB: number, room: number): [number, number] {
  const short = Math.min(lengthA, lengthB)
  let keepShort = short
  let keepLong = short > room ? short : Math.max(short, room - short)
  if (keepShort + keepLong > room) {
    keepShort = Math.floor(room / 2)
    keepLong = keepShort + (room % 2)
  }
  return lengthA > lengthB ? [keepLong, keepShort] : [keepShort, keepLong]
}

function cut(part: Part, keep: number, direction: TruncationSpec['direction']): Part {
  const { length } = part.ids
  if (keep >= length) return part
  return direction === 'Right' ? slicePart(part, 0, keep) : slicePart(part, length - keep, length)
}
