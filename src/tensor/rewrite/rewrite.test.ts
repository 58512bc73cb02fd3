// Rewriting: each fused form is found where it should be, with the values (and gradients) of the graph as it was
// written, which runs here beside it with the runtime's own optimisations off.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import * as t from '../index.ts'
import { expectRewritten, randomGiven } from '../testing/check.ts'

const random = new Random(17)
const given = (...shape: number[]) => randomGiven(random, shape)

/** A function's value and its gradients by all inputs. */
const trained =
  (body: (...xs: t.Tensor[]) => t.Tensor) =>
  (...xs: t.Tensor[]) => {
    const y = body(...xs)
    const gradients = t.grad(t.sum(t.mul(y, t.sin(y))), xs)
    return { y, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) }
  }

describe('forms of inference', () => {
  test.each<[string, number[][], (...xs: t.Tensor[]) => t.Tensor, Record<string, number>]>([
    ['silu', [[2, 3]], t.silu, { QuickGelu: 1, Sigmoid: 0 }],
    ['quick gelu', [[2, 3]], t.quickGelu, { QuickGelu: 1, Sigmoid: 0 }],
    ['gelu', [[2, 3]], (x) => t.gelu(x), { Gelu: 1, Erf: 0 }],
    ['gelu of a sum with a bias', [[2, 3], [3]], (x, b) => t.gelu(t.add(x, b)), { BiasGelu: 1, Add: 0 }],
    ['gelu by tanh', [[2, 3]], (x) => t.gelu(x, 'tanh'), { FastGelu: 1, Tanh: 0 }],
    [
      'the same of a sum with a bias',
      [[2, 3], [3]],
      (x, b) => t.gelu(t.add(x, b), 'tanh'),
      { FastGelu: 1, Add: 0 },
    ],
    ['rms norm', [[2, 4], [4]], (x, g) => t.rmsNorm(x, g), { SimplifiedLayerNormalization: 1, Mul: 0 }],
    [
      'layer norm',
      [[2, 4], [4], [4]],
      (x, g, b) => t.layerNorm(x, g, b),
      { LayerNormalization: 1, Mul: 0, Sub: 0 },
    ],
    [
      'residual and norm',
      [[2, 3, 4], [2, 3, 4], [4]],
      (x, y, g) => t.add(t.rmsNorm(t.add(x, y), g), t.add(x, y)),
      { SkipSimplifiedLayerNormalization: 1, Add: 1 },
    ],
    [
      'x yᵀ',
      [
        [2, 3],
        [4, 3],
      ],
      (x, y) => t.matmul(x, t.transpose(y)),
      { FusedMatMul: 1, Transpose: 0 },
    ],
    [
      'xᵀ y · ½',
      [
        [3, 2],
        [3, 4],
      ],
      (x, y) => t.mul(t.matmul(t.transpose(x), y), 0.5),
      { FusedMatMul: 1, Mul: 0 },
    ],
    [
      'rotation',
      [
        [1, 2, 3, 4],
        [1, 2, 1, 2],
      ],
      (x, a) => t.rotary(x, t.cos(a), t.sin(a)),
      { RotaryEmbedding: 1, Concat: 0, Mul: 0 },
    ],
    [
      'attention',
      [
        [2, 3, 4],
        [2, 3, 4],
        [2, 3, 4],
      ],
      (q, k, v) => t.attention(q, k, v, { bias: t.causalBias(3) }),
      { FusedMatMul: 1, MatMul: 1, Mul: 0, Transpose: 0 },
    ],
  ])('%s', async (_, shapes, body, operators) => {
    await expectRewritten(
      shapes.map((shape) => given(...shape)),
      (...xs) => ({ y: body(...xs) }),
      operators,
    )
  })
})

describe('forms of training', () => {
  test('a norm gives its deviation to the backward pass', async () => {
    const ops = await expectRewritten(
      [given(2, 3, 4), given(4)],
      trained((x, g) => t.rmsNorm(x, g)),
      {
        SimplifiedLayerNormalization: 1,
      },
    )
    expect(ops).not.toContain('Sqrt')
  })

  test('a layer norm gives its mean, too', async () => {
    const ops = await expectRewritten(
      [given(2, 3, 4), given(4), given(4)],
      trained((x, g, b) => t.layerNorm(x, g, b)),
      { LayerNormalization: 1 },
    )
    expect(ops).not.toContain('Sqrt')
  })

  test('a rotation goes back by a rotation', async () => {
    const angles = given(2, 3, 1, 2)
    await expectRewritten(
      [given(2, 3, 2, 4)],
      trained((x) => {
        const a = t.constant(angles.data, angles.shape)
        return t.rotary(x, t.cos(a), t.sin(a))
      }),
      { RotaryEmbedding: 2 },
    )
  })

  test('cross entropy takes the target off the probabilities in place', async () => {
    const targets = t.constant(BigInt64Array.of(1n, 0n, 4n), [3])
    await expectRewritten(
      [given(3, 5)],
      trained((x) => t.crossEntropy(x, targets)),
      {
        Softmax: 1,
        LogSoftmax: 1,
        ScatterElements: 1,
      },
    )
  })

  test.each<[string, (x: t.Tensor) => t.Tensor]>([
    ['silu', t.silu],
    ['gelu', t.gelu],
    ['gelu by tanh', (x) => t.gelu(x, 'tanh')],
  ])('%s is not computed twice for its gradient', async (_, body) => {
    const ops = await expectRewritten([given(2, 3)], trained(body), { QuickGelu: 0, Gelu: 0, FastGelu: 0 })
    expect(ops.filter((op) => ['Sigmoid', 'Erf', 'Tanh'].includes(op))).toHaveLength(1)
  })
})

describe('constants', () => {
  test('of any shapes are computed before, as the runtime would', async () => {
    const side = fc.integer({ min: 1, max: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 1 << 20 }),
        fc.tuple(side, side, side),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        async (seed, shape, stretched) => {
          const random = new Random(seed)
          const a = randomGiven(random, shape, 0.5, 2)
          const b = randomGiven(
            random,
            shape.map((size, i) => (stretched[i] ? 1 : size)),
            0.5,
            2,
          )
          const body = (x: t.Tensor) => {
            const [p, q] = [a, b].map(({ data, shape }) => t.constant(data, shape)) as [t.Tensor, t.Tensor]
            const sum = t.add(t.mul(t.exp(p), q), t.div(t.sqrt(q), t.pow(p, 1.5)))
            const moved = t.reshape(t.transpose(t.maximum(t.sub(sum, 1), t.neg(t.log(q))), [2, 0, 1]), [-1])
            return { y: t.add(x, moved) }
          }
          const ops = await expectRewritten([randomGiven(random, [1])], body, {})
          expect(ops).toEqual(['Add'])
        },
      ),
      { numRuns: 10, seed: 5 },
    )
  })

  test('large ones are left to the runtime', () => {
    const program = t.trace({ x: t.float(1) }, ({ x }) => ({
      y: t.add(x, t.exp(t.constant(new Float32Array(5000), [5000]))),
    }))
    expect(program.onnx().operators).toEqual(['Exp', 'Add'])
  })

  test('numbers meet before they meet a tensor', async () => {
    await expectRewritten(
      [given(3), given()],
      (x, s) => ({ y: t.mul(t.mul(t.mul(x, s), 2), t.mul(x, 3)) }),
      // x·x, s·6 and their product.
      { Mul: 3 },
    )
  })
})

test('equal work is done once, whatever its names', async () => {
  const ops = await expectRewritten(
    [given(3)],
    (x) => ({ a: t.add(t.exp(x), 1), b: t.mul(t.exp(t.add(x, 0)), t.exp(t.neg(t.neg(x)))) }),
    { Exp: 1 },
  )
  expect(ops).toHaveLength(3)
})
