// Triangles: parts of matrices, and who may attend to whom.
import { type Dim, shapeText } from '../dim.ts'
import { makeNode, scalar, shapeError, type Tensor } from '../tensor.ts'
import { add, greater, or, where } from './elementwise.ts'
import { range } from './index-ops.ts'
import { unsqueeze } from './layout.ts'

const triangle =
  (upper: 0 | 1, name: string) =>
  (x: Tensor, diagonal = 0): Tensor => {
    if (x.rank < 2) throw shapeError(name, `${shapeText(x.shape)} is no matrix`)
    const output = { dtype: x.dtype, shape: x.shape }
    return makeNode('Trilu', [x, scalar(diagonal, 'int64')], [output], { attributes: { upper } })[0]!
  }

/** Matrices over the last two axes with zeros above a diagonal (0: the main one, 1: the one above). */
export const tril = triangle(0, 'Tril')
/** With zeros below a diagonal. */
export const triu = triangle(1, 'Triu')

/**
 * Attention bias `[time, time]`: 0 where a query may look (itself and before; with a `window`, so many places,
 * itself included), a large negative number elsewhere. Finite, so that a row without any place is no NaN.
 */
export function causalBias(time: Dim, window: number | null = null): Tensor {
  const query = unsqueeze(range(time), 1)
  const key = unsqueeze(range(time), 0)
  const later = greater(key, query)
  const hidden = window === null ? later : or(later, greater(query, add(key, window - 1)))
  return where(hidden, -1e9, 0)
}
