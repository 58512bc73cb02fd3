import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDims, type Dim, divDims, mulDims, sizeOf, subDims } from './dim.ts'

/** A dimension of small numbers and three names, and how it was made. */
const dims = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { depthSize: 'small' },
    fc.integer({ min: 0, max: 5 }),
    fc.constantFrom('batch', 'time', 'past'),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => mulDims(a, b)),
  ),
})).dim

const sizes = new Map([
  ['batch', 3],
  ['time', 7],
  ['past', 11],
])
const at = (dim: Dim) => sizeOf(dim, sizes)!

describe('dimensions', () => {
  test('compute as their sizes do, and equal ones are spelled alike', () => {
    fc.assert(
      fc.property(dims, dims, dims, (a, b, c) => {
        expect(at(addDims(a, b))).toBe(at(a) + at(b))
        expect(at(mulDims(a, b))).toBe(at(a) * at(b))
        expect(subDims(addDims(a, b), b)).toBe(a)
        expect(addDims(a, b)).toBe(addDims(b, a))
        expect(mulDims(a, addDims(b, c))).toBe(addDims(mulDims(a, b), mulDims(a, c)))
      }),
    )
  })

  test('divide by one term, exactly or not at all', () => {
    fc.assert(
      fc.property(dims, fc.constantFrom<Dim>('batch', 'time', 4, '2*batch'), (a, b) => {
        expect(divDims(mulDims(a, b), b)).toBe(a)
      }),
    )
    expect(divDims('batch*time', 'past')).toBeNull()
    expect(divDims('batch+1', 'batch')).toBeNull()
    expect(divDims('3*batch', 2)).toBeNull()
    expect(divDims(7, 0)).toBeNull()
  })

  test('a size is unknown while a name is', () => {
    expect(sizeOf('past+time', new Map([['past', 1]]))).toBeNull()
    expect(addDims('past', 'time')).toBe('past+time')
    expect(mulDims(4, 'batch')).toBe('4*batch')
  })
})
