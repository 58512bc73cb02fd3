import fc from 'fast-check'
import { mkdtemp, readdir, rm, truncate, utimes, mkdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import { constant, ints, Session, type Tensor, trace, float } from '../../tensor/index.ts'
import { loadModel } from '../index.ts'
import { difference, expectClose, tiny } from '../testing/tiny.ts'
import { usesOf } from './graph.ts'
import { int4, int8 } from './blocks.ts'
import { int8Rows } from './int8-rows.ts'
import { fp32, type Precision, type Use } from './precision.ts'
import { storedWeights } from './store.ts'
import { layoutOf } from './weights.ts'

/** One use of a weight as a graph of its own. */
async function compute(
  precision: Precision,
  use: Exclude<Use, 'plain'>,
  weight: Float32Array,
  shape: readonly [number, number],
  x: Float32Array | BigInt64Array,
  size: number,
): Promise<Float32Array> {
  const layout = precision.layout(use, shape)
  const arrays = precision.convert(use, weight, shape)
  const array = (suffix: string) => {
    const { dtype, shape } = layout[suffix]!
    return constant(arrays[suffix]!, shape, dtype)
  }
  const spec = x instanceof Float32Array ? float('rows', 1, size) : ints('rows')
  const program = trace({ x: spec }, ({ x }): { y: Tensor } => ({ y: precision[use](x, array) }))
  const session = await Session.open(program)
  const { y } = await session.run({ x })
  await session.release()
  return y.data as Float32Array
}

const matrix = (random: Random, length: number, scale = 1) =>
  Float32Array.from({ length }, () => scale * (random.float() - 0.5))

/** The rounding of ONNX: halves to even. */
function roundEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

/** x · w with both in eight bits: a scale per row of x and per column of w `[inputs, outputs]`. */
function plainInt8(x: Float32Array, w: Float32Array, inputs: number, outputs: number): Float32Array {
  const scaleOf = (values: Iterable<number>) =>
    Math.fround(Math.max(0, ...Array.from(values, Math.abs)) / 127)
  const columns = Array.from({ length: outputs }, (_, o) =>
    scaleOf(Array.from({ length: inputs }, (_, i) => w[i * outputs + o]!)),
  )
  return Float32Array.from({ length: (x.length / inputs) * outputs }, (_, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs]
    const own = x.subarray(row * inputs, (row + 1) * inputs)
    const scale = scaleOf(own)
    let sum = 0
    for (let i = 0; i < inputs; i++) {
      const a = scale > 0 ? roundEven(Math.fround(own[i]! / scale)) : 0
      const b = columns[o]! > 0 ? Math.round(w[i * outputs + o]! / columns[o]!) : 0
      sum += a * b
    }
    return sum * scale * columns[o]!
  })
}

describe('int8 by rows', () => {
  test('products are those of whole numbers, exactly, whatever the sizes of rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(999),
        async (inputs, outputs, seed) => {
          const random = new Random(seed)
          const w = matrix(random, inputs * outputs)
          // Rows of very different sizes, and one of zeros.
          const x = Float32Array.from(
            [1, 300, 1e-3, 0].flatMap((scale) => [...matrix(random, inputs, scale)]),
          )
          const expected = plainInt8(x, w, inputs, outputs)
          const actual = await compute(int8Rows, 'linear', w, [inputs, outputs], x, inputs)
          for (let row = 0; row < 4; row++) {
            const part = (all: Float32Array) => all.subarray(row * outputs, (row + 1) * outputs)
            // An input on the border between two codes may fall either way.
            expectClose(part(actual), part(expected), inputs < 8 ? 0.02 : 0.01)
          }
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('few bits', () => {
  for (const [name, precision] of Object.entries({ int8, int4, 'int8 by rows': int8Rows })) {
    test(`${name}: a row does not depend on the rows beside it`, async () => {
      const random = new Random(4)
      const [inputs, outputs] = [64, 48]
      const w = matrix(random, inputs * outputs)
      const rows = [1, 1000, 0.01].map((scale) => matrix(random, inputs, scale))
      const together = await compute(
        precision,
        'linear',
        w,
        [inputs, outputs],
        Float32Array.from(rows.flatMap((row) => [...row])),
        inputs,
      )
      for (const [i, row] of rows.entries()) {
        const alone = await compute(precision, 'linear', w, [inputs, outputs], row, inputs)
        // Up to the order in which blocks are added.
        expectClose(together.subarray(i * outputs, (i + 1) * outputs), alone, 1e-6)
      }
    })

    test(`${name}: the largest weights and inputs do not saturate`, async () => {
      const inputs = 512
      const w = new Float32Array(inputs * 2).fill(1).map((value, i) => (i % 2 === 0 ? value : -value))
      const actual = await compute(
        precision,
        'linear',
        w,
        [inputs, 2],
        new Float32Array(inputs).fill(-3),
        inputs,
      )
      expectClose(actual, [-3 * inputs, 3 * inputs])
    })
  }
})

describe('every precision', () => {
  // How far a product of random matrices may be off: fp32 by rounding only.
  for (const [name, precision, tolerance] of [
    ['fp32', fp32, 1e-6],
    ['int8', int8, 0.02],
    ['int8 by rows', int8Rows, 0.02],
    ['int4', int4, 0.15],
  ] as const) {
    test(`${name} multiplies, looks up and compares`, async () => {
      const random = new Random(6)
      const [rows, columns] = [96, 40]
      const w = matrix(random, rows * columns)
      const product = (
        x: Float32Array,
        inputs: number,
        outputs: number,
        at: (i: number, o: number) => number,
      ) =>
        Float32Array.from({ length: (x.length / inputs) * outputs }, (_, n) => {
          let sum = 0
          for (let i = 0; i < inputs; i++)
            sum += x[Math.floor(n / outputs) * inputs + i]! * at(i, n % outputs)
          return sum
        })
      const x = matrix(random, 3 * rows)
      expectClose(
        await compute(precision, 'linear', w, [rows, columns], x, rows),
        product(x, rows, columns, (i, o) => w[i * columns + o]!),
        tolerance,
      )
      const y = matrix(random, 2 * columns)
      expectClose(
        await compute(precision, 'unembed', w, [rows, columns], y, columns),
        product(y, columns, rows, (i, o) => w[o * columns + i]!),
        tolerance,
      )
      expectClose(
        await compute(precision, 'embed', w, [rows, columns], BigInt64Array.of(5n, 95n), 0),
        [5, 95].flatMap((row) => [...w.subarray(row * columns, (row + 1) * columns)]),
        Math.min(tolerance, 0.01),
      )
    })
  }

  test('a model in few bits is near the model, over a cache and in lanes; int8 nearer than int4', async () => {
    const own = await tiny({ vocabSize: 150 }, 7)
    const ids = Array.from({ length: 12 }, (_, i) => (i * 37) % 150)
    const expected = await own.oracle(ids)
    const errors: number[] = []
    for (const precision of ['int8', 'int4'] as const) {
      const model = await loadModel(own.checkpoint, { precision })
      expect(model.precision).toBe(precision)
      const whole = await model.step({ ids, want: { logits: 'all' } })
      errors.push(difference(whole.logits!, expected))
      const cache = model.cache({ lanes: 2 })
      await model.step({ ids: [ids.slice(0, 11), ids.slice(3, 8)], cache })
      const { logits } = await model.step({ ids: [ids.slice(11), [1]], cache })
      expectClose(
        logits!.subarray(0, 150),
        whole.logits!.subarray(11 * 150),
        precision === 'int8' ? 0.02 : 0.02,
      )
      await model.release()
    }
    expect(errors[0]).toBeLessThan(0.08)
    expect(errors[1]).toBeLessThan(0.6)
    expect(errors[0]).toBeLessThan(errors[1]! / 2)
    await own.release()
  })
})

test('WebAssembly gives the same, in eight bits by whole rows', async () => {
  const own = await tiny({ vocabSize: 9000 }, 7)
  const ids = [5, 8999, 77, 3]
  const expected = await own.oracle(ids)
  for (const [precision, tolerance] of [
    ['fp32', 1e-5],
    ['int8', 0.1],
  ] as const) {
    const model = await loadModel(own.checkpoint, { precision, device: 'wasm' })
    expect(model.inPlace).toBe(false)
    const cache = model.cache()
    await model.step({ ids: ids.slice(0, 3), cache, want: { logits: 'none' } })
    const { logits } = await model.step({ ids: ids.slice(3), cache })
    expectClose(logits!, expected.subarray(3 * 9000), tolerance)
    await model.release()
  }
  await own.release()
})

describe('converted weights on disk', () => {
  test('are made once, whole or not at all, and give the same as those in memory', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-cache-'))
    try {
      const own = await tiny()
      const { checkpoint } = own
      const { uses } = usesOf(checkpoint.family, checkpoint.config)
      const layout = layoutOf(uses, int8)
      // A conversion that is stopped leaves nothing.
      const controller = new AbortController()
      const progress: number[] = []
      const stopped = storedWeights(checkpoint, uses, int8, layout, {
        folder,
        signal: controller.signal,
        onProgress: ({ done }) => {
          progress.push(done)
          controller.abort()
        },
      })
      await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(progress).toEqual([1])
      expect(await readdir(join(folder, 'weights'))).toEqual([])
      // What a killed one leaves is removed a day later.
      const leftover = join(folder, 'weights', 'x.tmp')
      await mkdir(leftover)
      await utimes(leftover, 0, 0)
      const [first, second] = await Promise.all(
        [1, 2].map(() => storedWeights(checkpoint, uses, int8, layout, { folder })),
      )
      expect(second).toEqual(first)
      expect(await readdir(join(folder, 'weights'))).toHaveLength(1)
      let read = 0
      const counted = {
        ...checkpoint,
        identity: checkpoint.identity,
        weight: (name: string) => (read++, checkpoint.weight(name)),
      }
      await storedWeights(counted, uses, int8, layout, { folder })
      expect(read).toBe(0)
      // A file that was cut is made again.
      const file = join(first!.folder, 'weights.bin')
      const { size } = await stat(file)
      await truncate(file, 100)
      await storedWeights(counted, uses, int8, layout, { folder })
      expect(read).toBe(uses.size)
      expect((await stat(file)).size).toBe(size)
      await own.release()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('are mapped, and the model is equal', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tessera-cache-'))
    try {
      // Its embedding is large enough to be handed over beside the graph.
      const own = await tiny({ qkvBias: true, vocabSize: 9000 })
      const ids = [5, 8999, 77]
      const inMemory = await loadModel(own.checkpoint, { cacheFolder: null })
      const expected = await inMemory.step({ ids })
      await inMemory.release()
      for (let i = 0; i < 2; i++) {
        const mapped = await loadModel(own.checkpoint, { cacheFolder: folder })
        expect((await mapped.step({ ids })).logits).toEqual(expected.logits)
        await mapped.release()
      }
      await expect(
        loadModel(own.checkpoint, { cacheFolder: join(folder, 'weights', 'x\0') }),
      ).rejects.toMatchObject({
        code: 'FILE_WRITE_FAILED',
      })
      await own.release()
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

test('a model that does not fit is refused with figures, before anything is read', async () => {
  const own = await tiny()
  const checkpoint = { ...own.checkpoint, weight: () => Promise.reject(new Error('read')) }
  await expect(loadModel(checkpoint, { memoryLimit: 50_000_000 })).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(
      /weights are \d+ MB and computing needs about \d+ MB; there are 50 MB/,
    ) as string,
  })
  await own.release()
})
