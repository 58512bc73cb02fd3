import { describe, expect, it } from 'vitest'
import { foldClass, simpleFold, toLowercase } from './case.ts'
import { setFromRanges } from './code-point-set.ts'
import { disagreements, matchedByTiktoken } from './testing/references.ts'

describe('case folding', () => {
  it('is an equivalence', () => {
    const wrong: number[] = []
    for (let cp = 0; cp < 0x1ffff; cp++) {
      const all = foldClass(cp)
      if (!all.includes(cp) || all.some((other) => simpleFold(other) !== simpleFold(cp))) wrong.push(cp)
    }
    expect(wrong).toEqual([])
  })

  it.each(['s', 'k', 'ß', 'Σ', 'ǆ', 'å', 'ꭰ', 'ჱ', '\u{10400}', '\u{1e900}', 'ι'])(
    'agrees with tiktoken on %s',
    (c) => {
      const set = setFromRanges(foldClass(c.codePointAt(0)!).map((cp) => [cp, cp + 1] as const))
      expect(disagreements(matchedByTiktoken, `(?i:${c})`, set)).toEqual([])
    },
  )
})

it('has lower case of all planes', () => {
  expect([0x41, 0xc9, 0x3a3, 0x130, 0x10400, 0x1e900, 0x61, 0xdf].map(toLowercase)).toEqual([
    0x61, 0xe9, 0x3c3, 0x69, 0x10428, 0x1e922, 0x61, 0xdf,
  ])
})
