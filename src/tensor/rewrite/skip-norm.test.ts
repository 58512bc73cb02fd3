import { expect, test } from 'vitest'
import { Random } from '../../core/index.ts'
import * as t from '../index.ts'
import { evaluate, randomGiven } from '../testing/check.ts'

const random = new Random(5)

function operators(program: t.Program): string {
  return new TextDecoder('latin1').decode(program.onnx().bytes)
}

test('a residual sum and its norm are one operator, and give what they gave apart', async () => {
  const given = [[2, 3, 8], [2, 3, 8], [8], [2, 3, 8]].map((shape) => randomGiven(random, shape))
  const body = (a: t.Tensor, b: t.Tensor, gain: t.Tensor, c: t.Tensor) => {
    const first = t.add(a, b)
    const second = t.add(first, t.mul(t.rmsNorm(first, gain), c))
    return t.add(second, t.rmsNorm(second, gain))
  }
  const specs = {
    a: t.float('n', 'm', 8),
    b: t.float('n', 'm', 8),
    gain: t.float(8),
    c: t.float('n', 'm', 8),
  }
  const names = operators(t.trace(specs, ({ a, b, gain, c }) => ({ y: body(a, b, gain, c) })))
  expect(names.match(/SkipSimplifiedLayerNormalization/g)).toHaveLength(2)
  const fused = await evaluate(given, body)
  // The same with norms that no rule knows.
  const plain = await evaluate(given, (a, b, gain, c) => {
    const norm = (x: t.Tensor) =>
      t.mul(t.div(x, t.sqrt(t.add(t.mean(t.square(x), [-1], { keep: true }), 1e-6))), gain)
    const first = t.add(a, b)
    const second = t.add(first, t.mul(norm(first), c))
    return t.add(second, norm(second))
  })
  for (const [i, value] of (plain.data as Float32Array).entries()) expect(fused.data[i]).toBeCloseTo(value, 5)
})

test('pieces of a reshaped axis are split off before the reshape', async () => {
  const x = randomGiven(random, [2, 12])
  const body = (x: t.Tensor) => {
    const [a, b] = t.split(t.reshape(x, [x.shape[0]!, 6, 2]), [4, 2], 1) as [t.Tensor, t.Tensor]
    return t.concat([t.reshape(b, [-1]), t.reshape(a, [-1])], 0)
  }
  const result = await evaluate([x], body, [['batch', 12]])
  const rows = [0, 12].map((from) => x.data.subarray(from, from + 12))
  expect([...result.data]).toEqual([
    ...rows.flatMap((row) => [...row.subarray(8)]),
    ...rows.flatMap((row) => [...row.subarray(0, 8)]),
  ])
  const program = t.trace({ x: t.float('batch', 12) }, ({ x }) => ({ y: body(x) }))
  // Split, two reshapes, Concat.
  expect(program.onnx().nodes).toBe(4)
})
