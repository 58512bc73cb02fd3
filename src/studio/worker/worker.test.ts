import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { differences } from './differences.ts'

const cutAt = (ends: readonly number[]) => Uint32Array.from(ends)

describe('differences', () => {
  it('finds the stretches that are cut differently', () => {
    const a = cutAt([2, 5, 6, 9])
    const b = cutAt([2, 3, 6, 9])
    const found = differences([a, b])
    expect(found.total).toBe(1)
    expect(found.first).toEqual([
      {
        start: 2,
        end: 6,
        tokens: [
          [1, 3],
          [1, 3],
        ],
      },
    ])
    expect(found.marks.map((m) => Array.from(m))).toEqual([
      [0, 1, 1, 0],
      [0, 1, 1, 0],
    ])
  })

  it('finds none where all cut alike, and ignores tokens that cover nothing', () => {
    expect(differences([cutAt([2, 5]), cutAt([2, 5])]).total).toBe(0)
    expect(differences([cutAt([2, 5]), cutAt([0, 2, 5, 5])]).total).toBe(0)
  })

  it('ends when one tokenizer covers less than another', () => {
    const found = differences([cutAt([2, 5, 9]), cutAt([2])])
    expect(found.marks.map((m) => Array.from(m))[0]).toEqual([0, 1, 1])
    expect(differences([cutAt([]), cutAt([1, 2])]).total).toBeGreaterThan(0)
    expect(differences([cutAt([]), cutAt([])]).total).toBe(0)
  })

  it('agrees with the plain definition: a token is shared when all have it', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 39 }), { maxLength: 30 })
    fc.assert(
      fc.property(fc.array(cuts, { minLength: 2, maxLength: 4 }), (all) => {
        const cut = all.map((ends) => cutAt([...ends, 40].sort((x, y) => x - y)))
        const found = differences(cut)
        for (const [k, one] of cut.entries()) {
          for (let i = 0; i < one.length; i++) {
            const shared = cut.every((other) =>
              other.some((end, j) => end === one[i] && (other[j - 1] ?? 0) === (one[i - 1] ?? 0)),
            )
            expect(found.marks[k]![i]).toBe(shared ? 0 : 1)
          }
        }
      }),
    )
  })
})
