// Frozen visual embeddings (Bochkov 2025, arXiv 2507.04886; specification part B): every token's picture as a
// row of bits, centred, turned onto the principal components of all pictures, made a unit vector. Nothing is
// learned and no text is read. With as many dimensions as pixels the turn is a rotation, so cosines between
// rows are those between the centred pictures; only with fewer is something lost.
import { TesseraError, type LongWork } from '../../core/index.ts'
import { BitRows } from './bit-rows.ts'
import { covarianceOf } from './covariance.ts'
import type { GlyphFont } from './font.ts'
import { Pace } from '../pace.ts'
import { Painter, pictureSettings, type PictureOptions } from './picture.ts'
import { polarOrder } from './polar.ts'
import { projected } from './project.ts'
import { symmetricEigen } from './symmetric-eigen.ts'

export interface GlyphTableOptions extends PictureOptions, LongWork {
  /** Dimensions of a row; at most size². Default: size², without loss. */
  dim?: number
}

export interface GlyphTable {
  /** `[tokens * dim]`, rows of length 1; a row without direction (see `flat`) is zero. */
  rows: Float32Array
  dim: number
  /** `[size²]` variance along each principal component, descending, in squared pixels. */
  variances: Float64Array
  /** Rows that the kept components do not see at all: their length could not be made 1. */
  flat: number
}

/** `[tokens, size²]` bits in the paper's polar order. Throws ARGUMENT_INVALID, CANCELLED. */
export async function tokenPictures(
  tokens: readonly string[],
  font: GlyphFont,
  options: PictureOptions & LongWork = {},
): Promise<BitRows> {
  const painter = new Painter(font, options)
  const order = polarOrder(painter.size)
  const bits = new BitRows(tokens.length, painter.size * painter.size)
  const pace = new Pace(options)
  for (const [i, token] of tokens.entries()) {
    if (pace.due()) await pace.rest({ stage: 'drawing', done: i, total: tokens.length, unit: 'items' })
    bits.set(i, painter.paint(token), order)
  }
  return bits
}

/**
 * The table as a model takes it: `[tokens, dim]`, row after row, each of length 1. The same tokens, font and
 * options give the same bytes. Throws ARGUMENT_INVALID, CANCELLED.
 */
export async function glyphTable(
  tokens: readonly string[],
  font: GlyphFont,
  options: GlyphTableOptions = {},
): Promise<Float32Array> {
  dimOf(options)
  return (await tableOfPictures(await tokenPictures(tokens, font, options), options)).rows
}

/** As `glyphTable`, from pictures that exist already, and with what the components keep. */
export async function tableOfPictures(
  pictures: BitRows,
  options: { dim?: number } & LongWork = {},
): Promise<GlyphTable> {
  const { width } = pictures
  const dim = options.dim ?? width
  if (!Number.isInteger(dim) || dim < 1 || dim > width) throw badDim(dim, width)
  if (pictures.rows === 0) {
    throw new TesseraError('ARGUMENT_INVALID', 'There are no tokens', { where: 'tokens' })
  }
  const { mean, matrix } = await covarianceOf(pictures, options)
  const { values, vectors } = await symmetricEigen(matrix, width, dim, options)
  if (!(values[0]! > 1e-12)) {
    throw new TesseraError(
      'ARGUMENT_INVALID',
      'All pictures are equal: there is no direction to tell apart',
      {
        where: 'tokens',
        hint: 'Give tokens that look different',
      },
    )
  }
  const { rows, flat } = await projected(pictures, mean, vectors, dim, options)
  // Rounding leaves variances of nothing at a few 1e-17 to either side of zero.
  return { rows, dim, variances: values.map((value) => Math.max(0, value)), flat }
}

/** Share of the variance that the first `dim` components keep. */
export function varianceKept(variances: Float64Array, dim: number): number {
  const sum = (to: number) => variances.subarray(0, to).reduce((total, value) => total + value, 0)
  return sum(dim) / sum(variances.length)
}

/** The dimensions that options ask for. Throws ARGUMENT_INVALID, before anything is drawn. */
export function dimOf(options: GlyphTableOptions): number {
  const { size } = pictureSettings(options)
  const dim = options.dim ?? size * size
  if (!Number.isInteger(dim) || dim < 1 || dim > size * size) throw badDim(dim, size * size)
  return dim
}

function badDim(dim: number, most: number): TesseraError {
  return new TesseraError('ARGUMENT_INVALID', `A table of ${dim} dimensions`, {
    where: 'dim',
    hint: `Choose a whole number from 1 to ${most}, the pixels of a picture`,
  })
}
