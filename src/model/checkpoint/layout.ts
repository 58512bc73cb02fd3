// Between the tensors of a Hugging Face checkpoint and a family's own weights: stored `[out, in]` there and
// `[in, out]` here, with those that are used together side by side.
import { TesseraError } from '../../core/index.ts'
import type { WeightSource } from '../families/family.ts'

/** A stored tensor and its shape. */
export interface Stored {
  shape: readonly number[]
  values: Float32Array
}

/** Shape of each stored tensor of a weight `[…, columns]` of ours. */
export function storedShapes(source: WeightSource, shape: readonly number[]): readonly number[][] {
  const columns = shape.at(-1)!
  return source.names.map((_, i) => {
    const width = source.widths?.[i] ?? columns / source.names.length
    return source.transposed ? [width, ...shape.slice(0, -1)] : [...shape.slice(0, -1), width]
  })
}

/** Our weight out of its stored parts, whose shapes are `storedShapes`. */
export function joined(
  source: WeightSource,
  shape: readonly number[],
  parts: readonly Stored[],
): Float32Array {
  if (parts.length === 1 && !source.transposed) return parts[0]!.values
  const columns = shape.at(-1)!
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1)
  const values = new Float32Array(rows * columns)
  let at = 0
  for (const [i, { values: stored }] of parts.entries()) {
    const width = source.widths?.[i] ?? columns / parts.length
    for (let row = 0; row < rows; row++) {
      const start = row * columns + at
      if (source.transposed) for (let c = 0; c < width; c++) values[start + c] = stored[c * rows + row]!
      else values.set(stored.subarray(row * width, (row + 1) * width), start)
    }
    at += width
  }
  return values
}

/** The reverse of `joined`: one stored part. */
export function part(
  source: WeightSource,
  shape: readonly number[],
  values: Float32Array,
  index: number,
): Float32Array {
  if (source.names.length === 1 && !source.transposed) return values
  const columns = shape.at(-1)!
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1)
  const widths = source.names.map((_, i) => source.widths?.[i] ?? columns / source.names.length)
  const at = widths.slice(0, index).reduce((sum, width) => sum + width, 0)
  const width = widths[index]!
  const stored = new Float32Array(rows * width)
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < width; c++) {
      stored[source.transposed ? c * rows + row : row * width + c] = values[row * columns + at + c]!
    }
  }
  return stored
}

/** Throws SHAPE_MISMATCH with both shapes. */
export function checkStored(
  name: string,
  found: readonly number[],
  wanted: readonly number[],
  where: string,
): void {
  if (found.join() === wanted.join()) return
  throw new TesseraError(
    'SHAPE_MISMATCH',
    `${name} is [${found.join(', ')}]; the config asks for [${wanted.join(', ')}]`,
    {
      where,
      hint: 'config.json and the weights are of different models',
    },
  )
}
