// Convolution along time and its transpose. The gradient of either by its input is the other one; by the weights
// it is a matrix product for each place of the kernel.
import { addDims, type Dim, divDims, elements, mulDims, shapeText, subDims } from '../dim.ts'
import { dtypeError, type GraphNode, makeNode, shapeError, type Tensor } from '../tensor.ts'
import { matmul } from './contract.ts'
import { concat, pad, reshape, slice, transpose, unsqueeze } from './layout.ts'

export interface ConvOptions {
  /** Default 1. */
  stride?: number
  /** Places between neighbours of the kernel. Default 1. */
  dilation?: number
  /** Zeros `[before, after]` of the input; a causal convolution has `[(size - 1) · dilation, 0]`. Default none. */
  padding?: readonly [number, number]
  /** Channels are convolved in so many groups, each by itself. Default 1. */
  groups?: number
}

type Settings = Required<ConvOptions>

function settingsOf(op: string, options: ConvOptions, x: Tensor, weight: Tensor): Settings {
  const { stride = 1, dilation = 1, padding = [0, 0], groups = 1 } = options
  if (x.dtype !== 'float32' || weight.dtype !== 'float32') {
    throw dtypeError(op, `takes float32, not ${x.dtype} and ${weight.dtype}`)
  }
  const whole = [stride, dilation, groups].every((n) => Number.isInteger(n) && n > 0)
  const numbers = weight.shape.every((size) => typeof size === 'number')
  if (!whole || !numbers || padding.some((n) => !Number.isInteger(n) || n < 0)) {
    throw shapeError(op, `${shapeText(weight.shape)} with ${JSON.stringify(options)}`)
  }
  return { stride, dilation, padding, groups }
}

/** Places that a kernel of so many covers. */
const reach = (size: number, dilation: number) => (size - 1) * dilation + 1

function attributesOf(size: number, { stride, dilation, padding, groups }: Settings) {
  return {
    kernel_shape: [size],
    strides: [stride],
    dilations: [dilation],
    pads: [...padding],
    group: groups,
  }
}

/**
 * x `[batch, channels, time]` by weight `[out, channels / groups, size]` → `[batch, out, time']`, as correlation
 * (the kernel is not turned around). Throws SHAPE_MISMATCH.
 */
export function conv1d(x: Tensor, weight: Tensor, options: ConvOptions = {}): Tensor {
  const settings = settingsOf('Conv', options, x, weight)
  const [out, channels, size] = weight.shape as [number, number, number]
  const fits = x.rank === 3 && weight.rank === 3 && x.shape[1] === channels * settings.groups
  if (!fits || out % settings.groups !== 0) {
    throw shapeError(
      'Conv',
      `${shapeText(x.shape)} by ${shapeText(weight.shape)} in ${settings.groups} groups`,
    )
  }
  const [before, after] = settings.padding
  const span = addDims(x.shape[2]!, before + after - reach(size, settings.dilation))
  const steps = typeof span === 'number' ? Math.floor(span / settings.stride) : divDims(span, settings.stride)
  if (steps === null || (typeof steps === 'number' && steps < 0)) {
    throw shapeError('Conv', `a kernel of ${size} by steps of ${settings.stride} in ${shapeText(x.shape)}`)
  }
  const shape = [x.shape[0]!, out, addDims(steps, 1)]
  const attributes = attributesOf(size, settings)
  return makeNode('Conv', [x, weight], [{ dtype: x.dtype, shape }], { attributes })[0]!
}

/**
 * The transpose of `conv1d` with the same weight and options: x `[batch, out, time']` → `[batch, channels, time]`,
 * each element spread over the places that it was gathered from. `time`: of the result, where the stride leaves
 * it open. Throws SHAPE_MISMATCH.
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  { time, ...options }: ConvOptions & { time?: Dim } = {},
): Tensor {
  const settings = settingsOf('ConvTranspose', options, x, weight)
  const [out, channels, size] = weight.shape as [number, number, number]
  if (x.rank !== 3 || weight.rank !== 3 || x.shape[1] !== out || out % settings.groups !== 0) {
    throw shapeError('ConvTranspose', `${shapeText(x.shape)} by ${shapeText(weight.shape)}`)
  }
  const [before, after] = settings.padding
  const covered = addDims(
    mulDims(subDims(x.shape[2]!, 1), settings.stride),
    reach(size, settings.dilation) - before - after,
  )
  const extra = time === undefined ? 0 : subDims(time, covered)
  if (typeof extra !== 'number' || extra < 0 || extra >= settings.stride) {
    throw shapeError('ConvTranspose', `${shapeText(x.shape)} gives ${covered} places, not ${time}`)
  }
  const shape = [x.shape[0]!, channels * settings.groups, addDims(covered, extra)]
  const attributes = { ...attributesOf(size, settings), output_padding: [extra] }
  return makeNode('ConvTranspose', [x, weight], [{ dtype: x.dtype, shape }], { attributes })[0]!
}

function optionsOf({ attributes }: GraphNode): Settings {
  const list = (name: string) => attributes[name] as readonly number[]
  return {
    stride: list('strides')[0]!,
    dilation: list('dilations')[0]!,
    padding: [list('pads')[0]!, list('pads')[1]!],
    groups: attributes.group as number,
  }
}

/** Σ over batch and time of wide `[batch, channels, time]` at each kernel place × narrow `[batch, out, time']`. */
function weightGradient(wide: Tensor, narrow: Tensor, weight: Tensor, settings: Settings): Tensor {
  const [out, channels, size] = weight.shape as [number, number, number]
  const { stride, dilation, padding, groups } = settings
  const steps = narrow.shape[2]!
  const padded = pad(wide, 2, ...padding)
  const places = elements([narrow.shape[0]!, steps])
  const grouped = (x: Tensor, width: number) => reshape(transpose(x, [1, 0, 2]), [groups, width, places])
  const gradient = grouped(narrow, out / groups)
  const products = Array.from({ length: size }, (_, k) => {
    const end = addDims(mulDims(subDims(steps, 1), stride), k * dilation + 1)
    const seen = grouped(slice(padded, 2, k * dilation, end, stride), channels)
    return unsqueeze(reshape(matmul(gradient, transpose(seen)), [out, channels]), -1)
  })
  return concat(products, 2)
}

/** Gradients of Conv's input and weight. */
export function convGradient(node: GraphNode, gradient: Tensor): readonly Tensor[] {
  const [x, weight] = node.inputs as [Tensor, Tensor]
  const settings = optionsOf(node)
  return [
    convTranspose1d(gradient, weight, { ...settings, time: x.shape[2]! }),
    weightGradient(x, gradient, weight, settings),
  ]
}

/** Gradients of ConvTranspose's input and weight. */
export function convTransposeGradient(node: GraphNode, gradient: Tensor): readonly Tensor[] {
  const [x, weight] = node.inputs as [Tensor, Tensor]
  const settings = optionsOf(node)
  return [conv1d(gradient, weight, settings), weightGradient(gradient, x, weight, settings)]
}
