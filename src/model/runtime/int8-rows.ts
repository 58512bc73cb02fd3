// Eight bits where the runtime has no fast product of blocks (WebAssembly): weights as bytes around 128 with one scale
// per output, inputs quantised when they come, one scale per row (Dettmers et al. 2022, LLM.int8(), section 2.1:
// vector-wise). A scale per row costs a tenth more than one for all rows, but a single token with large activations
// (the first one usually, Sun et al. 2024) would take the bits from all others, and a token would depend on
// what is computed beside it. Unsigned weights, because AVX2's product of unsigned by signed bytes saturates.
import {
  abs,
  add,
  cast,
  expand,
  gather,
  makeNode,
  max,
  mul,
  scalar,
  type Tensor,
  type TensorData,
  unsqueeze,
} from '../../tensor/index.ts'
import { PLAIN, plainLayout, type Precision } from './precision.ts'

const ZERO = 128

/** Rows of zeros have no scale. */
const LEAST_SCALE = 1e-30

export const int8Rows: Precision = {
  name: 'int8',
  version: 1,
  layout(use, shape) {
    const [rows, columns] = shape as [number, number]
    if (use === 'linear') {
      return { bytes: { dtype: 'uint8', shape }, scales: { dtype: 'float32', shape: [columns] } }
    }
    if (use === 'embed') {
      return { rows: { dtype: 'int8', shape }, rowScales: { dtype: 'float32', shape: [rows] } }
    }
    if (use === 'unembed') {
      return {
        head: { dtype: 'uint8', shape: [columns, rows] },
        rowScales: { dtype: 'float32', shape: [rows] },
      }
    }
    return plainLayout(shape)
  },
  convert(use, values, shape): Record<string, TensorData> {
    const [rows, columns] = shape as [number, number]
    if (use === 'plain') return { [PLAIN]: values }
    if (use === 'linear') return quantiseColumns(values, rows, columns)
    const rowScales = scalesOfRows(values, rows, columns)
    if (use === 'embed') {
      const bytes = new Int8Array(values.length)
      for (let i = 0; i < values.length; i++)
        bytes[i] = quantised(values[i]!, rowScales[Math.floor(i / columns)]!)
      return { rows: bytes, rowScales }
    }
    const head = new Uint8Array(values.length)
    for (let r = 0, i = 0; r < rows; r++) {
      const scale = rowScales[r]!
      for (let c = 0; c < columns; c++, i++) head[c * rows + r] = ZERO + quantised(values[i]!, scale)
    }
    return { head, rowScales }
  },
  linear: (x, array) => product(x, array('bytes'), array('scales')),
  embed(ids, array) {
    const rows = cast(gather(array('rows'), ids), 'float32')
    return mul(rows, unsqueeze(gather(array('rowScales'), ids), -1))
  },
  unembed: (x, array) => product(x, array('head'), array('rowScales')),
}

/** x `[…, in]` · bytes `[in, out]` with scales `[out]`. */
function product(x: Tensor, bytes: Tensor, scales: Tensor): Tensor {
  const [size, outputs] = bytes.shape as [number, number]
  const scale = add(mul(max(abs(x), [-1], { keep: true }), 1 / 127), LEAST_SCALE)
  const zero = scalar(ZERO, 'uint8')
  const rows = makeNode(
    'QuantizeLinear',
    [x, scale, expand(zero, scale.shape)],
    [{ dtype: 'uint8', shape: x.shape }],
    {
      attributes: { axis: x.rank - 1, block_size: size },
    },
  )[0]!
  const shape = [...x.shape.slice(0, -1), outputs]
  const sums = makeNode(
    'MatMulIntegerToFloat',
    [rows, bytes, scalar(1), scales, zero, zero],
    [{ dtype: 'float32', shape }],
    {
      domain: 'com.microsoft',
    },
  )[0]!
  return mul(sums, scale)
}

function quantised(value: number, scale: number): number {
  return scale > 0 ? Math.round(value / scale) : 0
}

function quantiseColumns(values: Float32Array, rows: number, columns: number) {
  const scales = new Float32Array(columns)
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) {
      const size = Math.abs(values[i]!)
      if (size > scales[c]!) scales[c] = size
    }
  }
  for (let c = 0; c < columns; c++) scales[c]! /= 127
  const bytes = new Uint8Array(values.length)
  for (let r = 0, i = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++, i++) bytes[i] = ZERO + quantised(values[i]!, scales[c]!)
  }
  return { bytes, scales }
}

function scalesOfRows(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows }, (_, r) => {
    let largest = 0
    for (let i = r * columns; i < (r + 1) * columns; i++) largest = Math.max(largest, Math.abs(values[i]!))
    return largest / 127
  })
}
