// Small random models for tests, and the oracle that they are held against: the plain causal forward function that
// training uses, computed from the beginning for every question.
import { expect } from 'vitest'
import { ints, Parameters, Session, trace } from '../../tensor/index.ts'
import { type Checkpoint, checkpointOf } from '../checkpoint/checkpoint.ts'
import type { DecoderConfig } from '../config.ts'
import type { Family } from '../families/family.ts'
import { llama } from '../families/llama.ts'
import { trainingLogits } from '../training-net.ts'

export const tinyConfig: DecoderConfig = {
  family: 'llama',
  vocabSize: 101,
  dim: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  hidden: 48,
  epsilon: 1e-5,
  tied: true,
  maxPositions: 512,
  ropeTheta: 10_000,
  ropeScaling: { kind: 'none' },
  qkvBias: false,
  qkNorm: false,
  slidingWindow: null,
  bos: null,
  eos: [],
}

export interface Tiny {
  checkpoint: Checkpoint
  /** Logits `[time, vocab]` of one sequence from position 0. */
  oracle(ids: readonly number[]): Promise<Float32Array>
  release(): Promise<void>
}

/** Weights large enough that attention and logits are far from flat. */
export async function tiny(
  change: Partial<DecoderConfig> = {},
  seed = 1,
  family: Family = llama,
): Promise<Tiny> {
  const config = { ...tinyConfig, ...change }
  const parameters = Parameters.initialised(family.parameters(config), seed)
  for (const { name, start, end } of parameters.views) {
    const scale = name.includes('norm') || name.includes('Norm') ? 1 : 8
    for (let i = start; i < end; i++) parameters.values[i]! *= scale
  }
  const { logits, release } = await oracleOf(family, config, parameters)
  return { checkpoint: checkpointOf(family, config, parameters), oracle: logits, release }
}

/** The plain graph of a model: logits `[time, vocab]` of one sequence from position 0. */
export async function oracleOf(family: Family, config: DecoderConfig, parameters: Parameters) {
  const specs = Object.fromEntries(
    parameters.views.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape }]),
  )
  const program = trace({ ...specs, ids: ints('batch', 'time') }, (inputs) => ({
    logits: trainingLogits(family, config, inputs, inputs.ids!),
  }))
  const session = await Session.open(program)
  return {
    async logits(ids: readonly number[]): Promise<Float32Array> {
      const feeds = {
        ...parameters.feeds(),
        ids: { data: BigInt64Array.from(ids, BigInt), shape: [1, ids.length] },
      }
      return (await session.run(feeds)).logits!.data as Float32Array
    },
    release: () => session.release(),
  }
}

/** Largest difference, of the largest value. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  let largest = 0
  let worst = 0
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!))
    const off = Math.abs(actual[i]! - expected[i]!)
    worst = off <= worst ? worst : off
  }
  return Number.isFinite(worst) ? worst / Math.max(largest, 1e-20) : Infinity
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(difference(actual, expected)).toBeLessThanOrEqual(tolerance)
}
