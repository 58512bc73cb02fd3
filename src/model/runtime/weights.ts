// Weights as a graph has them: each is kept as one or more arrays, by a precision, for each way in which it is used
// (as it is, as the matrix of a product, as rows to be looked up, as rows to be compared with). Which weight
// is used how is found by tracing the family's forward function once: nothing is said twice.
import {
  constant,
  type DType,
  externalConstant,
  type ExternalData,
  gather,
  matmul,
  type ParameterSpecs,
  type Tensor,
  type TensorData,
  transpose,
} from '../../tensor/index.ts'

/** How a weight is used. */
export type Use = 'plain' | 'linear' | 'embed' | 'unembed'

/** An array that a weight is kept as. */
export interface WeightArray {
  dtype: DType
  shape: readonly number[]
  data: TensorData
}

export interface StoredArray {
  dtype: DType
  shape: readonly number[]
  source: TensorData | ExternalData
}

/** Arrays of all weights, by name. */
export type StoredArrays = ReadonlyMap<string, StoredArray>

/** A way to keep matrices, and to compute with them. */
export interface Precision {
  name: string
  /** Part of the key under which converted weights are kept: raised when arrays change. */
  version: number
  /** Arrays of a weight for one use, by a suffix of its name; equal suffixes hold equal arrays. */
  convert(use: Use, values: Float32Array, shape: readonly number[]): Record<string, WeightArray>
  /** x `[…, in]` · weight `[in, out]`. */
  linear(x: Tensor, array: (suffix: string) => Tensor): Tensor
  /** Rows for ids. */
  embed(ids: Tensor, array: (suffix: string) => Tensor): Tensor
  /** x `[…, dim]` · weightᵀ of `[rows, dim]`. */
  unembed(x: Tensor, array: (suffix: string) => Tensor): Tensor
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

  private array(name: string): Tensor {
    let tensor = this.made.get(name)
    if (!tensor) {
      const { dtype, shape, source } = this.arrays.get(name)!
      tensor = 'location' in source ? externalConstant(source, shape, dtype) : constant(source, shape, dtype)
      this.made.set(name, tensor)
    }
    return tensor
  }

  plain(name: string): Tensor {
    return this.array(arrayName(name, 'plain'))
  }

  linear(x: Tensor, name: string): Tensor {
    return this.precision.linear(x, (suffix) => this.array(arrayName(name, suffix)))
  }

  embed(name: string, ids: Tensor): Tensor {
    return this.precision.embed(ids, (suffix) => this.array(arrayName(name, suffix)))
  }

  unembed(x: Tensor, name: string): Tensor {
    return this.precision.unembed(x, (suffix) => this.array(arrayName(name, suffix)))
  }
}

export function arrayName(weight: string, suffix: string): string {
  return `${weight}/${suffix}`
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

/** Plain float32 matrices: exact, and the oracle of the others. */
export const fp32: Precision = {
  name: 'fp32',
  version: 1,
  convert: (_, data, shape) => ({ plain: { dtype: 'float32', shape, data } }),
  linear: (x, array) => matmul(x, array('plain')),
  embed: (ids, array) => gather(array('plain'), ids),
  unembed: (x, array) => matmul(x, transpose(array('plain'))),
}
