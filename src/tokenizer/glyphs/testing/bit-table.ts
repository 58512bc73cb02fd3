// Small tables of bits, packed and plain, of any density, with the generator that made them.
import * as fc from 'fast-check'
import { Random } from '../../../core/index.ts'
import { BitRows } from '../bit-rows.ts'

export const bitTable = fc
  .record({
    rows: fc.integer({ min: 1, max: 90 }),
    width: fc.integer({ min: 1, max: 70 }),
    seed: fc.integer(),
  })
  .map(({ rows, width, seed }) => {
    const random = new Random(seed)
    const density = random.float()
    const plain = Array.from({ length: rows }, () =>
      Uint8Array.from({ length: width }, () => (random.float() < density ? 1 : 0)),
    )
    const bits = new BitRows(rows, width)
    plain.forEach((row, i) => bits.set(i, row))
    return { plain, bits, random }
  })
