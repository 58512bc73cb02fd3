// Ways to keep matrices and to compute with them. fp32 is exact and the oracle of the others.
import { gather, matmul, type Tensor, transpose } from '../../tensor/index.ts'
import type { DType, TensorData } from '../../tensor/index.ts'

/** How a weight is used: as it is, as the matrix of a product, as rows to look up, as rows to compare with. */
export type Use = 'plain' | 'linear' | 'embed' | 'unembed'

/** An array that a weight is kept as. */
export interface ArrayLayout {
  dtype: DType
  shape: readonly number[]
}

/** By a suffix of the weight's name; equal suffixes of two uses hold the same array. */
export type Layout = Readonly<Record<string, ArrayLayout>>

export interface Precision {
  readonly name: PrecisionName
  /** Part of the key under which converted weights are kept: raised when arrays change. */
  readonly version: number
  layout(use: Use, shape: readonly number[]): Layout
  /** The arrays of `layout`. */
  convert(use: Use, values: Float32Array, shape: readonly number[]): Readonly<Record<string, TensorData>>
  /** x `[…, in]` · weight `[in, out]`. */
  linear(x: Tensor, array: (suffix: string) => Tensor): Tensor
  /** Rows of `[rows, dim]` for ids. */
  embed(ids: Tensor, array: (suffix: string) => Tensor): Tensor
  /** x `[…, dim]` · weightᵀ of `[rows, dim]`. */
  unembed(x: Tensor, array: (suffix: string) => Tensor): Tensor
}

export type PrecisionName = 'fp32' | 'int8' | 'int4'

export const PLAIN = 'plain'

/** A weight that is kept as it is. */
export function plainLayout(shape: readonly number[]): Layout {
  return { [PLAIN]: { dtype: 'float32', shape } }
}

export const fp32: Precision = {
  name: 'fp32',
  version: 1,
  layout: (_, shape) => plainLayout(shape),
  convert: (_, values) => ({ [PLAIN]: values }),
  linear: (x, array) => matmul(x, array(PLAIN)),
  embed: (ids, array) => gather(array(PLAIN), ids),
  unembed: (x, array) => matmul(x, transpose(array(PLAIN))),
}
