// Weights as a graph has them: each is kept as one or more arrays, by a precision, for each way in which it is used.
// Which weight is used how is found by tracing the family's forward function once: nothing is said twice.
import {
  bytesOf,
  constant,
  externalConstant,
  type ExternalData,
  gather,
  matmul,
  type ParameterSpecs,
  type Tensor,
  type TensorData,
  transpose,
} from '../../tensor/index.ts'
import type { ArrayLayout, Precision, Use } from './precision.ts'
import { PLAIN } from './precision.ts'

export interface StoredArray extends ArrayLayout {
  source: TensorData | ExternalData
}

/** Arrays of all weights, by `arrayName`. */
export type StoredArrays = ReadonlyMap<string, StoredArray>

export function arrayName(weight: string, suffix: string): string {
  return `${weight}/${suffix}`
}

/** The constants of one graph. */
export class GraphWeights {
  private readonly arrays: StoredArrays
  private readonly precision: Precision
  private readonly made = new Map<string, Tensor>()

  constructor(arrays: StoredArrays, precision: Precision) {
    this.arrays = arrays
    this.precision = precision
  }

  private readonly arraysOf = (weight: string) => (suffix: string) => {
    const name = arrayName(weight, suffix)
    let tensor = this.made.get(name)
    if (!tensor) {
      const { dtype, shape, source } = this.arrays.get(name)!
      tensor = 'location' in source ? externalConstant(source, shape, dtype) : constant(source, shape, dtype)
      this.made.set(name, tensor)
    }
    return tensor
  }

  plain(name: string): Tensor {
    return this.arraysOf(name)(PLAIN)
  }

  linear(x: Tensor, name: string): Tensor {
    return this.precision.linear(x, this.arraysOf(name))
  }

  embed(name: string, ids: Tensor): Tensor {
    return this.precision.embed(ids, this.arraysOf(name))
  }

  unembed(x: Tensor, name: string): Tensor {
    return this.precision.unembed(x, this.arraysOf(name))
  }
}

/** Shapes of the weights that are used, and how. */
export type WeightUses = ReadonlyMap<string, { shape: readonly number[]; uses: ReadonlySet<Use> }>

/** Notes each use of a weight; the values it gives have the right shapes and no meaning. */
export class UseRecorder {
  readonly uses = new Map<string, { shape: readonly number[]; uses: Set<Use> }>()
  private readonly parameters: ParameterSpecs

  constructor(parameters: ParameterSpecs) {
    this.parameters = parameters
  }

  private stand(name: string, use: Use): Tensor {
    const { shape } = this.parameters[name]!
    const known = this.uses.get(name) ?? { shape, uses: new Set() }
    known.uses.add(use)
    this.uses.set(name, known)
    return externalConstant({ location: name, offset: 0 }, shape, 'float32')
  }

  plain(name: string): Tensor {
    return this.stand(name, 'plain')
  }

  linear(x: Tensor, name: string): Tensor {
    return matmul(x, this.stand(name, 'linear'))
  }

  embed(name: string, ids: Tensor): Tensor {
    return gather(this.stand(name, 'embed'), ids)
  }

  unembed(x: Tensor, name: string): Tensor {
    return matmul(x, transpose(this.stand(name, 'unembed')))
  }
}

/** Every array that a precision keeps, before anything is converted. */
export function layoutOf(uses: WeightUses, precision: Precision): ReadonlyMap<string, ArrayLayout> {
  const arrays = new Map<string, ArrayLayout>()
  for (const [name, { shape, uses: ways }] of uses) {
    for (const use of ways) {
      for (const [suffix, layout] of Object.entries(precision.layout(use, shape))) {
        arrays.set(arrayName(name, suffix), layout)
      }
    }
  }
  return arrays
}

export function arrayBytes({ dtype, shape }: ArrayLayout): number {
  return shape.reduce((product, size) => product * size, bytesOf(dtype))
}
