// Which tokens look alike: by the cosine between rows of a table, by the cosine between centred pictures (the
// same numbers as a table of full width, without making one), or by how many pixels differ. Equal distances
// are given in the order of ids.
import { TesseraError } from '../../core/index.ts'
import { popcount, type BitRows } from './bit-rows.ts'

export interface Neighbour {
  /** Row of the table. */
  id: number
  /** Cosine, or number of differing pixels. */
  value: number
}

/** The `count` rows of a table `[vocab, dim]` of unit rows that are nearest to row `id`, itself left out. */
export function nearestRows(rows: Float32Array, dim: number, id: number, count: number): Neighbour[] {
  const vocab = rows.length / dim
  if (!Number.isInteger(id) || id < 0 || id >= vocab) {
    throw new TesseraError('ID_OUT_OF_RANGE', `No row ${id}`, { hint: `The table has ${vocab} rows` })
  }
  const best = new Best(count, false)
  const from = id * dim
  for (let row = 0; row < vocab; row++) {
    if (row === id) continue
    let dot = 0
    for (let i = row * dim, j = from, end = i + dim; i < end; i++, j++) dot += rows[i]! * rows[j]!
    best.offer(row, dot)
  }
  return best.list()
}

/** Pictures to be searched. */
export class PictureIndex {
  readonly pictures: BitRows
  private readonly mean: Float64Array
  private readonly meanSquare: number
  /** `[rows]` product with the mean, and length after centring. */
  private readonly withMean: Float64Array
  private readonly lengths: Float64Array

  constructor(pictures: BitRows) {
    this.pictures = pictures
    const { rows, width } = pictures
    const counts = new Float64Array(width)
    eachBit(pictures, (_, bit) => counts[bit]!++)
    this.mean = counts.map((n) => n / Math.max(rows, 1))
    this.meanSquare = this.mean.reduce((sum, m) => sum + m * m, 0)
    this.withMean = new Float64Array(rows)
    eachBit(pictures, (row, bit) => (this.withMean[row]! += this.mean[bit]!))
    const ink = pictures.ink()
    this.lengths = this.withMean.map((product, row) =>
      Math.sqrt(Math.max(0, ink[row]! - 2 * product + this.meanSquare)),
    )
  }

  /**
   * The rows whose pictures are nearest to a picture (words as in a row of `pictures`). `by`: `cosine` of the
   * centred pictures, largest first, or `pixels` that differ, fewest first. `without` leaves a row out.
   */
  nearest(
    picture: Uint32Array,
    count: number,
    by: 'cosine' | 'pixels' = 'cosine',
    without = -1,
  ): Neighbour[] {
    const { rows, stride, words } = this.pictures
    if (picture.length !== stride) {
      throw new TesseraError('ARGUMENT_INVALID', `A picture of ${picture.length} words`, {
        where: 'picture',
        hint: `The index has pictures of ${stride} words`,
      })
    }
    const best = new Best(count, by === 'pixels')
    let ink = 0
    let product = 0
    for (let w = 0; w < stride; w++) {
      ink += popcount(picture[w]!)
      for (let left = picture[w]!; left !== 0; left &= left - 1) {
        product += this.mean[32 * w + 31 - Math.clz32(left & -left)]!
      }
    }
    const length = Math.sqrt(Math.max(0, ink - 2 * product + this.meanSquare))
    for (let row = 0; row < rows; row++) {
      if (row === without) continue
      let n = 0
      const base = row * stride
      if (by === 'pixels') {
        for (let w = 0; w < stride; w++) n += popcount(words[base + w]! ^ picture[w]!)
        best.offer(row, n)
        continue
      }
      for (let w = 0; w < stride; w++) {
        const both = words[base + w]! & picture[w]!
        if (both !== 0) n += popcount(both)
      }
      const lengths = length * this.lengths[row]!
      const dot = n - product - this.withMean[row]! + this.meanSquare
      best.offer(row, lengths > 0 ? dot / lengths : 0)
    }
    return best.list()
  }
}

function eachBit({ rows, stride, words }: BitRows, take: (row: number, bit: number) => void): void {
  for (let row = 0; row < rows; row++) {
    for (let w = 0; w < stride; w++) {
      for (let left = words[row * stride + w]!; left !== 0; left &= left - 1) {
        take(row, 32 * w + 31 - Math.clz32(left & -left))
      }
    }
  }
}

/** The best few of many, in order; a short list kept sorted. */
class Best {
  private readonly found: Neighbour[] = []
  private readonly count: number
  private readonly ascending: boolean

  constructor(count: number, ascending: boolean) {
    if (!Number.isInteger(count) || count < 1 || count > 10_000) {
      throw new TesseraError('ARGUMENT_INVALID', `${count} neighbours`, {
        where: 'count',
        hint: 'Ask for 1 to 10,000',
      })
    }
    this.count = count
    this.ascending = ascending
  }

  offer(id: number, value: number): void {
    const { found, count } = this
    const before = (a: number, b: number) => (this.ascending ? a < b : a > b)
    if (found.length === count && !before(value, found[count - 1]!.value)) return
    let at = found.length === count ? count - 1 : found.length
    while (at > 0 && before(value, found[at - 1]!.value)) {
      found[at] = found[at - 1]!
      at--
    }
    found[at] = { id, value }
  }

  list(): Neighbour[] {
    return this.found
  }
}
