// Between the tensors of a checkpoint and a family's own weights: stored `[out, in]` there and `[in, out]` here,
// with those that are used together side by side.
import type { ParameterSpecs } from '../../tensor/index.ts'
import type { WeightSource } from '../families/family.ts'

/** A stored tensor and its shape. */
interface Stored {
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
function part(
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

/** A tensor to be written; its values are asked for when their turn comes, so that one is in memory at a time. */
export interface TensorToWrite {
  name: string
  shape: readonly number[]
  values(): Promise<Float32Array>
}

/** What a checkpoint's weights are as stored tensors, in order. */
export function storedTensors(
  sources: Readonly<Record<string, WeightSource>>,
  parameters: ParameterSpecs,
  weight: (name: string) => Promise<Float32Array>,
): TensorToWrite[] {
  // Parts of one weight are written one after another: it is read once for all of them.
  let last: { name: string; values: Promise<Float32Array> } | null = null
  const read = (name: string) => {
    if (last?.name !== name) last = { name, values: weight(name) }
    return last.values
  }
  return Object.entries(sources).flatMap(([name, source]) => {
    const { shape } = parameters[name]!
    return storedShapes(source, shape).map((stored, i) => ({
      name: source.names[i]!,
      shape: stored,
      values: async () => part(source, shape, await read(name), i),
    }))
  })
}
