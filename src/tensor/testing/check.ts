// What the tests of this room share: evaluating an expression, and a gradient beside central differences.
import { expect } from 'vitest'
import type { Random } from '../../core/index.ts'
import {
  add,
  cast,
  grad,
  mul,
  range,
  reshape,
  type Result,
  Session,
  type Shape,
  sin,
  sum,
  type Tensor,
  trace,
} from '../index.ts'
import { nodesOf } from '../grad.ts'
import { onnxModel } from '../onnx/model.ts'
import type { TensorData } from '../tensor.ts'

export interface Given {
  shape: readonly number[]
  data: Float32Array
}

/** Uniform in [low, high). */
export function randomGiven(random: Random, shape: readonly number[], low = -1, high = 1): Given {
  const length = shape.reduce((product, size) => product * size, 1)
  return { shape, data: Float32Array.from({ length }, () => low + (high - low) * random.float()) }
}

type Body = (...inputs: Tensor[]) => Tensor

function specsOf(given: readonly Given[], named?: readonly Shape[]) {
  return Object.fromEntries(
    given.map(({ shape }, i) => [`x${i}`, { dtype: 'float32' as const, shape: named?.[i] ?? shape }]),
  )
}

/** Runs a function of float inputs; their dimensions are numbers, or named by `named`. */
export async function evaluate(
  given: readonly Given[],
  body: Body,
  named?: readonly Shape[],
): Promise<Result> {
  const program = trace(specsOf(given, named), (tensors) => ({
    y: body(...given.map((_, i) => tensors[`x${i}`]!)),
  }))
  const session = await Session.open(program)
  try {
    return (await session.run(Object.fromEntries(given.map((one, i) => [`x${i}`, one])))).y
  } finally {
    await session.release()
  }
}

/** The same by a graph as it was written, without rewriting: what fused forms are compared with. */
async function evaluatePlainly(given: readonly Given[], bodies: Bodies): Promise<Record<string, Result>> {
  const program = trace(specsOf(given), (tensors) => bodies(...given.map((_, i) => tensors[`x${i}`]!)))
  const ort = await import('onnxruntime-node')
  const { bytes } = onnxModel([...program.outputs])
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
  })
  try {
    const feeds = given.map(({ data, shape }, i) => [`x${i}`, new ort.Tensor('float32', data, shape)])
    const used = feeds.filter(([name]) => program.used.has(name as string))
    const results = await session.run(
      Object.fromEntries(used) as Record<string, InstanceType<typeof ort.Tensor>>,
    )
    return Object.fromEntries(
      Object.entries(results).map(([name, { data, dims }]) => [
        name,
        { data: data as TensorData, shape: dims },
      ]),
    )
  } finally {
    await session.release()
  }
}

type Bodies = (...inputs: Tensor[]) => Record<string, Tensor>

/**
 * Expects that rewriting changes no value of a graph, and that it has the named operators then, as often as said.
 * Returns the operators of the rewritten graph.
 */
export async function expectRewritten(
  given: readonly Given[],
  bodies: Bodies,
  operators: Readonly<Record<string, number>>,
): Promise<readonly string[]> {
  const program = trace(specsOf(given), (tensors) => bodies(...given.map((_, i) => tensors[`x${i}`]!)))
  const ops = program.onnx().operators
  for (const [op, times] of Object.entries(operators)) {
    expect([op, ops.filter((name) => name === op).length]).toEqual([op, times])
  }
  const plain = await evaluatePlainly(given, bodies)
  const session = await Session.open(program)
  try {
    const rewritten = await session.run(Object.fromEntries(given.map((one, i) => [`x${i}`, one])))
    for (const [name, { data, shape }] of Object.entries(plain)) {
      expect(rewritten[name]!.shape).toEqual(shape)
      const largest = Math.max(1, ...Array.from(data as Float32Array, Math.abs))
      for (const [i, value] of (data as Float32Array).entries()) {
        const error = Math.abs((rewritten[name]!.data[i] as number) - value) / largest
        if (!(error <= 1e-5)) expect.fail(`${name}[${i}]: ${rewritten[name]!.data[i]} was ${value}`)
      }
    }
  } finally {
    await session.release()
  }
  return ops
}

export interface GradientCheck {
  /** Names of the inputs' dimensions, for graphs whose sizes are known only when they run. */
  named?: readonly Shape[]
  step?: number
  /** Of the largest gradient. */
  tolerance?: number
}

/**
 * The gradient of Σ weight · body, with weights of no pattern, beside central differences of every element of every
 * input. ONNX Runtime computes in float32, so the step is large and the bound loose; a wrong rule is off by
 * far more.
 */
export async function expectGradient(
  given: readonly Given[],
  body: Body,
  { named, step = 1e-2, tolerance = 1e-2 }: GradientCheck = {},
): Promise<void> {
  const program = trace(specsOf(given, named), (tensors) => {
    const xs = given.map((_, i) => tensors[`x${i}`]!)
    const y = body(...xs)
    const flat = reshape(y, [-1])
    const weights = sin(add(cast(range(flat.shape[0]!), 'float32'), 0.7))
    const loss = sum(mul(flat, weights))
    const gradients = grad(loss, xs)
    return { loss, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) } as Record<string, Tensor>
  })
  const session = await Session.open(program)
  try {
    const lossAt = async (inputs: readonly Given[]) => {
      return session.run(Object.fromEntries(inputs.map((one, i) => [`x${i}`, one])))
    }
    const exact = await lossAt(given)
    for (const [i, one] of given.entries()) {
      const gradient = exact[`g${i}`]!
      expect(gradient.shape).toEqual(one.shape)
      const largest = Math.max(1, ...Array.from(gradient.data as Float32Array, Math.abs))
      for (let at = 0; at < one.data.length; at++) {
        const moved = async (by: number) => {
          const data = one.data.slice()
          data[at]! += by
          const inputs = given.map((other, j) => (j === i ? { shape: one.shape, data } : other))
          return (await lossAt(inputs)).loss!.data[0] as number
        }
        const slope = ((await moved(step)) - (await moved(-step))) / (2 * step)
        const error = Math.abs(slope - (gradient.data[at] as number)) / largest
        if (!(error <= tolerance)) {
          expect.fail(`input ${i}, element ${at}: gradient ${gradient.data[at]}, central difference ${slope}`)
        }
      }
    }
  } finally {
    await session.release()
  }
}

export interface SlopeCheck {
  /** Names of the operators on the way are added here. */
  seen?: Set<string>
  random: Random
  step?: number
}

/**
 * The gradient of Σ weight · body along random directions of all inputs at once, beside central differences: two
 * runs a direction, whatever the sizes.
 */
export async function expectSlope(
  given: readonly Given[],
  body: Body,
  { seen, random, step = 1e-2 }: SlopeCheck,
): Promise<void> {
  const program = trace(specsOf(given), (tensors) => {
    const xs = given.map((_, i) => tensors[`x${i}`]!)
    const y = body(...xs)
    for (const node of nodesOf([y])) seen?.add(node.op)
    const flat = reshape(y, [-1])
    const weights = sin(add(cast(range(flat.shape[0]!), 'float32'), 0.7))
    const loss = sum(mul(flat, weights))
    const gradients = grad(loss, xs)
    return { loss, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) } as Record<string, Tensor>
  })
  const session = await Session.open(program)
  try {
    const run = (inputs: readonly Given[]) =>
      session.run(Object.fromEntries(inputs.map((one, i) => [`x${i}`, one])))
    const exact = await run(given)
    for (let direction = 0; direction < 2; direction++) {
      const ways = given.map(({ data }) => data.map(() => 2 * random.float() - 1))
      const moved = async (by: number) => {
        const inputs = given.map(({ shape, data }, i) => ({
          shape,
          data: data.map((value, at) => value + by * ways[i]![at]!),
        }))
        return (await run(inputs)).loss!.data[0] as number
      }
      const difference = ((await moved(step)) - (await moved(-step))) / (2 * step)
      let slope = 0
      let size = 1
      for (const [i, way] of ways.entries()) {
        const gradient = exact[`g${i}`]!
        expect(gradient.shape).toEqual(given[i]!.shape)
        for (const [at, part] of (gradient.data as Float32Array).entries()) {
          slope += part * way[at]!
          size += Math.abs(part * way[at]!)
        }
      }
      if (!(Math.abs(slope - difference) <= 1e-2 * size)) {
        const shapes = given.map(({ shape }) => `[${shape.join(', ')}]`).join(', ')
        expect.fail(`inputs ${shapes}: slope ${slope}, central difference ${difference}`)
      }
    }
  } finally {
    await session.release()
  }
}
