// The parameters of a model: named tensors that lie one after the other in one flat array, so that copying,
// saving and averaging them is one operation, and each is fed to a graph as a view without a copy.
import { Random, TesseraError } from '../../core/index.ts'
import type { Feed } from '../run/feeds.ts'

/** How a parameter begins: a constant, or normally distributed around 0. */
export type Initial = { constant: number } | { deviation: number }

export interface ParameterSpec {
  shape: readonly number[]
  initial: Initial
  /** Whether weight decay pulls on it. Default: matrices yes, vectors (gains, biases) no. */
  decay?: boolean
  /**
   * A matrix between two layers, for optimisers that treat those apart (Muon): so many matrices of equal width
   * lie side by side in it. Default 0: an embedding, an output layer, a vector.
   */
  hidden?: number
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>

export interface ParameterView {
  name: string
  shape: readonly number[]
  decay: boolean
  hidden: number
  /** Elements `[start, end)` of the flat array. */
  start: number
  end: number
}

export class Parameters {
  readonly views: readonly ParameterView[]
  readonly count: number
  readonly values: Float32Array

  /** Throws ARGUMENT_INVALID when `values` has another length than the specs need. */
  constructor(specs: ParameterSpecs, values?: Float32Array) {
    const views: ParameterView[] = []
    let start = 0
    for (const [name, { shape, decay, hidden = 0 }] of Object.entries(specs)) {
      const end = start + shape.reduce((product, size) => product * size, 1)
      views.push({ name, shape, decay: decay ?? shape.length > 1, hidden, start, end })
      start = end
    }
    this.views = views
    this.count = start
    if (values && values.length !== start) {
      throw new TesseraError('ARGUMENT_INVALID', `${values.length} values for ${start} parameters`)
    }
    this.values = values ?? new Float32Array(start)
  }

  /** Fresh parameters, the same for the same seed. */
  static initialised(specs: ParameterSpecs, seed: number): Parameters {
    const parameters = new Parameters(specs)
    const random = new Random(seed)
    for (const { name, start, end } of parameters.views) {
      const { initial } = specs[name]!
      if ('constant' in initial) parameters.values.fill(initial.constant, start, end)
      else for (let i = start; i < end; i++) parameters.values[i] = initial.deviation * normal(random)
    }
    return parameters
  }

  /** The part of a flat array (the values by default) that belongs to a name. */
  of(name: string, flat: Float32Array = this.values): Float32Array {
    const view = this.views.find((one) => one.name === name)
    if (!view) throw new TesseraError('ARGUMENT_INVALID', `There is no parameter ${JSON.stringify(name)}`)
    return flat.subarray(view.start, view.end)
  }

  /** Views of a flat array by name. */
  parts(flat: Float32Array = this.values, prefix = ''): Record<string, Float32Array> {
    return Object.fromEntries(
      this.views.map(({ name, start, end }) => [prefix + name, flat.subarray(start, end)]),
    )
  }

  /** Every parameter as an input of a program; `prefix` tells several flat arrays apart. */
  feeds(flat: Float32Array = this.values, prefix = ''): Record<string, Feed> {
    return Object.fromEntries(
      this.views.map(({ name, shape, start, end }) => [
        prefix + name,
        { data: flat.subarray(start, end), shape },
      ]),
    )
  }
}

/** Box–Muller; the second number is thrown away, which costs nothing that matters here. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float())
}
