import { expect, it } from 'vitest'
import { NO_MODEL, nativeTokenizer } from '../models/testing/native.ts'
import type { PreTokenizerSpec } from '../spec.ts'
import { isNumeric, isPunctuation, isWord } from '../unicode/index.ts'
import { scriptOf } from './unicode-scripts.ts'

function native(spec: PreTokenizerSpec) {
  return nativeTokenizer({ model: NO_MODEL, preTokenizer: spec }).getPreTokenizer()!
}

/** All code points but surrogates and planes with nothing in them, 1,024 at a time. */
function* blocks(): Generator<number[]> {
  for (let base = 0; base < 0x110000; base += 0x400) {
    if (base >= 0xd800 && base < 0xe000) continue
    if ((base >= 0x33000 && base < 0xe0000) || base >= 0xf1000) continue
    yield Array.from({ length: 0x400 }, (_, i) => base + i)
  }
}

/** Code points where the native library and we disagree about standing alone between two letters. */
function disagreements(spec: PreTokenizerSpec, ours: (cp: number) => boolean): string[] {
  const wrong: string[] = []
  const reference = native(spec)
  for (const cps of blocks()) {
    const pieces = reference.preTokenizeString(cps.map((cp) => 'a' + String.fromCodePoint(cp)).join('') + 'a')
    const alone = new Set<number>()
    for (const [piece] of pieces) if ([...piece].length === 1) alone.add(piece.codePointAt(0)!)
    for (const cp of cps) if (cp !== 0x61 && alone.has(cp) !== ours(cp)) wrong.push(cp.toString(16))
  }
  return wrong
}

it('punctuation of every code point', () => {
  const spec = { type: 'Punctuation', behavior: 'Isolated' } as const
  expect(disagreements(spec, isPunctuation)).toEqual([])
})

it('numbers of every code point', () => {
  const spec = { type: 'Digits', individual_digits: true } as const
  expect(disagreements(spec, isNumeric)).toEqual([])
})

it('\\w of every code point', () => {
  const reference = native({ type: 'Whitespace' })
  const wrong: string[] = []
  for (const cps of blocks()) {
    const words = new Set<number>()
    const text = cps.map((cp) => 'a' + String.fromCodePoint(cp)).join(' ')
    for (const [piece] of reference.preTokenizeString(text)) {
      if (piece.startsWith('a')) for (const c of piece) words.add(c.codePointAt(0)!)
    }
    for (const cp of cps) {
      if (words.has(cp) !== isWord(cp) && cp !== 0x61) wrong.push(cp.toString(16))
    }
  }
  expect(wrong).toEqual([])
})

it('script changes of neighbouring code points', () => {
  const reference = native({ type: 'UnicodeScripts' })
  const wrong: string[] = []
  for (const cps of blocks()) {
    const text = 'a' + cps.map((cp) => String.fromCodePoint(cp)).join('')
    const firsts = new Set(reference.preTokenizeString(text).map(([, [start]]) => start))
    let last = scriptOf(0x61)
    cps.forEach((cp, i) => {
      const script = scriptOf(cp)
      if (firsts.has(i + 1) !== (script !== 0 && script !== last)) wrong.push(cp.toString(16))
      if (script !== 0) last = script
    })
  }
  expect(wrong).toEqual([])
})
