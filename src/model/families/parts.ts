// What several families are written with: specs of weights, where they come from, a dense layer with its bias,
// layer normalisation by name, and the activations of feed-forward layers.
import { add, gelu, layerNorm, type ParameterSpec, relu, silu, type Tensor } from '../../tensor/index.ts'
import type { Activation } from '../config.ts'
import type { Net } from '../net.ts'
import type { WeightSource } from './family.ts'

/** A matrix that begins normally distributed; `hidden`: it is so many square-ish matrices side by side. */
export function matrix(rows: number, columns: number, deviation: number, hidden = 0): ParameterSpec {
  return { shape: [rows, columns], initial: { deviation }, hidden }
}

export function gain(size: number): ParameterSpec {
  return { shape: [size], initial: { constant: 1 } }
}

export function bias(size: number): ParameterSpec {
  return { shape: [size], initial: { constant: 0 } }
}

/** Stored `[out, in]`, as PyTorch's linear layers are. */
export function turned(...names: string[]): WeightSource {
  return { names, transposed: true }
}

export function asIs(...names: string[]): WeightSource {
  return { names, transposed: false }
}

/** x · weight + its bias. */
export function dense(net: Net, x: Tensor, name: string): Tensor {
  return add(net.linear(x, name), net.weight(`${name}.bias`))
}

/** Layer normalisation with a named gain and its bias. */
export function norm(net: Net, x: Tensor, name: string, epsilon: number): Tensor {
  return layerNorm(x, net.weight(name), net.weight(`${name}.bias`), epsilon)
}

export function activate(x: Tensor, activation: Activation): Tensor {
  switch (activation) {
    case 'relu':
      return relu(x)
    case 'silu':
      return silu(x)
    case 'gelu':
      return gelu(x)
    case 'gelu_new':
    case 'gelu_pytorch_tanh':
      return gelu(x, 'tanh')
  }
}
