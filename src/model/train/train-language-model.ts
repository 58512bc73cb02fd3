// Training a language model: batches in, a curve and checkpoints out. Stops whole at any time and goes on from
// the last checkpoint to the same bits.
import { TesseraError, throwIfCancelled } from '../../core/index.ts'
import {
  adamW,
  crossEntropy,
  ints,
  muon,
  type Optimiser,
  Parameters,
  Trainer,
  trapezoidSchedule,
} from '../../tensor/index.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import { trainingLogits } from '../training-net.ts'
import { Evaluator, type HeldOut, type TokenBytes } from './held-out.ts'
import { TokenData, type TokenStream } from './token-data.ts'
import { loadTraining, saveTraining } from './training-state.ts'

export interface TrainLanguageModelOptions {
  family: Family
  config: DecoderConfig
  streams: readonly TokenStream[]
  heldOut: readonly HeldOut[]
  tokenBytes: TokenBytes
  /** Where checkpoints go; a run that is there already is gone on with. */
  folder: string
  steps: number
  /** Rows of a batch, and tokens of a row. */
  rows: number
  time: number
  seed: number
  optimiser?: 'muon' | 'adamw'
  /** Peak learning rate. Default 3e-3. */
  rate?: number
  warmup?: number
  /** Share of the steps, at the end, over which the rate falls to 0. Default 0.3. */
  fall?: number
  weightDecay?: number
  clip?: number
  threads?: number
  /** Steps between evaluations, and between checkpoints. Default 100 and 50. */
  evaluateEvery?: number
  saveEvery?: number
  /** Windows per held-out text in an evaluation on the way. Default 32; the last one reads all. */
  windows?: number
  /** Stop when the mean bits per byte have not improved over so many evaluations. Default: never. */
  patience?: number
  onStep?: (report: TrainingReport) => void
  /** `parameters`: as they are now; they change with the next step. */
  onEvaluation?: (point: EvaluationPoint, parameters: Parameters) => void | Promise<void>
  signal?: AbortSignal
}

export interface TrainingReport {
  step: number
  steps: number
  loss: number
  gradientNorm: number
  rate: number
  tokensPerSecond: number
  secondsLeft: number
}

export interface EvaluationPoint {
  step: number
  /** Training loss in nats per token, averaged since the evaluation before. */
  loss: number
  /** By held-out text. */
  bitsPerByte: Record<string, number>
}

export interface TrainedModel {
  parameters: Parameters
  curve: EvaluationPoint[]
  step: number
  stopped: 'finished' | 'early'
  /** Bits per byte on the whole of each held-out text. */
  final: Record<string, number>
}

interface Meta {
  settings: string
  curve: EvaluationPoint[]
}

function optimiserOf({ optimiser = 'muon', weightDecay = 0.1 }: TrainLanguageModelOptions): Optimiser {
  return optimiser === 'muon' ? muon({ weightDecay }) : adamW({ weightDecay })
}

/** What a checkpoint must agree on with the run that goes on from it; the length of the run may change. */
function settingsOf({ config, rows, time, seed, optimiser = 'muon' }: TrainLanguageModelOptions): string {
  return JSON.stringify({ config, rows, time, seed, optimiser })
}

/**
 * Throws TRAINING_IMPOSSIBLE, TRAINING_DIVERGED (the checkpoint is then of a step before), CANCELLED (after a
 * checkpoint), ARGUMENT_INVALID when the folder holds a run with other settings, FILE_WRITE_FAILED.
 */
export async function trainLanguageModel(options: TrainLanguageModelOptions): Promise<TrainedModel> {
  const { family, config, streams, rows, time, seed, steps, threads = 1, signal } = options
  const data = new TokenData(streams, time, seed)
  const parameters = Parameters.initialised(family.parameters(config), seed)
  const trainer = await Trainer.open(
    parameters,
    { ids: ints(rows, time), targets: ints(rows, time) },
    (weights, { ids, targets }) => crossEntropy(trainingLogits(family, config, weights, ids!), targets!),
    {
      optimiser: optimiserOf(options),
      schedule: trapezoidSchedule(options.rate ?? 3e-3, steps, options.warmup ?? 100, options.fall ?? 0.3),
      clip: options.clip ?? 1,
      threads,
    },
  )
  const evaluator = await Evaluator.open(
    parameters,
    (weights, ids) => trainingLogits(family, config, weights, ids),
    { time, rows, tokenBytes: options.tokenBytes, threads },
  )
  try {
    const run = new Run(options, trainer, evaluator)
    await run.resume()
    while (trainer.step < steps && !run.stalled()) {
      if (signal?.aborted) {
        await run.save()
        throwIfCancelled(signal)
      }
      await run.step(data)
    }
    const final = await run.evaluate()
    await run.save()
    return {
      parameters,
      curve: run.curve,
      step: trainer.step,
      stopped: trainer.step < steps ? 'early' : 'finished',
      final,
    }
  } finally {
    await trainer.release()
    await evaluator.release()
  }
}

class Run {
  curve: EvaluationPoint[] = []
  private readonly options: TrainLanguageModelOptions
  private readonly trainer: Trainer
  private readonly evaluator: Evaluator
  private losses: number[] = []
  private speed = 0

  constructor(options: TrainLanguageModelOptions, trainer: Trainer, evaluator: Evaluator) {
    this.options = options
    this.trainer = trainer
    this.evaluator = evaluator
  }

  private get file(): string {
    return `${this.options.folder}/training.safetensors`
  }

  async resume(): Promise<void> {
    let saved
    try {
      saved = await loadTraining(this.file)
    } catch (cause) {
      if (cause instanceof TesseraError && cause.code === 'FILE_NOT_FOUND') return
      throw cause
    }
    const { settings, curve } = saved.meta as Meta
    if (settings !== settingsOf(this.options)) {
      throw new TesseraError('ARGUMENT_INVALID', 'The folder holds a run with other settings', {
        where: this.file,
        hint: 'Give another folder, or the settings that the run began with',
      })
    }
    this.trainer.resume(saved.state)
    this.curve = curve
  }

  async save(): Promise<void> {
    const meta: Meta = { settings: settingsOf(this.options), curve: this.curve }
    await saveTraining(this.file, { state: this.trainer.state, meta })
  }

  async step(data: TokenData): Promise<void> {
    const { rows, time, steps, evaluateEvery = 100, saveEvery = 50, onStep, onEvaluation } = this.options
    const from = performance.now()
    const report = await this.trainer.train({ ...data.batch(this.trainer.step, rows) })
    const speed = (rows * time * 1000) / (performance.now() - from)
    this.speed = this.speed === 0 ? speed : 0.9 * this.speed + 0.1 * speed
    this.losses.push(report.loss)
    const { step } = this.trainer
    const secondsLeft = ((steps - step) * rows * time) / this.speed
    onStep?.({ ...report, step, steps, tokensPerSecond: this.speed, secondsLeft })
    if (step % evaluateEvery === 0 || step === steps) {
      const bitsPerByte = await this.evaluate(this.options.windows ?? 32)
      const loss = this.losses.reduce((sum, one) => sum + one, 0) / this.losses.length
      this.losses = []
      const point = { step, loss, bitsPerByte }
      this.curve.push(point)
      await onEvaluation?.(point, this.trainer.parameters)
    }
    if (step % saveEvery === 0) await this.save()
    // The native run blocks; signals and timers get their turn here.
    await new Promise((resolve) => setImmediate(resolve))
  }

  async evaluate(windows?: number): Promise<Record<string, number>> {
    const result: Record<string, number> = {}
    for (const text of this.options.heldOut) {
      result[text.name] = await this.evaluator.bitsPerByte(text, windows)
    }
    return result
  }

  stalled(): boolean {
    const { patience } = this.options
    if (patience === undefined || this.curve.length <= patience) return false
    const means = this.curve.map(({ bitsPerByte }) => {
      const values = Object.values(bitsPerByte)
      return values.reduce((sum, one) => sum + one, 0) / values.length
    })
    const best = Math.min(...means.slice(0, -patience))
    return Math.min(...means.slice(-patience)) >= best
  }
}
