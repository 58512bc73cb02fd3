import * as fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadTokenizer, type Tokenizer } from '../../tokenizer/index.ts'
import { shortestEncodings } from './encodings.ts'
import { SpellingMask } from './spelling-mask.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer('gpt2')
})

/** The first token of a sequence that the mask forbids, or -1. */
function forbiddenAt(mask: SpellingMask, ids: ArrayLike<number>): number {
  let state = mask.start
  for (let i = 0; i < ids.length; i++) {
    if (mask.forbids(state, ids[i]!)) return i
    state = mask.step(state, ids[i]!)
  }
  return -1
}

describe('the mask of a word', () => {
  test('lets no spelling through, with any blank before it, and forbids only its last token', () => {
    for (const word of ['cat', 'über', 'don’t', '🙂']) {
      const mask = new SpellingMask(tokenizer, word)
      for (const text of [word, ` ${word}`, `\n${word}`]) {
        for (const ids of shortestEncodings(tokenizer, text, 500)) {
          expect(forbiddenAt(mask, ids)).toBe(ids.length - 1)
        }
      }
    }
  })

  test('leaves every other text alone', () => {
    const letters = fc.string({
      unit: fc.constantFrom('c', 'a', 't', 's', ' ', 'x'),
      minLength: 1,
      maxLength: 6,
    })
    const mask = new SpellingMask(tokenizer, 'cat')
    fc.assert(
      fc.property(letters, (text) => {
        const spelled = ['cat', ' cat', '\ncat'].some((one) => text.startsWith(one))
        for (const ids of shortestEncodings(tokenizer, text, 30)) {
          const at = forbiddenAt(mask, ids)
          const until = tokenizer.decode(ids.slice(0, at + 1))
          if (at >= 0) expect(['cat', ' cat', '\ncat']).toContain(until)
          if (!spelled) expect(at).toBe(-1)
        }
      }),
    )
  })

  test('an empty word forbids nothing', () => {
    const mask = new SpellingMask(tokenizer, '')
    expect(mask.forbids(mask.start, tokenizer.encode(' ')[0]!)).toBe(false)
  })
})
