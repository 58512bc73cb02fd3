// Which patterns have a hand-written scanner. A pattern is recognised by its exact text; every other
// pattern runs on the general engine in ../regex.
import type { Reference } from '../spec.ts'
import { charClasses, type CharClasses } from './classes.ts'
import { cl100kScanner } from './cl100k.ts'
import type { ContractionCase } from './contractions.ts'
import { gpt2Scanner } from './gpt2.ts'
import { o200kScanner } from './o200k.ts'
import type { Scan } from './scan.ts'

export type { Scan } from './scan.ts'

/** The GPT-2 pattern, which ByteLevel uses when `use_regex` is true. */
export const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

const FOLDED = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const FOLDED_SHORT = "'(?i:[sdmt]|ll|ve|re)"
const LISTED = "('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)"

const UPPER_SET = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`
const LOWER_SET = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`

function o200kPattern(contraction: string): string {
  const first = String.raw`[^\r\n\p{L}\p{N}]?`
  return [
    `${first}${UPPER_SET}*${LOWER_SET}+${contraction}?`,
    `${first}${UPPER_SET}+${LOWER_SET}*${contraction}?`,
    String.raw`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ].join('|')
}

function cl100kPattern(contraction: string, digits: string): string {
  return String.raw`${contraction}|[^\r\n\p{L}\p{N}]?\p{L}+|${digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
}

type Build = (classes: CharClasses, reference: Reference) => Scan

const cl100k =
  (contractions: ContractionCase, digits: number, tail = false): Build =>
  (classes) =>
    cl100kScanner(classes, { contractions, digits, tail })

const known = new Map<string, Build>([
  [GPT2_PATTERN, gpt2Scanner],
  [String.raw`'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`, gpt2Scanner],
  [cl100kPattern(FOLDED, String.raw`\p{N}{1,3}`), cl100k('folded', 3)],
  [cl100kPattern(LISTED, String.raw`\p{N}{1,3}`), cl100k('ascii', 3)],
  [cl100kPattern(FOLDED, String.raw`\p{N}`), cl100k('folded', 1)],
  [
    String.raw`${FOLDED_SHORT}|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`,
    // In Oniguruma {1,3}+ is no possessive quantifier but a repeated one: digits without end.
    (classes, reference) =>
      cl100k('folded', reference === 'huggingface' ? Infinity : 3, true)(classes, reference),
  ],
  [o200kPattern(FOLDED), (classes) => o200kScanner(classes, 'folded')],
  [o200kPattern(LISTED), (classes) => o200kScanner(classes, 'ascii')],
])

/** The scanner of a known pattern, or null. */
export function scannerFor(pattern: string, reference: Reference): Scan | null {
  const build = known.get(pattern)
  return build ? build(charClasses(reference), reference) : null
}

/** Texts of all known patterns, for tests. */
export const knownPatterns: readonly string[] = [...known.keys()]
