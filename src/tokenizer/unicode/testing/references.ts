// The references asked about whole sets of code points at once: all members of a set as one text, and all
// others as another.
import { Tiktoken } from 'tiktoken'
import { NO_MODEL, nativeTokenizer } from '../../models/testing/native.ts'
import { difference, intersection, type CodePointSet } from '../code-point-set.ts'

const SURROGATES: CodePointSet = [0xd800, 0xe000]
/** Where anything is assigned, and the ends of the private planes: a fifth of all code points. */
const LIVELY: CodePointSet = [0, 0x34000, 0xe0000, 0xe1000, 0xeff00, 0xf0100, 0x10ff00, 0x110000]

/** All code points of a set but surrogates, as text. */
export function textOf(set: CodePointSet): string {
  const scalars = difference(set, SURROGATES)
  const parts: string[] = []
  for (let i = 0; i < scalars.length; i += 2) {
    for (let cp = scalars[i]!; cp < scalars[i + 1]!; cp += 4096) {
      const end = Math.min(scalars[i + 1]!, cp + 4096)
      parts.push(String.fromCodePoint(...Array.from({ length: end - cp }, (_, k) => cp + k)))
    }
  }
  return parts.join('')
}

/** The characters of a text that Hugging Face's regex engine matches by a one-character pattern, in runs. */
export function matchedByOniguruma(pattern: string, text: string): string {
  const parts = {
    model: NO_MODEL,
    preTokenizer: { type: 'Split', pattern: { Regex: `(?:${pattern})+` }, behavior: 'Removed', invert: true },
  } as const
  const split = nativeTokenizer(parts).getPreTokenizer()!
  return split
    .preTokenizeString(text)
    .map(([piece]) => piece)
    .join('')
}

const BYTE_RANKS = Array.from({ length: 256 }, (_, b) => `${Buffer.from([b]).toString('base64')} ${b}`)

/** The same for tiktoken, whose encoder drops what its pattern does not match. */
export function matchedByTiktoken(pattern: string, text: string): string {
  const tiktoken = new Tiktoken(BYTE_RANKS.join('\n'), {}, `(?:${pattern})+`)
  try {
    return Buffer.from(Uint8Array.from(tiktoken.encode_ordinary(text))).toString()
  } finally {
    tiktoken.free()
  }
}

/** Code points, in hexadecimal, about which a pattern of the reference and a set of ours disagree (of LIVELY). */
export function disagreements(
  matched: (pattern: string, text: string) => string,
  pattern: string,
  set: CodePointSet,
): string[] {
  const members = textOf(intersection(set, LIVELY))
  const found = matched(pattern, members)
  let wrong = matched(pattern, textOf(difference(LIVELY, set)))
  if (found !== members) {
    const missed = new Set(members)
    for (const c of found) missed.delete(c)
    wrong += [...missed].join('')
  }
  return Array.from(wrong.slice(0, 40), (c) => c.codePointAt(0)!.toString(16))
}
