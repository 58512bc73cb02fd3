// Four bits: weights in blocks of 32 inputs with one scale each (llama.cpp's Q4_0), multiplied by inputs that the
// operator quantises to eight bits in the same blocks. Embeddings are looked up in eight bits: their rows are
// read, not multiplied, so that the bits cost no time. A third of int8's memory traffic for one token, but more
// work for many at a time.
import { makeNode, type Tensor } from '../../tensor/index.ts'
import { int8 } from './int8.ts'
import { PLAIN, plainLayout, type Precision } from './precision.ts'

const BLOCK = 32
/** The code of zero. */
const ZERO = 8
/** Inputs in eight bits; their error is far below the weights'. */
const ACCURACY_LEVEL = 4

export const int4: Precision = {
  name: 'int4',
  version: 1,
  layout(use, shape) {
    if (use === 'embed') return int8.layout(use, shape)
    if (use === 'plain') return plainLayout(shape)
    const [outputs, inputs] = use === 'linear' ? [shape[1]!, shape[0]!] : (shape as [number, number])
    const blocks = Math.ceil(inputs / BLOCK)
    return {
      blocks: { dtype: 'uint8', shape: [outputs, blocks, BLOCK / 2] },
      blockScales: { dtype: 'float32', shape: [outputs * blocks] },
    }
  },
  convert(use, values, shape) {
    if (use === 'embed') return int8.convert(use, values, shape)
    if (use === 'plain') return { [PLAIN]: values }
    const [a, b] = shape as [number, number]
    return use === 'linear' ? quantiseBlocks(values, b, a, 1, b) : quantiseBlocks(values, a, b, b, 1)
  },
  linear: (x, array) => product(x, array('blocks'), array('blockScales')),
  embed: (ids, array) => int8.embed(ids, array),
  unembed: (x, array) => product(x, array('blocks'), array('blockScales')),
}

function product(x: Tensor, blocks: Tensor, scales: Tensor): Tensor {
  const outputs = blocks.shape[0] as number
  const inputs = x.shape.at(-1) as number
  return makeNode(
    'MatMulNBits',
    [x, blocks, scales],
    [{ dtype: 'float32', shape: [...x.shape.slice(0, -1), outputs] }],
    {
      domain: 'com.microsoft',
      attributes: { K: inputs, N: outputs, bits: 4, block_size: BLOCK, accuracy_level: ACCURACY_LEVEL },
    },
  )[0]!
}

/**
 * Codes 0 … 15 around 8, two in a byte with the lower first. The scale is such that the value of the largest size is
 * -8, which four bits have and +8 they have not. Element (output, input) is at `output · byOutput + input ·
 * byInput`; a last block that is not full ends in zeros.
 */
function quantiseBlocks(
  values: Float32Array,
  outputs: number,
  inputs: number,
  byOutput: number,
  byInput: number,
) {
  const perRow = Math.ceil(inputs / BLOCK)
  const blocks = new Uint8Array((outputs * perRow * BLOCK) / 2)
  const blockScales = new Float32Array(outputs * perRow)
  for (let o = 0, b = 0; o < outputs; o++) {
    for (let from = 0; from < inputs; from += BLOCK, b++) {
      const to = Math.min(inputs, from + BLOCK)
      let largest = 0
      for (let i = from; i < to; i++) {
        const value = values[o * byOutput + i * byInput]!
        if (Math.abs(value) > Math.abs(largest)) largest = value
      }
      const scale = largest / -ZERO
      blockScales[b] = scale
      for (let i = 0; i < BLOCK; i++) {
        const value = from + i < to && scale !== 0 ? values[o * byOutput + (from + i) * byInput]! / scale : 0
        const code = Math.min(15, Math.round(value) + ZERO)
        blocks[(b * BLOCK + i) >> 1]! |= code << (4 * (i & 1))
      }
    }
  }
  return { blocks, blockScales }
}
