// The graphs of training: one step (forward, backward, clipping, update), its two halves for gradient
// accumulation, and several steps in a row. Parameters and the optimiser's states come in and go out by name.
import { grad } from '../grad.ts'
import { add, cast, div, maximum, minimum, mul, sqrt } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import { float, type InputSpec, type Program, trace } from '../program.ts'
import { scalar, type Tensor } from '../tensor.ts'
import type { Optimiser } from './optimisers.ts'
import type { ParameterView } from './parameters.ts'

export type Tensors = Readonly<Record<string, Tensor>>
type Specs = Readonly<Record<string, InputSpec>>

// Prefixes of names. A state's is numbered; what belongs to one of several steps has the step's before all others.
export const PARAMETER = 'p.'
export const GRADIENT = 'g.'
export const AVERAGE = 'a.'
export const NEXT = 'next.'
export const statePrefix = (index: number) => `s${index}.`
export const stepPrefix = (index: number) => `step${index}.`

export interface StepSettings {
  views: readonly ParameterView[]
  batch: Specs
  loss: (parameters: Tensors, batch: Tensors) => Tensor
  optimiser: Optimiser
  /** 0: never. */
  clip: number
  /** How much of the average of parameters is kept in each step; null: there is none. */
  average: number | null
}

const HYPER: Specs = { rate: float(), correction1: float(), correction2: float() }

/** Every parameter as an input, once for each prefix. */
function inputsOf({ views }: StepSettings, ...prefixes: readonly string[]): Record<string, InputSpec> {
  return Object.fromEntries(
    prefixes.flatMap((prefix) => views.map(({ name, shape }) => [prefix + name, float(...shape)])),
  )
}

function statesOf({ optimiser }: StepSettings): string[] {
  return Array.from({ length: optimiser.states }, (_, s) => statePrefix(s))
}

function lossAndGradients(settings: StepSettings, tensors: Tensors) {
  const given = Object.fromEntries(settings.views.map(({ name }) => [name, tensors[PARAMETER + name]!]))
  const loss = settings.loss(given, tensors)
  return { loss, gradients: grad(loss, Object.values(given)) }
}

/** Clipping by the length of the whole gradient, then each parameter's update. */
function updated(
  { views, optimiser, clip }: StepSettings,
  tensors: Tensors,
  gradients: readonly Tensor[],
): { gradientNorm: Tensor; next: Record<string, Tensor> } {
  const squares = gradients.map((gradient) => sum(mul(gradient, gradient)))
  const norm = sqrt(squares.reduce((total, one) => add(total, one), scalar(0)))
  const shrink = clip > 0 ? minimum(div(clip, maximum(norm, 1e-12)), 1) : null
  const hyper = { rate: tensors.rate!, correction1: tensors.correction1!, correction2: tensors.correction2! }
  const next: Record<string, Tensor> = {}
  for (const [i, view] of views.entries()) {
    const { name } = view
    const gradient = shrink ? mul(gradients[i]!, shrink) : gradients[i]!
    const states = Array.from({ length: optimiser.states }, (_, s) => tensors[statePrefix(s) + name]!)
    const update = optimiser.update(tensors[PARAMETER + name]!, gradient, states, view, hyper)
    next[PARAMETER + name] = update.parameter
    for (const [s, state] of update.states.entries()) next[statePrefix(s) + name] = state
  }
  return { gradientNorm: cast(norm, 'float32'), next }
}

function named(tensors: Tensors, prefix: string): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [prefix + name, tensor]))
}

export function stepProgram(settings: StepSettings): Program {
  const inputs = { ...inputsOf(settings, PARAMETER, ...statesOf(settings)), ...HYPER, ...settings.batch }
  return trace(inputs, (tensors: Tensors): Record<string, Tensor> => {
    const { loss, gradients } = lossAndGradients(settings, tensors)
    const { gradientNorm, next } = updated(settings, tensors, gradients)
    return { loss, gradientNorm, ...named(next, NEXT) }
  })
}

/** Adds the gradients of a batch to sums. */
export function accumulateProgram(settings: StepSettings): Program {
  const inputs = { ...inputsOf(settings, PARAMETER, GRADIENT), ...settings.batch }
  return trace(inputs, (tensors: Tensors): Record<string, Tensor> => {
    const { loss, gradients } = lossAndGradients(settings, tensors)
    const sums = settings.views.map(({ name }, i) => [
      NEXT + GRADIENT + name,
      add(tensors[GRADIENT + name]!, gradients[i]!),
    ])
    return { loss, ...(Object.fromEntries(sums) as Tensors) }
  })
}

/** The update by the mean of so many batches' gradients. */
export function updateProgram(settings: StepSettings): Program {
  const inputs = {
    ...inputsOf(settings, PARAMETER, GRADIENT, ...statesOf(settings)),
    ...HYPER,
    batches: float(),
  }
  return trace(inputs, (tensors: Tensors): Record<string, Tensor> => {
    const gradients = settings.views.map(({ name }) => div(tensors[GRADIENT + name]!, tensors.batches!))
    const { gradientNorm, next } = updated(settings, tensors, gradients)
    return { gradientNorm, ...named(next, NEXT) }
  })
}

/**
 * So many steps one after the other. What a step leaves goes into the next one without coming out, since whatever
 * a session gives out is copied.
 */
export function severalProgram(settings: StepSettings, steps: number): Program {
  const { views, batch, average } = settings
  const prefixes = [PARAMETER, ...statesOf(settings), ...(average === null ? [] : [AVERAGE])]
  const inputs = inputsOf(settings, ...prefixes)
  const own = Object.entries({ ...HYPER, ...batch })
  for (let k = 0; k < steps; k++) for (const [name, spec] of own) inputs[stepPrefix(k) + name] = spec
  return trace(inputs, (tensors: Tensors): Record<string, Tensor> => {
    let current: Tensors = Object.fromEntries(
      prefixes.flatMap((prefix) => views.map(({ name }) => [prefix + name, tensors[prefix + name]!])),
    )
    const outputs: Record<string, Tensor> = {}
    for (let k = 0; k < steps; k++) {
      const given = Object.fromEntries(own.map(([name]) => [name, tensors[stepPrefix(k) + name]!]))
      const { loss, gradients } = lossAndGradients(settings, { ...current, ...given })
      const { gradientNorm, next } = updated(settings, { ...current, ...given }, gradients)
      outputs[`${stepPrefix(k)}loss`] = loss
      outputs[`${stepPrefix(k)}gradientNorm`] = gradientNorm
      if (average !== null) {
        for (const { name } of views) {
          const followed = mul(next[PARAMETER + name]!, 1 - average)
          next[AVERAGE + name] = add(mul(current[AVERAGE + name]!, average), followed)
        }
      }
      current = next
    }
    return { ...outputs, ...named(current, NEXT) }
  })
}
