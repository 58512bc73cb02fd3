// A trainer: the parameters, the optimiser's states and the sessions that move them on. A step reads one set of
// arrays and writes another, since nothing orders an update in place after the last read.
import { TesseraError } from '../../core/index.ts'
import type { InputSpec } from '../program.ts'
import type { Feed } from '../run/feeds.ts'
import { type Result, Session, type SessionOptions } from '../run/session.ts'
import type { Tensor } from '../tensor.ts'
import type { Optimiser, Schedule } from './optimisers.ts'
import type { Parameters } from './parameters.ts'
import {
  accumulateProgram,
  AVERAGE,
  GRADIENT,
  NEXT,
  PARAMETER,
  severalProgram,
  statePrefix,
  stepPrefix,
  stepProgram,
  type StepSettings,
  type Tensors,
  updateProgram,
} from './step-graph.ts'

export type { Tensors }

export interface TrainerOptions extends SessionOptions {
  optimiser: Optimiser
  /** Learning rate by step. */
  schedule: Schedule
  /** Gradients longer than this (all parameters together) are scaled down to it. Default 1; 0: never. */
  clip?: number
  /** Keep an average of the parameters that forgets at this rate per step, as 0.999. Default: none. */
  average?: number
}

export interface OpenTrainerOptions extends TrainerOptions {
  /** Also build the two graphs that gradient accumulation needs. */
  accumulate?: boolean
  /**
   * Also build a graph of so many steps in a row, for `trainSeveral`. It costs about a tenth less a step, since
   * parameters and states come out once. Default 1: none.
   */
  stepsPerRun?: number
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

/** Data of a batch by input. */
export type Batch = Readonly<Record<string, Feed>>

interface Sessions {
  step: Session
  accumulate: Session | null
  update: Session | null
  several: Session | null
  stepsPerRun: number
}

export class Trainer {
  readonly parameters: Parameters
  readonly options: TrainerOptions
  /** Steps done. */
  step = 0
  private readonly sessions: Sessions
  private states: Float32Array[]
  private spare: { values: Float32Array; states: Float32Array[] }
  private averaged: Float32Array | null

  private constructor(parameters: Parameters, options: TrainerOptions, sessions: Sessions) {
    this.parameters = parameters
    this.options = options
    this.sessions = sessions
    const flat = () => new Float32Array(parameters.count)
    this.states = Array.from({ length: options.optimiser.states }, flat)
    this.spare = { values: flat(), states: this.states.map(flat) }
    this.averaged = options.average === undefined ? null : parameters.values.slice()
  }

  /**
   * `loss`: a float32 scalar from the parameters and a batch. Throws what tracing, differentiating and opening a
   * session throw.
   */
  static async open(
    parameters: Parameters,
    batch: Readonly<Record<string, InputSpec>>,
    loss: (parameters: Tensors, batch: Tensors) => Tensor,
    options: OpenTrainerOptions,
  ): Promise<Trainer> {
    const { optimiser, clip = 1, average = null, accumulate = false, stepsPerRun = 1 } = options
    if (!Number.isInteger(stepsPerRun) || stepsPerRun < 1 || stepsPerRun > 64) {
      throw new TesseraError('ARGUMENT_INVALID', `stepsPerRun is ${stepsPerRun}`, {
        hint: 'It is a whole number from 1 to 64',
      })
    }
    const settings: StepSettings = { views: parameters.views, batch, loss, optimiser, clip, average }
    const step = await Session.open(stepProgram(settings), options)
    const [accumulating, updating] = accumulate
      ? [
          await Session.open(accumulateProgram(settings), options),
          await Session.open(updateProgram(settings), options),
        ]
      : [null, null]
    const several =
      stepsPerRun > 1 ? await Session.open(severalProgram(settings, stepsPerRun), options) : null
    const sessions = { step, accumulate: accumulating, update: updating, several, stepsPerRun }
    return new Trainer(parameters, options, sessions)
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
  async train(batches: Batch | readonly Batch[]): Promise<StepReport> {
    const rate = this.options.schedule(this.step)
    const feeds = { ...this.feeds(), ...this.hyper(this.step) }
    const into = this.outputs()
    let report: StepReport
    if (isMany(batches)) {
      const { loss, gradients } = await this.accumulated(batches)
      const sums = this.parameters.feeds(gradients, GRADIENT)
      const divisor = { batches: Float32Array.of(batches.length) }
      const result = await this.sessions.update!.run({ ...feeds, ...sums, ...divisor }, into)
      report = { loss, gradientNorm: numberOf(result.gradientNorm!), rate }
    } else {
      const result = await this.sessions.step.run({ ...feeds, ...batches }, into)
      const gradientNorm = numberOf(result.gradientNorm!)
      report = { loss: numberOf(result.loss!), gradientNorm, rate }
    }
    checkFinite(report, this.step)
    this.take(1)
    this.followAverage()
    return report
  }

  /**
   * As many steps as the trainer was opened for with `stepsPerRun`, one batch each; all batches are of one size.
   * Throws TRAINING_DIVERGED as `train` does: none of the steps has been done then.
   */
  async trainSeveral(batches: readonly Batch[]): Promise<StepReport[]> {
    const { several, stepsPerRun } = this.sessions
    if (!several || batches.length !== stepsPerRun) {
      throw new TesseraError('ARGUMENT_INVALID', `${batches.length} batches for ${stepsPerRun} steps a run`, {
        hint: 'Open the trainer with { stepsPerRun } and give it as many batches',
      })
    }
    const feeds = this.feeds()
    const into = this.outputs()
    for (const [k, batch] of batches.entries()) {
      for (const [name, feed] of Object.entries({ ...batch, ...this.hyper(this.step + k) })) {
        feeds[stepPrefix(k) + name] = feed
      }
    }
    const average = this.averaged && new Float32Array(this.parameters.count)
    if (average) {
      Object.assign(feeds, this.parameters.feeds(this.averaged!, AVERAGE))
      Object.assign(into, this.parameters.parts(average, NEXT + AVERAGE))
    }
    const result = await several.run(feeds, into)
    const reports = batches.map((_, k): StepReport => ({
      loss: numberOf(result[`${stepPrefix(k)}loss`]!),
      gradientNorm: numberOf(result[`${stepPrefix(k)}gradientNorm`]!),
      rate: this.options.schedule(this.step + k),
    }))
    for (const [k, report] of reports.entries()) checkFinite(report, this.step + k)
    this.take(batches.length)
    this.averaged = average
    return reports
  }

  /** Numbers that change from step to step. */
  private hyper(step: number) {
    const [b1, b2] = this.options.optimiser.betas
    return {
      rate: Float32Array.of(this.options.schedule(step)),
      correction1: Float32Array.of(1 - b1 ** (step + 1)),
      correction2: Float32Array.of(1 - b2 ** (step + 1)),
    }
  }

  /** Parameters and states as they are. */
  private feeds(): Record<string, Feed> {
    const feeds = this.parameters.feeds(undefined, PARAMETER)
    for (const [s, array] of this.states.entries()) {
      Object.assign(feeds, this.parameters.feeds(array, statePrefix(s)))
    }
    return feeds
  }

  /** Where the next ones are written to. */
  private outputs(): Record<string, Float32Array> {
    const into = this.parameters.parts(this.spare.values, NEXT + PARAMETER)
    for (const [s, array] of this.spare.states.entries()) {
      Object.assign(into, this.parameters.parts(array, NEXT + statePrefix(s)))
    }
    return into
  }

  /** What has been written is what holds now. */
  private take(steps: number): void {
    // The parameters keep their array (others hold views of it); states change places.
    this.parameters.values.set(this.spare.values)
    ;[this.states, this.spare.states] = [this.spare.states, this.states]
    this.step += steps
  }

  private async accumulated(batches: readonly Batch[]) {
    const { accumulate } = this.sessions
    if (!accumulate) {
      throw new TesseraError('ARGUMENT_INVALID', 'The trainer was opened without `accumulate`', {
        hint: 'Open it with { accumulate: true } to train on several batches a step',
      })
    }
    const { parameters } = this
    let gradients = new Float32Array(parameters.count)
    let next = new Float32Array(parameters.count)
    let loss = 0
    for (const batch of batches) {
      const feeds = { ...parameters.feeds(undefined, PARAMETER), ...parameters.feeds(gradients, GRADIENT) }
      const result = await accumulate.run({ ...feeds, ...batch }, parameters.parts(next, NEXT + GRADIENT))
      loss += numberOf(result.loss!) / batches.length
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
    const { step, accumulate, update, several } = this.sessions
    for (const session of [step, accumulate, update, several]) await session?.release()
  }
}

function isMany(batches: Batch | readonly Batch[]): batches is readonly Batch[] {
  return Array.isArray(batches)
}

function numberOf({ data }: Result): number {
  return data[0] as number
}

function checkFinite({ loss, gradientNorm }: StepReport, step: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return
  throw new TesseraError('TRAINING_DIVERGED', `The loss is ${loss}, the gradient's length ${gradientNorm}`, {
    where: `step ${step}`,
    hint: 'Go on from the last checkpoint with a smaller learning rate',
  })
}
