import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import * as t from '../index.ts'
import { randomGiven } from '../testing/check.ts'

const specs = {
  w: { shape: [3, 2], initial: { deviation: 0.5 } },
  b: { shape: [2], initial: { constant: 0 } },
} as const

const batch = { x: t.float('batch', 3), y: t.float('batch', 2) }

const squaredError = ({ w, b }: t.Tensors, { x, y }: t.Tensors): t.Tensor =>
  t.mean(t.square(t.sub(t.add(t.matmul(x!, w!), b!), y!)))

const open: t.Trainer[] = []
afterAll(() => Promise.all(open.map((trainer) => trainer.release())))

async function trainer(options: Partial<t.OpenTrainerOptions> = {}, seed = 1) {
  const made = await t.Trainer.open(t.Parameters.initialised(specs, seed), batch, squaredError, {
    optimiser: t.adamW(),
    schedule: () => 0.02,
    ...options,
  })
  open.push(made)
  return made
}

const random = new Random(5)
function someBatch(size = 4): Record<string, t.Feed> {
  const x = randomGiven(random, [size, 3])
  const y = Float32Array.from({ length: size * 2 }, (_, i) => {
    const row = x.data.subarray(3 * (i >> 1), 3 * (i >> 1) + 3)
    return i % 2 ? row[0]! - row[2]! : 2 * row[1]! + 1
  })
  return { x, y: { data: y, shape: [size, 2] } }
}

/** One AdamW step of the linear model in plain JavaScript, in double precision. */
function reference(
  values: number[],
  m: number[],
  v: number[],
  step: number,
  feeds: Record<string, t.Feed>,
): number {
  const x = (feeds.x as { data: Float32Array }).data
  const y = (feeds.y as { data: Float32Array }).data
  const rows = x.length / 3
  const gradient = values.map(() => 0)
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < 2; c++) {
      let error = values[6 + c]! - y[2 * r + c]!
      for (let k = 0; k < 3; k++) error += x[3 * r + k]! * values[2 * k + c]!
      const slope = error / rows
      gradient[6 + c]! += slope
      for (let k = 0; k < 3; k++) gradient[2 * k + c]! += slope * x[3 * r + k]!
    }
  }
  const norm = Math.hypot(...gradient)
  const shrink = Math.min(1, 1 / norm)
  for (let i = 0; i < values.length; i++) {
    const g = gradient[i]! * shrink
    m[i] = 0.9 * m[i]! + 0.1 * g
    v[i] = 0.95 * v[i]! + 0.05 * g * g
    const direction = m[i]! / (1 - 0.9 ** (step + 1)) / (Math.sqrt(v[i]! / (1 - 0.95 ** (step + 1))) + 1e-8)
    // Only the matrix decays.
    values[i]! -= 0.02 * (direction + (i < 6 ? 0.1 * values[i]! : 0))
  }
  return norm
}

describe('a training step', () => {
  test('is AdamW with clipping, as in plain JavaScript', async () => {
    const ours = await trainer()
    const values = Array.from(ours.parameters.values)
    const m = values.map(() => 0)
    const v = values.map(() => 0)
    for (let step = 0; step < 8; step++) {
      const feeds = someBatch()
      const norm = reference(values, m, v, step, feeds)
      const report = await ours.train(feeds)
      expect(report.gradientNorm).toBeCloseTo(norm, 4)
      for (const [i, value] of values.entries()) expect(ours.parameters.values[i]).toBeCloseTo(value, 4)
    }
    expect(ours.step).toBe(8)
  })

  test('learns', async () => {
    const ours = await trainer({ optimiser: t.sgd({ momentum: 0.9 }), clip: 0, schedule: () => 0.05 })
    let loss = Infinity
    for (let step = 0; step < 150; step++) loss = (await ours.train(someBatch(8))).loss
    expect(loss).toBeLessThan(0.01)
    expect(ours.parameters.of('b')[0]).toBeCloseTo(1, 1)
  })

  test('on several batches is the step on all of them', async () => {
    const whole = await trainer()
    const parts = await trainer({ accumulate: true })
    for (let step = 0; step < 3; step++) {
      const batches = [someBatch(), someBatch(), someBatch()]
      const joined = (name: string, width: number) => ({
        data: Float32Array.from(batches.flatMap((one) => [...(one[name] as { data: Float32Array }).data])),
        shape: [12, width],
      })
      const a = await whole.train({ x: joined('x', 3), y: joined('y', 2) })
      const b = await parts.train(batches)
      expect(b.loss).toBeCloseTo(a.loss, 5)
      for (const [i, value] of whole.parameters.values.entries()) {
        expect(parts.parameters.values[i]).toBeCloseTo(value, 5)
      }
    }
    await expect(whole.train([someBatch()])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })
})

describe('several steps in a run', () => {
  test('are the steps one by one, with the average and the schedule', async () => {
    const settings = { average: 0.9, schedule: t.cosineSchedule(0.02, 6, 2) }
    const single = await trainer(settings)
    const several = await trainer({ ...settings, stepsPerRun: 3 })
    const batches = Array.from({ length: 6 }, () => someBatch())
    const reports = []
    for (const one of batches) reports.push(await single.train(one))
    const runs = [
      ...(await several.trainSeveral(batches.slice(0, 3))),
      ...(await several.trainSeveral(batches.slice(3))),
    ]
    for (const [i, { loss, gradientNorm, rate }] of reports.entries()) {
      expect(runs[i]!.loss).toBeCloseTo(loss, 5)
      expect(runs[i]!.gradientNorm).toBeCloseTo(gradientNorm, 5)
      expect(runs[i]!.rate).toBe(rate)
    }
    expect(several.step).toBe(6)
    const [a, b] = [single.state, several.state]
    const pairs = [
      [a.values, b.values],
      [a.average!, b.average!],
      ...a.states.map((array, i) => [array, b.states[i]!]),
    ]
    for (const [expected, actual] of pairs as [Float32Array, Float32Array][]) {
      for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6)
    }
    await expect(several.trainSeveral(batches)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(single.trainSeveral([batches[0]!])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    await expect(trainer({ stepsPerRun: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  test('are none when one of them is no number', async () => {
    const ours = await trainer({ stepsPerRun: 2, average: 0.5 })
    const before = structuredClone(ours.state)
    const bad = someBatch()
    ;(bad.x as { data: Float32Array }).data[0] = Infinity
    await expect(ours.trainSeveral([someBatch(), bad])).rejects.toMatchObject({
      code: 'TRAINING_DIVERGED',
      where: 'step 1',
    })
    expect(ours.state).toEqual(before)
  })
})

describe('stopping and going on', () => {
  test('a resumed training has the same bits', async () => {
    const batches = Array.from({ length: 6 }, () => someBatch())
    const settings = { average: 0.9, schedule: t.cosineSchedule(0.02, 6, 2) }
    const straight = await trainer(settings)
    for (const one of batches) await straight.train(one)
    const first = await trainer(settings)
    for (const one of batches.slice(0, 3)) await first.train(one)
    const saved = structuredClone(first.state)
    const second = await trainer(settings, 99)
    second.resume(saved)
    for (const one of batches.slice(3)) await second.train(one)
    expect(second.state).toEqual(straight.state)
    const other = await trainer({ optimiser: t.sgd() })
    expect(() => other.resume(saved)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })

  test('a loss that is no number stops before anything changes', async () => {
    const ours = await trainer()
    await ours.train(someBatch())
    const before = structuredClone(ours.state)
    const bad = someBatch()
    ;(bad.x as { data: Float32Array }).data[0] = Infinity
    await expect(ours.train(bad)).rejects.toMatchObject({ code: 'TRAINING_DIVERGED', where: 'step 1' })
    expect(ours.state).toEqual(before)
  })
})

test('the cosine schedule: up, then down to its floor', () => {
  const rate = t.cosineSchedule(1, 100, 10, 0.1)
  expect([0, 4, 9].map(rate)).toEqual([0.1, 0.5, 1])
  expect(rate(10)).toBeCloseTo(1)
  expect(rate(55)).toBeCloseTo(0.55)
  expect(rate(100)).toBeCloseTo(0.1)
  expect(rate(500)).toBeCloseTo(0.1)
})
