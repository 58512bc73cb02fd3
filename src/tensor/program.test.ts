import { describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import * as t from './index.ts'
import { onnxModel } from './onnx/model.ts'
import { evaluate, randomGiven } from './testing/check.ts'

const random = new Random(11)

/** Everything an operator's name can be found in: the model's bytes as text. */
function operators(program: t.Program): string {
  return new TextDecoder('latin1').decode(program.onnx().bytes)
}

describe('shape rules', () => {
  const thrown = (body: () => unknown) => {
    try {
      body()
    } catch (error) {
      return error as { code: string; message: string; where: string }
    }
    throw new Error('Nothing was thrown')
  }

  test('name the operation, both shapes and the line that asked for it', () => {
    t.trace({ a: t.float('batch', 3), b: t.float(4, 2) }, ({ a, b }) => {
      const error = thrown(() => t.matmul(a, b))
      expect(error.code).toBe('SHAPE_MISMATCH')
      expect(error.message).toContain('MatMul: [batch, 3] × [4, 2]')
      expect(error.where).toContain('program.test.ts')
      expect(thrown(() => t.add(a, b)).message).toContain('[batch, 3] and [4, 2] do not broadcast')
      expect(thrown(() => t.reshape(a, [5])).code).toBe('SHAPE_MISMATCH')
      expect(thrown(() => t.slice(a, 1, 2, 5)).message).toContain('not within axis 1')
      expect(thrown(() => t.concat([a, b], 0)).message).toContain('differ beside axis 0')
      expect(thrown(() => t.split(b, [1, 2], 0)).message).toContain('add up to 3')
      expect(thrown(() => t.transpose(a, [0, 0])).code).toBe('SHAPE_MISMATCH')
      expect(thrown(() => t.sum(a, [2])).message).toContain('axis 2 does not exist')
      expect(thrown(() => t.gather(a, b)).code).toBe('DTYPE_MISMATCH')
      expect(thrown(() => t.add(a, t.cast(a, 'int64'))).message).toContain('float32 and int64 do not mix')
      return { a }
    })
    expect(thrown(() => t.constant(new Float32Array(3), [2, 2])).code).toBe('SHAPE_MISMATCH')
    expect(thrown(() => t.trace({ a: t.float('not a name') }, ({ a }) => ({ a }))).code).toBe(
      'ARGUMENT_INVALID',
    )
  })

  test('sizes of named dimensions are found when the graph runs', async () => {
    const x = randomGiven(random, [2, 3, 4])
    const named = [['batch', 'time', 4]] as const
    const flat = await evaluate([x], (x) => t.reshape(x, [-1, 2]), named)
    expect(flat).toMatchObject({ shape: [12, 2], data: x.data })
    const both = await evaluate([x], (x) => t.reshape(x, [t.mulDims('batch', 'time'), 2, 2]), named)
    expect(both.shape).toEqual([6, 2, 2])
    const doubled = await evaluate([x], (x) => t.concat([x, x], 1), named)
    expect(doubled.shape).toEqual([2, 6, 4])
    const size = await evaluate([x], (x) => t.add(t.sum(t.mul(x, 0)), t.dimSize('batch')), named)
    expect(size.data[0]).toBe(2)
    const lost = t.trace({ x: t.float('batch') }, ({ x }) => ({ y: t.add(t.sum(x), t.dimSize('elsewhere')) }))
    expect(() => lost.onnx()).toThrow(expect.objectContaining({ code: 'DIM_UNKNOWN' }))
  })
})

describe('feeds', () => {
  const program = t.trace(
    { x: t.float('batch', 2), w: t.float(2, 'dim'), ids: t.ints('batch') },
    ({ x, w, ids }) => ({
      y: t.gather(t.matmul(x, w), ids),
    }),
  )

  test('plain arrays tell one open dimension; a shape tells all', async () => {
    const session = await t.Session.open(program)
    const feeds = {
      x: Float32Array.of(1, 2, 3, 4),
      w: Float32Array.of(1, 0, 0, 1),
      ids: BigInt64Array.of(1n, 0n),
    }
    expect((await session.run(feeds)).y).toEqual({ shape: [2, 2], data: Float32Array.of(3, 4, 1, 2) })
    const refused = (change: Record<string, t.Feed>) =>
      session.run({ ...feeds, ...change }).then(
        () => 'nothing',
        (error: { code: string }) => error.code,
      )
    expect(await refused({ x: new Float32Array(3) })).toBe('SHAPE_MISMATCH')
    expect(await refused({ ids: BigInt64Array.of(0n) })).toBe('SHAPE_MISMATCH')
    expect(await refused({ ids: new Int32Array(2) })).toBe('DTYPE_MISMATCH')
    expect(await refused({ extra: new Float32Array(2) })).toBe('ARGUMENT_INVALID')
    expect(await refused({ w: { data: new Float32Array(4), shape: [4] } })).toBe('SHAPE_MISMATCH')
    expect(await refused({ ids: BigInt64Array.of(0n, 9n) })).toBe('RUNTIME_FAILED')
    await session.release()
    expect(await refused({})).toBe('ARGUMENT_INVALID')
  })
})

describe('rewriting', () => {
  const block = (x: t.Tensor, gain: t.Tensor, w: t.Tensor) => {
    const y = t.rmsNorm(x, gain)
    const hidden = t.silu(t.matmul(y, w))
    const scores = t.mul(t.matmul(hidden, t.transpose(hidden)), 0.5)
    return t.add(t.mul(t.matmul(t.softmax(scores), hidden), 1), 0)
  }
  const inputs = { x: t.float('batch', 3, 4), gain: t.float(4), w: t.float(4, 5) }

  test('fused graphs give the values of plain ones', async () => {
    const given = [randomGiven(random, [2, 3, 4]), randomGiven(random, [4]), randomGiven(random, [4, 5])]
    const program = t.trace(inputs, ({ x, gain, w }) => ({ y: block(x, gain, w) }))
    for (const op of ['FusedMatMul', 'QuickGelu', 'SimplifiedLayerNormalization']) {
      expect(operators(program)).toContain(op)
    }
    expect(operators(program)).not.toContain('Transpose')
    const fused = await evaluate(given, block)
    const plain = onnxModel([...program.outputs])
    const ort = await import('onnxruntime-node')
    const session = await ort.InferenceSession.create(plain.bytes, { logSeverityLevel: 3 })
    const { y } = await session.run({
      x: new ort.Tensor('float32', given[0]!.data, [2, 3, 4]),
      gain: new ort.Tensor('float32', given[1]!.data, [4]),
      w: new ort.Tensor('float32', given[2]!.data, [4, 5]),
    })
    const expected = y!.data as Float32Array
    for (const [i, value] of expected.entries()) expect(fused.data[i]).toBeCloseTo(value, 5)
    await session.release()
  })

  test('equal work is done once, and nothing is left of neutral operations', () => {
    const twice = t.trace({ x: t.float(3) }, ({ x }) => ({
      y: t.add(t.exp(x), t.exp(t.add(t.mul(x, 1), 0))),
    }))
    // Exp and Add.
    expect(twice.onnx().nodes).toBe(2)
    const folded = t.trace({ x: t.float(3) }, ({ x }) => ({ y: t.mul(x, t.mul(t.scalar(2), 3)) }))
    expect(folded.onnx().nodes).toBe(1)
  })

  test('an input may be an output, and an output may have two names', async () => {
    const program = t.trace({ x: t.float(2), unused: t.float(1) }, ({ x }) => ({
      same: x,
      a: t.neg(x),
      b: t.neg(x),
    }))
    const session = await t.Session.open(program)
    const result = await session.run({ x: Float32Array.of(1, 2), unused: new Float32Array(1) })
    expect(result.same.data).toEqual(Float32Array.of(1, 2))
    expect(result.a).toEqual(result.b)
    await session.release()
  })
})
