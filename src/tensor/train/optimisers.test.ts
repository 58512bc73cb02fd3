import { afterAll, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import * as t from '../index.ts'
import { randomGiven } from '../testing/check.ts'

const open: t.Session[] = []
afterAll(() => Promise.all(open.map((session) => session.release())))

/** The matrix as its columns' images: singular values by power iteration would hide small ones, so AᵀA is checked. */
function gram(x: Float32Array, rows: number, columns: number): number[][] {
  return Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns }, (_, j) => {
      let sum = 0
      for (let r = 0; r < rows; r++) sum += x[r * columns + i]! * x[r * columns + j]!
      return sum
    }),
  )
}

test.each([
  { rows: 12, columns: 4, blocks: 1 },
  { rows: 12, columns: 4, blocks: 3 },
])('a step of Muon is nearly orthogonal in each of $blocks blocks', async ({ rows, columns, blocks }) => {
  const width = columns * blocks
  const optimiser = t.muon({ weightDecay: 0 })
  const program = t.trace(
    { p: t.float(rows, width), g: t.float(rows, width), v: t.float(rows, width) },
    (x) => {
      const hyper = { rate: t.scalar(1), correction1: t.scalar(1), correction2: t.scalar(1) }
      const { parameter, states } = optimiser.update(
        x.p,
        x.g,
        [x.v, x.v],
        { decay: true, hidden: blocks },
        hyper,
      )
      return { next: parameter, velocity: states[0]! }
    },
  )
  const session = await t.Session.open(program)
  open.push(session)
  const g = randomGiven(new Random(3), [rows, width])
  const zero = { data: new Float32Array(rows * width), shape: [rows, width] }
  const { next, velocity } = await session.run({ p: zero, g, v: zero })
  expect([...(velocity.data as Float32Array)]).toEqual([...g.data])
  const scale = 0.2 * Math.sqrt(Math.max(rows, columns))
  for (let b = 0; b < blocks; b++) {
    const block = new Float32Array(rows * columns)
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        block[r * columns + c] = -(next.data as Float32Array)[r * width + b * columns + c]! / scale
      }
    }
    // The quintic iteration leaves singular values between about 0.7 and 1.2.
    const products = gram(block, rows, columns)
    for (let i = 0; i < columns; i++) {
      expect(products[i]![i]).toBeGreaterThan(0.4)
      expect(products[i]![i]).toBeLessThan(1.6)
      for (let j = 0; j < i; j++) expect(Math.abs(products[i]![j]!)).toBeLessThan(0.35)
    }
  }
})

test('Muon trains what is no hidden matrix as AdamW does', async () => {
  const steps = await Promise.all(
    [t.muon(), t.adamW()].map(async (optimiser) => {
      const parameters = t.Parameters.initialised({ w: { shape: [3, 2], initial: { deviation: 1 } } }, 1)
      const trainer = await t.Trainer.open(
        parameters,
        { x: t.float('n', 3) },
        ({ w }, { x }) => t.mean(t.square(t.matmul(x!, w!))),
        { optimiser, schedule: () => 0.1 },
      )
      await trainer.train({ x: randomGiven(new Random(2), [4, 3]) })
      await trainer.release()
      return [...parameters.values]
    }),
  )
  expect(steps[0]).toEqual(steps[1])
})

test('schedules', () => {
  const rate = t.trapezoidSchedule(2, 100, 10, 0.5)
  expect([0, 9, 10, 50, 75, 99].map(rate)).toEqual([0.2, 2, 2, 2, 1, 0.04])
})
