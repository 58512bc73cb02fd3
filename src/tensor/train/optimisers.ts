// Optimisers as parts of a graph: from a parameter, its gradient and its state to their next values. Learning
// rate and step come in as numbers, so that a schedule needs no new graph.
import type { Tensor } from '../tensor.ts'
import { add, div, maximum, mul, sqrt, sub } from '../ops/elementwise.ts'
import { matmul } from '../ops/contract.ts'
import { reshape, transpose } from '../ops/layout.ts'
import { sum } from '../ops/reduce.ts'
import type { ParameterView } from './parameters.ts'

export interface Update {
  parameter: Tensor
  /** As many as `states`. */
  states: readonly Tensor[]
}

export interface Hyper {
  /** float32 scalars that change from step to step. */
  rate: Tensor
  /** 1 - β₁^t and 1 - β₂^t for Adam; unused by others. */
  correction1: Tensor
  correction2: Tensor
}

export interface Optimiser {
  name: string
  /** How many numbers of state each parameter has. */
  states: number
  betas: readonly [number, number]
  update(
    parameter: Tensor,
    gradient: Tensor,
    states: readonly Tensor[],
    view: Pick<ParameterView, 'decay' | 'hidden'>,
    hyper: Hyper,
  ): Update
}

export interface AdamWOptions {
  betas?: readonly [number, number]
  epsilon?: number
  /** Decoupled: the parameter shrinks by rate · weightDecay. Default 0.1. */
  weightDecay?: number
}

/** Loshchilov & Hutter 2019: Adam with decoupled weight decay and bias correction. */
export function adamW(options: AdamWOptions = {}): Optimiser {
  const { betas = [0.9, 0.95], epsilon = 1e-8, weightDecay = 0.1 } = options
  const [b1, b2] = betas
  return {
    name: 'adamw',
    states: 2,
    betas,
    update(parameter, gradient, [m, v], { decay }, { rate, correction1, correction2 }) {
      const m1 = add(mul(m!, b1), mul(gradient, 1 - b1))
      const v1 = add(mul(v!, b2), mul(mul(gradient, gradient), 1 - b2))
      // (m / c₁) / (√(v / c₂) + ε), with everything that is one number moved out of the passes over all parameters.
      const root = sqrt(correction2)
      const step = mul(div(m1, add(sqrt(v1), mul(root, epsilon))), div(mul(rate, root), correction1))
      const kept = decay && weightDecay > 0 ? mul(parameter, sub(1, mul(rate, weightDecay))) : parameter
      return { parameter: sub(kept, step), states: [m1, v1] }
    },
  }
}

export interface MuonOptions extends AdamWOptions {
  /** Of the gradient's running mean. Default 0.95. */
  momentum?: number
}

/** Newton–Schulz coefficients that bring all singular values near 1 in five rounds (Jordan et al. 2024). */
const QUINTIC = [3.4445, -4.775, 2.0315] as const

/** The nearest matrix with singular values of about 1, for each matrix of a stack `[n, rows, columns]`. */
function orthogonalised(x: Tensor): Tensor {
  const [, rows, columns] = x.shape as [number, number, number]
  const [a, b, c] = QUINTIC
  const norm = sqrt(sum(mul(x, x), [1, 2], { keep: true }))
  let y = div(rows > columns ? transpose(x) : x, maximum(norm, 1e-7))
  for (let round = 0; round < 5; round++) {
    const gram = matmul(y, transpose(y))
    const polynomial = add(mul(gram, b), mul(matmul(gram, gram), c))
    y = add(mul(y, a), matmul(polynomial, y))
  }
  return rows > columns ? transpose(y) : y
}

/**
 * Muon (Jordan et al. 2024): matrices between layers move by their orthogonalised momentum, scaled so that a step
 * is as long as Adam's (Liu et al. 2025, §2.2); everything else is trained by AdamW.
 */
export function muon(options: MuonOptions = {}): Optimiser {
  const { momentum = 0.95, weightDecay = 0.1 } = options
  const adam = adamW(options)
  return {
    ...adam,
    name: 'muon',
    update(parameter, gradient, states, view, hyper) {
      if (view.hidden === 0) return adam.update(parameter, gradient, states, view, hyper)
      const [velocity, unused] = states as [Tensor, Tensor]
      const [rows, width] = parameter.shape as [number, number]
      const columns = width / view.hidden
      const next = add(mul(velocity, momentum), gradient)
      const ahead = add(gradient, mul(next, momentum))
      const stack = transpose(reshape(ahead, [rows, view.hidden, columns]), [1, 0, 2])
      const scale = 0.2 * Math.sqrt(Math.max(rows, columns))
      const direction = mul(reshape(transpose(orthogonalised(stack), [1, 0, 2]), [rows, width]), scale)
      const step = view.decay && weightDecay > 0 ? add(direction, mul(parameter, weightDecay)) : direction
      return { parameter: sub(parameter, mul(step, hyper.rate)), states: [next, unused] }
    },
  }
}

export interface SgdOptions {
  momentum?: number
  weightDecay?: number
}

/** Gradient descent with (heavy-ball) momentum. */
export function sgd({ momentum = 0, weightDecay = 0 }: SgdOptions = {}): Optimiser {
  return {
    name: 'sgd',
    states: momentum > 0 ? 1 : 0,
    betas: [0, 0],
    update(parameter, gradient, [velocity], { decay }, { rate }) {
      const pulled = decay && weightDecay > 0 ? add(gradient, mul(parameter, weightDecay)) : gradient
      const next = velocity ? add(mul(velocity, momentum), pulled) : pulled
      return { parameter: sub(parameter, mul(next, rate)), states: velocity ? [next] : [] }
    },
  }
}

/** Learning rate by step, counted from 0. */
export type Schedule = (step: number) => number

/** Linear from 0 over `warmup` steps, then a cosine down to `floor` · peak at `steps`. */
export function cosineSchedule(peak: number, steps: number, warmup = 0, floor = 0.1): Schedule {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
    return peak * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * done))) / 2)
  }
}

/** Linear from 0 over `warmup` steps, then constant, then linear down to 0 over the last `fall` of the steps. */
export function trapezoidSchedule(peak: number, steps: number, warmup = 0, fall = 0.3): Schedule {
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    return peak * Math.min(1, Math.max(0, steps - step) / Math.max(1, fall * steps))
  }
}
