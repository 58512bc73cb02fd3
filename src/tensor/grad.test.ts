import { describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import * as t from './index.ts'
import { evaluate, expectGradient, randomGiven } from './testing/check.ts'

const random = new Random(3)
const given = (...shape: number[]) => randomGiven(random, shape)
/** Away from zero, for operations with a pole or a kink there. */
const positive = (...shape: number[]) => randomGiven(random, shape, 0.3, 1.7)

describe('gradients of single operations, beside central differences', () => {
  test.each<[string, (x: t.Tensor) => t.Tensor, 'any' | 'positive']>([
    ['neg', t.neg, 'any'],
    ['exp', t.exp, 'any'],
    ['log', t.log, 'positive'],
    ['sqrt', t.sqrt, 'positive'],
    ['reciprocal', t.reciprocal, 'positive'],
    ['abs', t.abs, 'positive'],
    ['tanh', t.tanh, 'any'],
    ['sigmoid', t.sigmoid, 'any'],
    ['erf', t.erf, 'any'],
    ['sin', t.sin, 'any'],
    ['cos', t.cos, 'any'],
    ['relu', t.relu, 'positive'],
    ['silu', t.silu, 'any'],
    ['gelu', t.gelu, 'any'],
    ['gelu, tanh', (x) => t.gelu(x, 'tanh'), 'any'],
    ['softmax', (x) => t.softmax(x), 'any'],
    ['softmax over axis 0', (x) => t.softmax(x, 0), 'any'],
    ['logSoftmax', (x) => t.logSoftmax(x), 'any'],
    ['logSumExp', (x) => t.logSumExp(x, -1), 'any'],
    ['sum', (x) => t.sum(x), 'any'],
    ['sum over axis 0', (x) => t.sum(x, [0]), 'any'],
    ['mean over axis 1', (x) => t.mean(x, [1], { keep: true }), 'any'],
    ['max over axis 1', (x) => t.max(x, [1]), 'any'],
    ['min', (x) => t.min(x), 'any'],
    ['cumSum', (x) => t.cumSum(x, 1), 'any'],
    ['cumSum, exclusive and reversed', (x) => t.cumSum(x, 0, { exclusive: true, reverse: true }), 'any'],
    ['transpose', (x) => t.transpose(x), 'any'],
    ['reshape', (x) => t.reshape(x, [2, -1]), 'any'],
    ['expand', (x) => t.expand(t.unsqueeze(x, 1), [3, 2, 4]), 'any'],
    ['slice', (x) => t.slice(x, 1, 1, -1), 'any'],
    ['pad', (x) => t.pad(x, 0, 1, 2), 'any'],
    ['split', (x) => t.mul(t.split(x, [1, 3], 1)[0]!, t.split(x, [1, 3], 1)[1]!), 'any'],
    ['topK', (x) => t.topK(x, 2).values, 'any'],
    ['gather, repeated rows', (x) => t.gather(x, t.constant(BigInt64Array.of(0n, 2n, 0n), [3])), 'any'],
    ['gather on axis 1', (x) => t.gather(x, t.constant(BigInt64Array.of(3n, 3n, 1n, 0n), [2, 2]), 1), 'any'],
    [
      'gatherElements',
      (x) => t.gatherElements(x, t.constant(BigInt64Array.of(1n, 0n, 1n), [3, 1]), 1),
      'any',
    ],
    ['pow by a number', (x) => t.pow(x, 3), 'positive'],
    ['clip', (x) => t.clip(x, -5, 5), 'any'],
    ['cross entropy', (x) => t.crossEntropy(x, t.constant(BigInt64Array.of(1n, 0n, 3n), [3])), 'any'],
    [
      'weighted cross entropy',
      (x) =>
        t.crossEntropy(
          x,
          t.constant(BigInt64Array.of(1n, 0n, 3n), [3]),
          t.constant(Float32Array.of(1, 0, 0.5), [3]),
        ),
      'any',
    ],
  ])('%s', async (_, operation, range) => {
    await expectGradient([range === 'any' ? given(3, 4) : positive(3, 4)], operation)
  })

  test.each<[string, (a: t.Tensor, b: t.Tensor) => t.Tensor]>([
    ['add', t.add],
    ['sub', t.sub],
    ['mul', t.mul],
    ['div', t.div],
    ['pow', t.pow],
    ['maximum', t.maximum],
    ['minimum', t.minimum],
    ['where', (a, b) => t.where(t.greater(a, 1), a, t.mul(b, 2))],
  ])('%s, broadcast in every way', async (_, operation) => {
    for (const [a, b] of [
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
      [
        [2, 1],
        [1, 3],
      ],
      [[3], [2, 2, 3]],
      [[], [2, 3]],
    ] as const) {
      await expectGradient([positive(...a), positive(...b)], operation, { step: 3e-3 })
    }
  })

  test('matmul: matrices, batches, and a matrix for every batch', async () => {
    await expectGradient([given(2, 3), given(3, 4)], t.matmul)
    await expectGradient([given(2, 2, 3), given(3, 2)], t.matmul)
    await expectGradient([given(2, 2, 3), given(2, 3, 2)], t.matmul)
    await expectGradient([given(2, 1, 2, 3), given(3, 3, 2)], t.matmul)
  })

  test('concat and the normalisations', async () => {
    await expectGradient([given(2, 2), given(2, 3)], (a, b) =>
      t.mul(t.concat([a, b], 1), t.concat([b, a], 1)),
    )
    await expectGradient([given(2, 4), given(4)], (x, gain) => t.rmsNorm(x, gain))
    await expectGradient([given(2, 4), given(4), given(4)], (x, gain, bias) => t.layerNorm(x, gain, bias))
  })
})

describe('gradients of compositions', () => {
  test('attention with a causal bias, over named dimensions', async () => {
    const attention = (x: t.Tensor, w: t.Tensor) => {
      const [q, k, v] = t.split(t.matmul(x, w), [2, 2, 2], -1) as [t.Tensor, t.Tensor, t.Tensor]
      const positions = t.range(x.shape[1]!)
      const later = t.greater(t.unsqueeze(positions, 0), t.unsqueeze(positions, 1))
      const scores = t.where(later, -1e9, t.mul(t.matmul(q, t.transpose(k)), Math.SQRT1_2))
      return t.matmul(t.softmax(scores), v)
    }
    await expectGradient([given(2, 3, 4), given(4, 6)], attention, {
      named: [
        ['batch', 'time', 4],
        [4, 6],
      ],
    })
  })

  test('a gradient of a gradient', async () => {
    const x = given(3)
    const second = await evaluate([x], (x) => {
      const [first] = t.grad(t.sum(t.pow(x, 3)), [x])
      return t.grad(t.sum(t.mul(first!, first!)), [x])[0]!
    })
    // d/dx Σ (3x²)² = 36 x³
    for (const [i, value] of x.data.entries()) expect(second.data[i]).toBeCloseTo(36 * value ** 3, 3)
  })

  test('a tensor used twice gets both parts; one that is not used gets zeros', async () => {
    const x = given(2, 2)
    const both = await evaluate([x], (x) => t.grad(t.sum(t.add(t.mul(x, x), x)), [x])[0]!)
    for (const [i, value] of x.data.entries()) expect(both.data[i]).toBeCloseTo(2 * value + 1, 5)
    const none = await evaluate([x, given(3)], (x, other) => {
      return t.grad(t.sum(t.add(t.sum(x), t.mul(t.sum(other), 0))), [x, other])[1]!
    })
    expect([...(none.data as Float32Array)]).toEqual([0, 0, 0])
  })

  test('stopGradient, straightThrough and rules of the caller', async () => {
    const x = given(4)
    const stopped = await evaluate([x], (x) => t.grad(t.sum(t.mul(x, t.stopGradient(x))), [x])[0]!)
    for (const [i, value] of x.data.entries()) expect(stopped.data[i]).toBeCloseTo(value, 6)
    const straight = await evaluate([x], (x) => t.grad(t.sum(t.straightThrough(t.sign(x), x)), [x])[0]!)
    expect([...(straight.data as Float32Array)]).toEqual([1, 1, 1, 1])
    const value = await evaluate([x], (x) => t.straightThrough(t.sign(x), x))
    for (const [i, one] of x.data.entries()) expect(value.data[i]).toBeCloseTo(Math.sign(one), 6)
    const custom = await evaluate([x], (x) => {
      const y = t.withGradient(t.round(x), [x], (g) => [t.mul(g, 7)])
      return t.grad(t.sum(y), [x])[0]!
    })
    expect([...(custom.data as Float32Array)]).toEqual([7, 7, 7, 7])
  })

  test('of mixed losses: the sum of the losses’ own, by their weights', async () => {
    const [x, w] = [given(3, 4), given(4, 5)]
    const losses = (x: t.Tensor, w: t.Tensor) => {
      const logits = t.matmul(x, w)
      const targets = t.constant(BigInt64Array.of(1n, 0n, 4n), [3])
      return [t.crossEntropy(logits, targets), t.mean(t.square(logits)), t.mean(t.abs(w))]
    }
    const weights = [1, 0.5, 0.01]
    const mixed = await evaluate([x, w], (x, w) => {
      const total = losses(x, w).map((loss, i) => t.mul(loss, weights[i]!))
      return t.grad(total.reduce(t.add), [w])[0]!
    })
    const single = await Promise.all(
      weights.map((_, i) => evaluate([x, w], (x, w) => t.grad(losses(x, w)[i]!, [w])[0]!)),
    )
    for (const [at, value] of (mixed.data as Float32Array).entries()) {
      const sum = weights.reduce((total, weight, i) => total + weight * (single[i]!.data[at] as number), 0)
      expect(value).toBeCloseTo(sum, 6)
    }
  })

  test('refuses what is no scalar, and names an operation without a rule', () => {
    t.trace({ x: t.float(3) }, ({ x }) => {
      expect(() => t.grad(x, [x])).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }))
      return { x }
    })
  })
})
