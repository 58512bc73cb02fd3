// Tokens that are parts of characters. Byte-level vocabularies hold the first bytes of a character without its
// last, the last without its first, or both ends cut: each decodes to U+FFFD alone, and only beside the right
// neighbours to text. Some bytes (C0, C1, F5 to FF) are in no UTF-8 text at all.
import { firstMalformedByte, utf8Decode, utf8SequenceLength } from '../../core/index.ts'

/** `whole`: UTF-8 text. `part`: a stretch of some UTF-8 text that begins or ends inside a character. */
export type Utf8Shape = 'whole' | 'part' | 'never'

export function utf8Shape(bytes: Uint8Array): Utf8Shape {
  if (firstMalformedByte(bytes) < 0) return 'whole'
  const start = leadingTails(bytes)
  if (start > 3) return 'never'
  let at = start
  while (at < bytes.length) {
    const length = utf8SequenceLength(bytes, at)
    if (length === 0) break
    at += length
  }
  // Behind the whole characters there may be one that lacks its end.
  const cut = bytes.subarray(at)
  if (cut.length > 0 && ends(cut, 1).length === 0) return 'never'
  return start === 0 || starts(bytes.subarray(0, start), 1).length > 0 ? 'part' : 'never'
}

function isTail(byte: number): boolean {
  return (byte & 0xc0) === 0x80
}

function leadingTails(bytes: Uint8Array): number {
  let n = 0
  while (n < bytes.length && isTail(bytes[n]!)) n++
  return n
}

/** Texts that contain the bytes, made whole with up to `most` different bytes in front and behind. */
export function completions(bytes: Uint8Array, most: number): string[] {
  const front = leadingTails(bytes)
  let at = front
  while (at < bytes.length) {
    const length = utf8SequenceLength(bytes, at)
    if (length === 0) break
    at += length
  }
  const before = front === 0 ? [NOTHING] : starts(bytes.subarray(0, front), most)
  const behind = at === bytes.length ? [NOTHING] : ends(bytes.subarray(at), most)
  const texts: string[] = []
  const side = Math.max(1, Math.ceil(Math.sqrt(most)))
  const few = (list: Uint8Array[], other: Uint8Array[]) => spaced(list, other.length > 1 ? side : most)
  for (const a of few(before, behind)) {
    for (const b of few(behind, before)) {
      const text = new Uint8Array(a.length + bytes.length + b.length)
      text.set(a)
      text.set(bytes, a.length)
      text.set(b, a.length + bytes.length)
      texts.push(utf8Decode(text))
    }
  }
  return texts
}

const NOTHING = new Uint8Array(0)
const TAILS = Array.from({ length: 64 }, (_, i) => 0x80 + i)
const FEW_TAILS = TAILS.filter((_, i) => i % 3 === 0 || i === 63)

/** What can stand before these last bytes of a character: all ways, thinned out to `most`. */
function starts(tail: Uint8Array, most: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let lead = 0xc2; lead <= 0xf4; lead++) {
    const length = lengthOf(lead)
    const front = length - tail.length
    if (front < 1) continue
    character[0] = lead
    character.set(tail, front)
    fill(1, front, () => {
      if (utf8SequenceLength(character, 0, length) === length) found.push(character.slice(0, front))
      return most === 1 && found.length === 1
    })
    // One is enough to say that there are any; more are thinned out of all.
    if (most === 1 && found.length === 1) break
  }
  return spaced(found, most)
}

/** What can stand behind these first bytes of a character. */
function ends(head: Uint8Array, most: number): Uint8Array[] {
  const lead = head[0]!
  if (lead < 0xc2 || lead > 0xf4) return []
  const length = lengthOf(lead)
  if (head.length > length) return []
  const found: Uint8Array[] = []
  character.set(head)
  fill(head.length, length, () => {
    if (utf8SequenceLength(character, 0, length) === length) found.push(character.slice(head.length, length))
    return most === 1 && found.length === 1
  })
  return spaced(found, most)
}

function lengthOf(lead: number): number {
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

/** The character that is being tried. */
const character = new Uint8Array(4)

/**
 * All ways to put continuation bytes at `character[at .. end]`; where two or more are missing, every third for
 * all but the last. Stops when `visit` returns true, and says so.
 */
function fill(at: number, end: number, visit: () => boolean): boolean {
  if (at >= end) return visit()
  for (const tail of end - at >= 2 ? FEW_TAILS : TAILS) {
    character[at] = tail
    if (fill(at + 1, end, visit)) return true
  }
  return false
}

function spaced<T>(list: T[], most: number): T[] {
  if (list.length <= most) return list
  return Array.from({ length: most }, (_, i) => list[Math.floor((i * list.length) / most)]!)
}
