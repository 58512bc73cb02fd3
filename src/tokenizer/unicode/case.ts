// Case: Rust's `char::to_lowercase` (Unicode 17, as in Hugging Face tokenizers 0.23), and case folding of
// Unicode 16.0 for case-insensitive patterns. Both from our own tables, as everything here.
import type { CodePointSet } from './code-point-set.ts'
import { setFromRanges } from './code-point-set.ts'
import { FULL_FOLDING, SIMPLE_FOLDING } from './data/case-folding.ts'
import { LOWERCASE } from './data/huggingface.ts'

/** Reads the groups `skip,count,step,delta` that scripts/unicode/generate.mjs writes. */
function decodeMap(text: string): Map<number, number> {
  const map = new Map<number, number>()
  let at = 0
  for (const group of text.split(' ')) {
    const [skip, count, step, delta] = group.split(',').map((n) => parseInt(n, 36)) as [
      number,
      number,
      number,
      number,
    ]
    at += skip
    for (let i = 0; i < count; i++) map.set(at + i * step, at + i * step + delta)
    at += (count - 1) * step + 1
  }
  return map
}

let lower: Map<number, number> | null = null
let lowerBmp: Uint16Array | null = null

/** The lower case of a code point; U+0130 gives U+0069 here and must be followed by U+0307. */
export function toLowercase(cp: number): number {
  lower ??= decodeMap(LOWERCASE)
  if (cp < 0x10000) {
    if (!lowerBmp) {
      lowerBmp = new Uint16Array(0x10000)
      for (let i = 0; i < 0x10000; i++) lowerBmp[i] = lower.get(i) ?? i
      lowerBmp[0x130] = 0x69
    }
    return lowerBmp[cp]!
  }
  return lower.get(cp) ?? cp
}

interface Folding {
  simple: Map<number, number>
  /** Folded code point → all that fold to it, itself included. */
  classes: Map<number, number[]>
  full: Map<number, number[]>
  /** Joined full folding → the code points that have it. */
  sequences: Map<string, number[]>
  longest: number
}

let folding: Folding | null = null

function foldings(): Folding {
  if (folding) return folding
  const simple = decodeMap(SIMPLE_FOLDING)
  const classes = new Map<number, number[]>()
  for (const [cp, to] of simple) {
    const known = classes.get(to)
    if (known) known.push(cp)
    else classes.set(to, [to, cp])
  }
  const full = new Map<number, number[]>()
  const sequences = new Map<string, number[]>()
  let longest = 0
  for (const entry of FULL_FOLDING.split(' ')) {
    const [cp, ...to] = entry.split(',').map((n) => parseInt(n, 36)) as [number, ...number[]]
    full.set(cp, to)
    const key = to.join()
    const known = sequences.get(key)
    if (known) known.push(cp)
    else sequences.set(key, [cp])
    longest = Math.max(longest, to.length)
  }
  folding = { simple, classes, full, sequences, longest }
  return folding
}

/** Simple case folding of one code point. */
export function simpleFold(cp: number): number {
  return foldings().simple.get(cp) ?? cp
}

/** Full case folding: one to three code points. */
export function fullFold(cp: number): readonly number[] {
  return foldings().full.get(cp) ?? [simpleFold(cp)]
}

/** All code points whose simple folding is that of `cp`. */
export function foldClass(cp: number): readonly number[] {
  const to = simpleFold(cp)
  return foldings().classes.get(to) ?? [to]
}

/** Code points whose full folding is this sequence of two or three folded code points. */
export function foldedFrom(sequence: readonly number[]): readonly number[] {
  return foldings().sequences.get(sequence.join()) ?? []
}

/** All code points with a full folding of more than one code point, with it. */
export function multiFolds(): ReadonlyMap<number, readonly number[]> {
  return foldings().full
}

/** The set and everything that simple case folding identifies with a member of it. */
export function foldClosure(set: CodePointSet): CodePointSet {
  const ranges: [number, number][] = []
  for (let i = 0; i < set.length; i += 2) ranges.push([set[i]!, set[i + 1]!])
  const inside = (cp: number) => {
    let low = 0
    let high = set.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (set[middle]! <= cp) low = middle + 1
      else high = middle
    }
    return (low & 1) === 1
  }
  for (const members of foldings().classes.values()) {
    if (members.some(inside)) for (const cp of members) ranges.push([cp, cp + 1])
  }
  return setFromRanges(ranges)
}
