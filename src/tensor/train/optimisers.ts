// Optimisers as parts of a graph: from a parameter, its gradient and its state to their next values. Learning
// rate and step come in as numbers, so that a schedule needs no new graph.
import type { Tensor } from '../tensor.ts'
import { add, div, mul, sqrt, sub } from '../ops/elementwise.ts'

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
  update(parameter: Tensor, gradient: Tensor, states: readonly Tensor[], decay: boolean, hyper: Hyper): Update
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
    update(parameter, gradient, [m, v], decay, { rate, correction1, correction2 }) {
      const m1 = add(mul(m!, b1), mul(gradient, 1 - b1))
      const v1 = add(mul(v!, b2), mul(mul(gradient, gradient), 1 - b2))
      const direction = div(div(m1, correction1), add(sqrt(div(v1, correction2)), epsilon))
      const step = decay && weightDecay > 0 ? add(direction, mul(parameter, weightDecay)) : direction
      return { parameter: sub(parameter, mul(step, rate)), states: [m1, v1] }
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
    update(parameter, gradient, [velocity], decay, { rate }) {
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
