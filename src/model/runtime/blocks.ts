// Few bits: weights in blocks of inputs with one scale each, multiplied by inputs that the operator quantises to eight
// bits in the same blocks (as llama.cpp's Q8_0 and Q4_0 do). A token depends on no other, products of whole
// numbers are exact on every processor, and nothing but a product is added to the graph. Embeddings are looked
// up in eight bits by row: they are read, not multiplied.
// Four bits take half the memory traffic of eight for one token; for many at a time they are slower.
import { makeNode, type Tensor, type TensorData } from '../../tensor/index.ts'
import { int8Rows } from './int8-rows.ts'
import { PLAIN, plainLayout, type Precision, type PrecisionName } from './precision.ts'

/** Inputs in eight bits; their error is far below the weights'. */
const ACCURACY_LEVEL = 4

interface BlockForm {
  name: PrecisionName
  bits: 4 | 8
  /** Inputs that share a scale, a power of two. */
  block: number
  /** Scales to try, as parts of the one that leaves no value out. */
  shrinks: readonly number[]
}

/**
 * Longer blocks take less time. At eight bits they cost next to no accuracy; at four a good choice of scales wins back
 * most of what blocks of 64 lose against 32.
 */
export const int8: Precision = blocks({ name: 'int8', bits: 8, block: 128, shrinks: [1] })
export const int4: Precision = blocks({ name: 'int4', bits: 4, block: 64, shrinks: [1, 0.9, 0.8] })

function blocks(form: BlockForm): Precision {
  const { bits, block } = form
  const multiply = (x: Tensor, array: (suffix: string) => Tensor) =>
    product(x, array('blocks'), array('blockScales'), form)
  return {
    name: form.name,
    version: 3,
    layout(use, shape) {
      if (use === 'embed') return int8Rows.layout(use, shape)
      if (use === 'plain') return plainLayout(shape)
      const [outputs, inputs] = use === 'linear' ? [shape[1]!, shape[0]!] : (shape as [number, number])
      const perRow = Math.ceil(inputs / block)
      return {
        blocks: { dtype: 'uint8', shape: [outputs, perRow, (block * bits) / 8] },
        blockScales: { dtype: 'float32', shape: [outputs * perRow] },
      }
    },
    convert(use, values, shape): Record<string, TensorData> {
      if (use === 'embed') return int8Rows.convert(use, values, shape)
      if (use === 'plain') return { [PLAIN]: values }
      const [a, b] = shape as [number, number]
      return use === 'linear' ? quantise(values, b, a, 1, b, form) : quantise(values, a, b, b, 1, form)
    },
    linear: multiply,
    embed: (ids, array) => int8Rows.embed(ids, array),
    unembed: multiply,
  }
}

function product(x: Tensor, codes: Tensor, scales: Tensor, { bits, block }: BlockForm): Tensor {
  const outputs = codes.shape[0] as number
  const inputs = x.shape.at(-1) as number
  const shape = [...x.shape.slice(0, -1), outputs]
  return makeNode('MatMulNBits', [x, codes, scales], [{ dtype: 'float32', shape }], {
    domain: 'com.microsoft',
    attributes: { K: inputs, N: outputs, bits, block_size: block, accuracy_level: ACCURACY_LEVEL },
  })[0]!
}

/**
 * Codes around the middle, at four bits two in a byte with the lower first. Element (output, input) is at `output ·
 * byOutput + input · byInput`; a last block that is not full ends in zeros.
 */
function quantise(
  values: Float32Array,
  outputs: number,
  inputs: number,
  byOutput: number,
  byInput: number,
  { bits, block, shrinks }: BlockForm,
) {
  const perRow = Math.ceil(inputs / block)
  const codes = new Uint8Array((outputs * perRow * block * bits) / 8)
  const blockScales = new Float32Array(outputs * perRow)
  const own = new Float32Array(block)
  const middle = 2 ** (bits - 1)
  for (let o = 0, b = 0; o < outputs; o++) {
    for (let from = 0; from < inputs; from += block, b++) {
      own.fill(0)
      const count = Math.min(block, inputs - from)
      for (let i = 0; i < count; i++) own[i] = values[o * byOutput + (from + i) * byInput]!
      const scale = Math.fround(bestScale(own, middle, shrinks))
      blockScales[b] = scale
      for (let i = 0; i < block; i++) {
        const code = codeOf(own[i]!, scale, middle) + middle
        const at = b * block + i
        if (bits === 8) codes[at] = code
        else codes[at >> 1]! |= code << (4 * (i & 1))
      }
    }
  }
  return { blocks: codes, blockScales }
}

/** From -middle to middle - 1. */
function codeOf(value: number, scale: number, middle: number): number {
  if (scale === 0) return 0
  return Math.max(-middle, Math.min(middle - 1, Math.round(value / scale)))
}

/**
 * The scale of the least squared error among a few. The largest one gives the value of the largest size the lowest code,
 * which is one further from zero than the highest; a smaller one cuts that value off and is finer for the others.
 */
function bestScale(values: Float32Array, middle: number, shrinks: readonly number[]): number {
  let largest = 0
  for (const value of values) if (Math.abs(value) > Math.abs(largest)) largest = value
  const whole = largest / -middle
  if (shrinks.length === 1 || whole === 0) return whole
  let best = whole
  let least = Infinity
  for (const shrink of shrinks) {
    const scale = whole * shrink
    let error = 0
    for (const value of values) error += (value - scale * codeOf(value, scale, middle)) ** 2
    if (error < least) [best, least] = [scale, error]
  }
  return best
}
