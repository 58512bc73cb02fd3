// Weighted words as one array of symbols that shrinks in place while pairs are merged.
// There are no links: a token that spans several cells has its id in its first and in its last cell, and
// the number of cells is known from the id, so both neighbours are found by arithmetic. 4 bytes a symbol.
import { TesseraError } from '../../core/index.ts'

/** Distinct words (or longer sequences) and how often each occurs. */
export interface WeightedWords {
  /** All symbols, word after word. */
  symbols: Uint8Array | Uint16Array | Uint32Array | Int32Array
  /** `[words + 1]`: word `i` is `symbols[offsets[i] .. offsets[i + 1]]`. */
  offsets: ArrayLike<number>
  /** `[words]` how often each word occurs; positive. */
  weights: ArrayLike<number>
  /** Token id of each symbol value; default: a symbol is its own id. -1 leaves the symbol out. */
  idOf?: Int32Array | Uint32Array
}

/** Token ids, in as few bytes as the vocabulary allows: the speed of training is that of its memory. */
export type Cells = Uint16Array | Int32Array

export class PackedWords {
  /** `edge`, then the cells of each word followed by `edge`. Words in order of falling weight. */
  readonly cells: Cells
  /** Stands before, between and after words: one above the largest id. */
  readonly edge: number
  /** A cell inside a token of three or more cells. */
  readonly inside: number
  /** Words of equal weight stand together: class of the cell `16 * i`, end of each class, its weight. */
  private readonly classAt: Int32Array
  private readonly classEnd: Float64Array
  private readonly classWeight: Float64Array

  /** Throws ARGUMENT_INVALID for a weight that is not a positive number or a symbol outside `[0, ids)`. */
  constructor(words: WeightedWords, ids: number, vocabSize: number) {
    const { symbols, offsets, weights, idOf } = words
    const count = weights.length
    const order = byFallingWeight(weights)
    this.edge = vocabSize
    this.inside = vocabSize + 1
    const most = offsets[count]! - offsets[0]! + count + 1
    const cells: Cells = vocabSize + 2 <= 2 ** 16 ? new Uint16Array(most) : new Int32Array(most)
    const ends: number[] = []
    const classWeights: number[] = []
    let at = 0
    cells[at++] = this.edge
    for (let i = 0; i < count; i++) {
      const word = order[i]!
      const weight = weights[word]!
      if (classWeights[classWeights.length - 1] !== weight) {
        if (classWeights.length > 0) ends.push(at)
        classWeights.push(weight)
      }
      const to = offsets[word + 1]!
      const start = at
      for (let from = offsets[word]!; from < to; from++) {
        const value = symbols[from]!
        const id = idOf ? (idOf[value] ?? ids) : value
        if (id < 0) continue
        if (!(id < ids)) {
          throw new TesseraError('ARGUMENT_INVALID', `Symbol ${value} has no token`, {
            where: `word ${word}`,
            hint: 'Every symbol needs an id below the number of initial tokens',
          })
        }
        cells[at++] = id
      }
      // A word of one symbol has no pair, now or later.
      if (at - start < 2) at = start
      else cells[at++] = this.edge
    }
    ends.push(at)
    this.cells = at < cells.length ? cells.subarray(0, at) : cells
    this.classEnd = Float64Array.from(ends)
    this.classWeight = Float64Array.from(classWeights.length > 0 ? classWeights : [0])
    this.classAt = new Int32Array((at >> 4) + 1)
    for (let block = 0, c = 0; block < this.classAt.length; block++) {
      while (c + 1 < ends.length && ends[c]! <= block * 16) c++
      this.classAt[block] = c
    }
  }

  /** Weight of the word that a cell belongs to. */
  weightAt(cell: number): number {
    let c = this.classAt[cell >> 4]!
    while (this.classEnd[c]! <= cell) c++
    return this.classWeight[c]!
  }
}

function byFallingWeight(weights: ArrayLike<number>): Uint32Array {
  const count = weights.length
  let heaviest = 0
  for (let i = 0; i < count; i++) {
    const weight = weights[i]!
    if (!(weight > 0 && weight <= Number.MAX_SAFE_INTEGER)) {
      throw new TesseraError('ARGUMENT_INVALID', `Weight ${weight}`, {
        where: `word ${i}`,
        hint: 'A weight is a positive count',
      })
    }
    if (weight > heaviest) heaviest = weight
  }
  const order = new Uint32Array(count)
  if (heaviest * count + count < Number.MAX_SAFE_INTEGER && weightsAreWhole(weights)) {
    // Weight and number in one float: sorted natively, without a comparison function.
    const keys = new Float64Array(count)
    for (let i = 0; i < count; i++) keys[i] = (heaviest - weights[i]!) * count + i
    keys.sort()
    for (let i = 0; i < count; i++) order[i] = keys[i]! % count
    return order
  }
  for (let i = 0; i < count; i++) order[i] = i
  return order.sort((a, b) => weights[b]! - weights[a]! || a - b)
}

function weightsAreWhole(weights: ArrayLike<number>): boolean {
  for (let i = 0; i < weights.length; i++) if (!Number.isInteger(weights[i])) return false
  return true
}
