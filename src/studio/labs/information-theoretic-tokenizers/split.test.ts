import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blocksOf, splitText } from './split.ts'

const unit = fc.constantFrom('a', ' ', '\n', '🙂', 'é')

describe('blocks of a text', () => {
  it('are the text when joined, and cut no character', () => {
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 6000 }), (text) => {
        const blocks = blocksOf(text)
        expect(blocks.join('')).toBe(text)
        for (const block of blocks) expect(block.isWellFormed()).toBe(true)
      }),
    )
    expect(blocksOf('x'.repeat(5000)).map(({ length }) => length)).toEqual([
      800, 800, 800, 800, 800, 800, 200,
    ])
  })
})

describe('a split', () => {
  it('trains and tests on different blocks, within the limits, from the whole text', () => {
    const text = Array.from({ length: 4000 }, (_, i) => `line ${i}\n`).join('')
    const { train, test } = splitText([text], 8000, 12_000)
    expect(train.some((block) => test.includes(block))).toBe(false)
    const chars = (blocks: readonly string[]) => blocks.join('').length
    expect(chars(train)).toBeGreaterThan(6000)
    expect(chars(train)).toBeLessThan(10_000)
    expect(chars(test)).toBeLessThan(14_000)
    expect(Number(/line (\d+)/.exec(train.at(-1)!)![1])).toBeGreaterThan(3000)
  })

  it('keeps all of a short text, and has nothing to test on in a very short one', () => {
    const text = 'a b\n'.repeat(500)
    const { train, test } = splitText([text], 1e6, 1e6)
    expect(train.join('').length + test.join('').length).toBe(text.length)
    expect(splitText(['short'], 100, 100)).toEqual({ train: ['short'], test: [] })
    expect(splitText([''], 100, 100)).toEqual({ train: [], test: [] })
  })
})
