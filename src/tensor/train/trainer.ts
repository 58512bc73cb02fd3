// A training step: forward, backward, clipping and the optimiser's update in one graph, run on two sets of
// arrays in turns: one is read while the other is written, since nothing orders an update in place after the
// last read. With accumulation, gradients of several batches are added up first.
import { TesseraError } from '../../core/index.ts'
import { grad } from '../grad.ts'
import { add, cast, div, maximum, minimum, mul, sqrt } from '../ops/elementwise.ts'
import { sum } from '../ops/reduce.ts'
import type { Program } from '../program.ts'
import { float, type InputSpec, trace } from '../program.ts'
import type { Feed } from '../run/feeds.ts'
import { Session, type SessionOptions } from '../run/session.ts'
import { scalar, type Tensor } from '../tensor.ts'
import type { Optimiser, Schedule } from './optimisers.ts'
import type { Parameters } from './parameters.ts'
import { type ParameterView } from './parameters.ts'

export type Tensors = Readonly<Record<string, Tensor>>

export interface TrainerOptions extends SessionOptions {
  optimiser: Optimiser
  /** Learning rate by step. */
  schedule: Schedule
  /** Gradients longer than this (all parameters together) are scaled down to it. Default 1; 0: never. */
  clip?: number
  /** Keep an average of the parameters that forgets at this rate per step, as 0.999. Default: none. */
  average?: number
}

export interface StepReport {
  /** Of the batch (the mean over accumulated ones), before the update. */
  loss: number
  /** Length of the gradient before clipping. */
  gradientNorm: number
  rate: number
}

/** All that training changes; a copy of it resumes to the same bits. */
export interface TrainerState {
  step: number
  values: Float32Array
  /** The optimiser's, each as long as the values. */
  states: readonly Float32Array[]
  average: Float32Array | null
}

const PARAMETER = 'p.'
const GRADIENT = 'g.'
const NEXT = 'next.'

export class Trainer {
  readonly parameters: Parameters
  readonly options: TrainerOptions
  /** Steps done. */
  step = 0
  private readonly session: Session
  private readonly accumulating: Session | null
  private readonly updating: Session | null
  private states: Float32Array[]
  private spare: { values: Float32Array; states: Float32Array[] }
  private readonly averaged: Float32Array | null

  private constructor(
    parameters: Parameters,
    options: TrainerOptions,
    sessions: { session: Session; accumulating: Session | null; updating: Session | null },
  ) {
    this.parameters = parameters
    this.options = options
    this.session = sessions.session
    this.accumulating = sessions.accumulating
    this.updating = sessions.updating
    const flat = () => new Float32Array(parameters.count)
    this.states = Array.from({ length: options.optimiser.states }, flat)
    this.spare = { values: flat(), states: this.states.map(flat) }
    this.averaged = options.average === undefined ? null : parameters.values.slice()
  }

  /**
   * `loss`: a float32 scalar from the parameters and a batch. `accumulate`: also build the two graphs that
   * gradient accumulation needs. Throws what tracing, differentiating and opening a session throw.
   */
  static async open(
    parameters: Parameters,
    batch: Readonly<Record<string, InputSpec>>,
    loss: (parameters: Tensors, batch: Tensors) => Tensor,
    options: TrainerOptions & { accumulate?: boolean },
  ): Promise<Trainer> {
    const { views } = parameters
    const weights = Object.fromEntries(views.map(({ name, shape }) => [PARAMETER + name, float(...shape)]))
    const take = (tensors: Tensors, prefix: string): Tensors =>
      Object.fromEntries(views.map(({ name }) => [name, tensors[prefix + name]!]))
    const gradients = (tensors: Tensors) => {
      const given = take(tensors, PARAMETER)
      const value = loss(given, tensors)
      return {
        value,
        parts: grad(
          value,
          views.map(({ name }) => given[name]!),
        ),
      }
    }
    const stateful = updateInputs(views, options.optimiser)
    const whole = trace({ ...weights, ...stateful, ...batch }, (tensors: Tensors) => {
      const { value, parts } = gradients(tensors)
      return { loss: value, ...updateOutputs(views, tensors, parts, options) }
    })
    const open = (program: Program): Promise<Session> => Session.open(program, options)
    const session = await open(whole)
    if (!options.accumulate)
      return new Trainer(parameters, options, { session, accumulating: null, updating: null })
    const sums = Object.fromEntries(views.map(({ name, shape }) => [GRADIENT + name, float(...shape)]))
    const accumulating = await open(
      trace({ ...weights, ...sums, ...batch }, (tensors: Tensors) => {
        const { value, parts } = gradients(tensors)
        const added = views.map(({ name }, i) => [NEXT + name, add(tensors[GRADIENT + name]!, parts[i]!)])
        return { loss: value, ...Object.fromEntries(added) } as Record<string, Tensor>
      }),
    )
    const updating = await open(
      trace({ ...weights, ...sums, ...stateful, batches: float() }, (tensors: Tensors) => {
        const parts = views.map(({ name }) => div(tensors[GRADIENT + name]!, tensors.batches!))
        return updateOutputs(views, tensors, parts, options)
      }),
    )
    return new Trainer(parameters, options, { session, accumulating, updating })
  }

  /** The values training has reached; the arrays change with the next step. */
  get state(): TrainerState {
    const { values } = this.parameters
    return { step: this.step, values, states: this.states, average: this.averaged }
  }

  /** Goes on from a saved state. Throws ARGUMENT_INVALID when it is of another model or optimiser. */
  resume(state: TrainerState): void {
    const fits =
      state.values.length === this.parameters.count &&
      state.states.length === this.states.length &&
      state.states.every((array) => array.length === this.parameters.count) &&
      (state.average === null) === (this.averaged === null)
    if (!fits) {
      throw new TesseraError('ARGUMENT_INVALID', 'The saved state is of another model or optimiser', {
        hint: 'Resume with the settings that the training began with',
      })
    }
    this.step = state.step
    this.parameters.values.set(state.values)
    for (const [i, array] of state.states.entries()) this.states[i]!.set(array)
    if (state.average) this.averaged!.set(state.average)
  }

  /**
   * One step on a batch, or on several whose gradients are averaged (needs `accumulate`). Throws
   * TRAINING_DIVERGED when the loss or the gradient is no number; the parameters are then as before.
   */
  async train(
    batches: Readonly<Record<string, Feed>> | readonly Readonly<Record<string, Feed>>[],
  ): Promise<StepReport> {
    const rate = this.options.schedule(this.step)
    const [b1, b2] = this.options.optimiser.betas
    const hyper = {
      rate: Float32Array.of(rate),
      correction1: Float32Array.of(1 - b1 ** (this.step + 1)),
      correction2: Float32Array.of(1 - b2 ** (this.step + 1)),
    }
    const { parameters, spare } = this
    const feeds: Record<string, Feed> = { ...parameters.feeds(undefined, PARAMETER), ...hyper }
    for (const [s, array] of this.states.entries())
      Object.assign(feeds, parameters.feeds(array, statePrefix(s)))
    const into: Record<string, Float32Array> = {}
    for (const { name, start, end } of parameters.views) {
      into[NEXT + name] = spare.values.subarray(start, end)
      for (const [s, array] of spare.states.entries()) {
        into[NEXT + statePrefix(s) + name] = array.subarray(start, end)
      }
    }
    let loss: number
    let norm: number
    if (isMany(batches)) {
      const sums = await this.accumulated(batches)
      loss = sums.loss
      const result = await this.updating!.run(
        { ...feeds, ...parameters.feeds(sums.gradients, GRADIENT), batches: Float32Array.of(batches.length) },
        into,
      )
      norm = result.gradientNorm!.data[0] as number
    } else {
      const result = await this.session.run({ ...feeds, ...batches }, into)
      loss = result.loss!.data[0] as number
      norm = result.gradientNorm!.data[0] as number
    }
    if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
      throw new TesseraError('TRAINING_DIVERGED', `The loss is ${loss}, the gradient's length ${norm}`, {
        where: `step ${this.step}`,
        hint: 'Go on from the last checkpoint with a smaller learning rate',
      })
    }
    // The parameters keep their array (others hold views of it); states change places.
    parameters.values.set(spare.values)
    ;[this.states, spare.states] = [spare.states, this.states]
    this.step++
    this.followAverage()
    return { loss, gradientNorm: norm, rate }
  }

  private async accumulated(batches: readonly Readonly<Record<string, Feed>>[]) {
    if (!this.accumulating) {
      throw new TesseraError('ARGUMENT_INVALID', 'The trainer was opened without `accumulate`', {
        hint: 'Open it with { accumulate: true } to train on several batches a step',
      })
    }
    let gradients = new Float32Array(this.parameters.count)
    let next = new Float32Array(this.parameters.count)
    let loss = 0
    for (const batch of batches) {
      const into = Object.fromEntries(
        this.parameters.views.map(({ name, start, end }) => [NEXT + name, next.subarray(start, end)]),
      )
      const feeds = {
        ...this.parameters.feeds(undefined, PARAMETER),
        ...this.parameters.feeds(gradients, GRADIENT),
      }
      const result = await this.accumulating.run({ ...feeds, ...batch }, into)
      loss += (result.loss!.data[0] as number) / batches.length
      ;[gradients, next] = [next, gradients]
    }
    return { loss, gradients }
  }

  private followAverage(): void {
    if (!this.averaged) return
    const keep = this.options.average!
    const { values } = this.parameters
    for (let i = 0; i < values.length; i++) {
      this.averaged[i] = keep * this.averaged[i]! + (1 - keep) * values[i]!
    }
  }

  async release(): Promise<void> {
    await this.session.release()
    await this.accumulating?.release()
    await this.updating?.release()
  }
}

function isMany(
  batches: Readonly<Record<string, Feed>> | readonly Readonly<Record<string, Feed>>[],
): batches is readonly Readonly<Record<string, Feed>>[] {
  return Array.isArray(batches)
}

function statePrefix(index: number): string {
  return `s${index}.`
}

function updateInputs(views: readonly ParameterView[], optimiser: Optimiser): Record<string, InputSpec> {
  const inputs: Record<string, InputSpec> = { rate: float(), correction1: float(), correction2: float() }
  for (let s = 0; s < optimiser.states; s++) {
    for (const { name, shape } of views) inputs[statePrefix(s) + name] = float(...shape)
  }
  return inputs
}

/** Clipping by the length of the whole gradient, then each parameter's update. */
function updateOutputs(
  views: readonly ParameterView[],
  tensors: Tensors,
  gradients: readonly Tensor[],
  { optimiser, clip = 1 }: TrainerOptions,
): Record<string, Tensor> {
  const squares = gradients.map((gradient) => sum(mul(gradient, gradient)))
  const norm = sqrt(squares.reduce((total, one) => add(total, one), scalar(0)))
  const shrink = clip > 0 ? minimum(div(clip, maximum(norm, 1e-12)), 1) : null
  const hyper = { rate: tensors.rate!, correction1: tensors.correction1!, correction2: tensors.correction2! }
  const outputs: Record<string, Tensor> = { gradientNorm: cast(norm, 'float32') }
  for (const [i, view] of views.entries()) {
    const { name } = view
    const gradient = shrink ? mul(gradients[i]!, shrink) : gradients[i]!
    const states = Array.from({ length: optimiser.states }, (_, s) => tensors[statePrefix(s) + name]!)
    const next = optimiser.update(tensors[PARAMETER + name]!, gradient, states, view, hyper)
    outputs[NEXT + name] = next.parameter
    for (const [s, state] of next.states.entries()) outputs[NEXT + statePrefix(s) + name] = state
  }
  return outputs
}
