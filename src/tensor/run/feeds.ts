// What a caller feeds a program, checked before ONNX Runtime sees it: element types, lengths, and that a
// named dimension has one size wherever it occurs. A plain array needs no shape as long as it leaves one
// dimension open.
import { TesseraError } from '../../core/index.ts'
import { type Dim, shapeText, sizeOf } from '../dim.ts'
import { isArrayOf, type Tensor, type TensorData } from '../tensor.ts'

/** Data of an input: an array, or with its shape where that cannot be told from its length. */
export type Feed = TensorData | { data: TensorData; shape: readonly number[] }

export interface CheckedFeed {
  name: string
  data: TensorData
  shape: readonly number[]
}

function mismatch(name: string, tensor: Tensor, message: string): TesseraError {
  return new TesseraError('SHAPE_MISMATCH', `${message}`, { where: `input ${name} ${tensor.toString()}` })
}

/** Throws ARGUMENT_INVALID for a missing or unknown input, DTYPE_MISMATCH, SHAPE_MISMATCH. */
export function checkFeeds(
  inputs: ReadonlyMap<string, Tensor>,
  feeds: Readonly<Record<string, Feed>>,
  sizes: Map<string, number> = new Map(),
): CheckedFeed[] {
  for (const name of Object.keys(feeds)) {
    if (!inputs.has(name)) {
      throw new TesseraError('ARGUMENT_INVALID', `The program has no input ${JSON.stringify(name)}`, {
        hint: `It has: ${[...inputs.keys()].join(', ')}`,
      })
    }
  }
  const learn = (name: string, tensor: Tensor, dim: Dim, size: number) => {
    if (typeof dim === 'number' ? dim !== size : sizes.has(dim) && sizes.get(dim) !== size) {
      const known = typeof dim === 'number' ? '' : `, which is ${sizes.get(dim)} elsewhere`
      throw mismatch(name, tensor, `${size} where the dimension is ${dim}${known}`)
    }
    if (typeof dim === 'string') sizes.set(dim, size)
  }
  // Given shapes first: they settle names that plain arrays then leave open no more.
  const entries = [...inputs].map(([name, tensor]) => {
    const feed = feeds[name]
    if (feed === undefined) {
      throw new TesseraError('ARGUMENT_INVALID', `The input ${JSON.stringify(name)} is missing`, {
        where: tensor.toString(),
      })
    }
    const data = 'shape' in feed ? feed.data : feed
    if (!isArrayOf(tensor.dtype, data)) {
      throw new TesseraError('DTYPE_MISMATCH', `The input ${name} is ${tensor.dtype}`, {
        where: `a ${(data as object).constructor.name} was given`,
      })
    }
    const shape = 'shape' in feed ? feed.shape : null
    if (shape) {
      if (shape.length !== tensor.rank) throw mismatch(name, tensor, `${shapeText(shape)} has another rank`)
      for (const [i, size] of shape.entries()) learn(name, tensor, tensor.shape[i]!, size)
    }
    return { name, tensor, data, shape }
  })
  // A plain array tells one open dimension by its length; going on until none is told settles chains of them.
  for (let told = true; told;) {
    told = false
    for (const { name, tensor, data, shape } of entries) {
      if (shape) continue
      const open = new Set(tensor.shape.filter((dim) => sizeOf(dim, sizes) === null))
      const [dim] = open
      if (open.size !== 1 || typeof dim !== 'string') continue
      const times = tensor.shape.filter((other) => other === dim).length
      const known = tensor.shape.reduce<number>((n, other) => n * (sizeOf(other, sizes) ?? 1), 1)
      const size = Math.round((data.length / known) ** (1 / times))
      if (known === 0 || size ** times * known !== data.length) {
        throw mismatch(name, tensor, `${data.length} elements do not fill it`)
      }
      learn(name, tensor, dim, size)
      told = true
    }
  }
  return entries.map(({ name, tensor, data, shape }) => {
    const resolved = (shape ?? tensor.shape.map((dim) => sizeOf(dim, sizes))) as (number | null)[]
    const open = tensor.shape.filter((_, i) => resolved[i] === null)
    if (open.length > 0) {
      throw new TesseraError('DIM_UNKNOWN', `The size of ${open.join(', ')} cannot be told`, {
        where: `input ${name} ${tensor.toString()}`,
        hint: 'Feed { data, shape }',
      })
    }
    const length = resolved.reduce<number>((n, size) => n * size!, 1)
    if (length !== data.length) {
      throw mismatch(name, tensor, `${data.length} elements do not fill ${shapeText(resolved as number[])}`)
    }
    return { name, data, shape: resolved as number[] }
  })
}
