import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TesseraError } from '../../core/index.ts'
import { familyOf } from '../families/index.ts'
import { loadTraining, saveTraining, TokenData, trainLanguageModel } from './index.ts'
import type { TrainLanguageModelOptions } from './index.ts'

const family = familyOf({ architectures: ['LlamaForCausalLM'] })
const config = family.config({
  architectures: ['LlamaForCausalLM'],
  vocab_size: 8,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 24,
  tie_word_embeddings: true,
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-train-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** 0 1 2 … 7 0 1 …: after a few steps the next id is known. */
const counting = Uint16Array.from({ length: 400 }, (_, i) => i % 8)

function options(name: string, more: Partial<TrainLanguageModelOptions> = {}): TrainLanguageModelOptions {
  return {
    family,
    config,
    streams: [{ name: 'counting', ids: counting, weight: 1 }],
    heldOut: [{ name: 'counting', ids: counting }],
    tokenBytes: new Uint8Array(8).fill(1),
    folder: join(folder, name),
    steps: 40,
    rows: 4,
    time: 8,
    seed: 3,
    rate: 0.02,
    warmup: 4,
    evaluateEvery: 10,
    saveEvery: 5,
    ...more,
  }
}

describe('training a language model', () => {
  test('learns what can be learned, and says so in bits per byte', async () => {
    const { curve, final, step, stopped } = await trainLanguageModel(options('learns', { steps: 120 }))
    expect(step).toBe(120)
    expect(stopped).toBe('finished')
    expect(curve.map((point) => point.step)).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120])
    expect(curve[0]!.bitsPerByte.counting).toBeGreaterThan(1)
    // Guessing costs 3 bits.
    expect(final.counting).toBeLessThan(0.8)
  })

  test('a run that was stopped goes on to the same bits', async () => {
    const whole = await trainLanguageModel(options('whole'))
    const controller = new AbortController()
    const stopped = trainLanguageModel(
      options('stopped', {
        signal: controller.signal,
        onStep: ({ step }) => {
          if (step === 17) controller.abort()
        },
      }),
    )
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
    const steps: number[] = []
    const resumed = await trainLanguageModel(options('stopped', { onStep: ({ step }) => steps.push(step) }))
    expect(steps[0]).toBe(18)
    expect(resumed.parameters.values).toEqual(whole.parameters.values)
    expect(resumed.curve.map(({ bitsPerByte }) => bitsPerByte)).toEqual(
      whole.curve.map(({ bitsPerByte }) => bitsPerByte),
    )
  })

  test('a run with other settings is not gone on with', async () => {
    await trainLanguageModel(options('other', { steps: 5 }))
    await expect(trainLanguageModel(options('other', { seed: 4 }))).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  test('a rate that explodes is an error with its step, and the checkpoint is of before', async () => {
    const run = trainLanguageModel(
      options('diverges', { rate: 1e30, optimiser: 'adamw', saveEvery: 1, warmup: 1 }),
    )
    await expect(run).rejects.toMatchObject({
      code: 'TRAINING_DIVERGED',
      where: expect.stringMatching(/^step \d/),
    })
    const { state } = await loadTraining(join(folder, 'diverges', 'training.safetensors'))
    expect(state.values.every((value) => Number.isFinite(value))).toBe(true)
  })

  test('stops early when nothing improves', async () => {
    const { step, stopped } = await trainLanguageModel(
      options('early', { rate: 0, steps: 200, evaluateEvery: 5, patience: 3 }),
    )
    expect(stopped).toBe('early')
    expect(step).toBeLessThan(200)
  })

  test('too little text is an error', async () => {
    const run = trainLanguageModel(options('little', { time: 500 }))
    await expect(run).rejects.toMatchObject({ code: 'TRAINING_IMPOSSIBLE' })
  })
})

describe('batches', () => {
  const streams = [
    { name: 'a', ids: Uint16Array.from({ length: 1000 }, (_, i) => i), weight: 3 },
    { name: 'b', ids: Uint16Array.from({ length: 500 }, (_, i) => 10_000 + i), weight: 1 },
  ]
  const startsOf = (data: TokenData, steps: readonly number[]) =>
    steps.flatMap((step) => {
      const { ids } = data.batch(step, 4)
      return [0, 1, 2, 3].map((row) => Number(ids.data[row * 16]))
    })

  test('depend on the seed and the step alone', () => {
    const forward = startsOf(new TokenData(streams, 16, 7), [0, 1, 2, 3, 4, 5])
    const data = new TokenData(streams, 16, 7)
    expect(
      [5, 4, 3, 2, 1, 0]
        .map((step) => startsOf(data, [step]))
        .reverse()
        .flat(),
    ).toEqual(forward)
    expect(startsOf(new TokenData(streams, 16, 8), [0, 1, 2, 3, 4, 5])).not.toEqual(forward)
  })

  test('streams have their shares, and an epoch reads every window once', () => {
    const starts = startsOf(
      new TokenData(streams, 16, 7),
      Array.from({ length: 20 }, (_, i) => i),
    )
    const a = starts.filter((start) => start < 10_000)
    expect(a.length).toBeGreaterThanOrEqual(58)
    expect(a.length).toBeLessThanOrEqual(62)
    expect(new Set(a).size).toBe(a.length)
  })

  test('targets are what follows', () => {
    const { ids, targets } = new TokenData(streams, 16, 7).batch(3, 4)
    expect([...targets.data]).toEqual([...ids.data].map((id) => id + 1n))
  })
})

describe('a training checkpoint', () => {
  const state = {
    step: 12,
    values: Float32Array.of(1, -2, 3),
    states: [Float32Array.of(4, 5, 6), Float32Array.of(7, 8, 9)],
    average: Float32Array.of(0, 1, 2),
  }

  test('comes back as it was', async () => {
    const file = join(folder, 'state')
    await saveTraining(file, { state, meta: { curve: [1] } })
    expect(await loadTraining(file)).toEqual({ state, meta: { curve: [1] } })
  })

  test('cut or scribbled at any place, is an error or the same', async () => {
    const file = join(folder, 'broken')
    await saveTraining(file, { state, meta: {} })
    const bytes = await readFile(file)
    for (let at = 0; at < bytes.length; at += 7) {
      const scribbled = Uint8Array.from(bytes)
      scribbled[at]! ^= 0xff
      await writeFile(file, scribbled)
      await loadTraining(file).catch((error: unknown) => expect(error).toBeInstanceOf(TesseraError))
      await writeFile(file, bytes)
      await truncate(file, at)
      await expect(loadTraining(file)).rejects.toBeInstanceOf(TesseraError)
    }
  })
})
