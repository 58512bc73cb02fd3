// Every operation that this room offers has its gradient checked here over random shapes; the lists at the end
// fail when one is added without a check.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../core/index.ts'
import { DIFFERENTIABLE } from './gradient-rules.ts'
import * as t from './index.ts'
import * as activations from './ops/activations.ts'
import * as attention from './ops/attention.ts'
import * as contract from './ops/contract.ts'
import * as conv from './ops/conv.ts'
import * as elementwise from './ops/elementwise.ts'
import * as indexOps from './ops/index-ops.ts'
import * as layout from './ops/layout.ts'
import * as masks from './ops/masks.ts'
import * as norms from './ops/norms.ts'
import * as reduce from './ops/reduce.ts'
import { evaluate, expectSlope, type Given, randomGiven } from './testing/check.ts'

type Body = (...inputs: t.Tensor[]) => t.Tensor
interface Case {
  given: readonly Given[]
  body: Body
}
/** A random case: shapes, values and what is done with them. */
type Check = (draw: Draw) => Case

const seen = new Set<string>()

/** Random choices of one case. */
class Draw {
  readonly random: Random

  constructor(seed: number) {
    this.random = new Random(seed)
  }
  int(low: number, high: number): number {
    return low + this.random.int(high - low + 1)
  }
  shape(minRank = 0, maxRank = 3): number[] {
    return Array.from({ length: this.int(minRank, maxRank) }, () => this.int(1, 4))
  }
  /** Two shapes that broadcast to one: axes of size 1, axes left out. */
  pair(): [number[], number[]] {
    const whole = this.shape(1)
    const part = () => {
      const stretched = whole.map((size) => (this.random.float() < 0.3 ? 1 : size))
      return this.random.float() < 0.3 ? stretched.slice(this.int(0, whole.length)) : stretched
    }
    return [part(), part()]
  }
  axis(shape: readonly number[]): number {
    return this.int(0, shape.length - 1) - (this.random.float() < 0.5 ? shape.length : 0)
  }
  any(...shape: number[]): Given {
    return randomGiven(this.random, shape)
  }
  /** Away from zero, for poles and kinks there. */
  positive(...shape: number[]): Given {
    return randomGiven(this.random, shape, 0.4, 1.8)
  }
  /** No two values nearer than a step, and none near a half or a whole number, for kinks between elements. */
  apart(...shape: number[]): Given {
    const one = this.any(...shape)
    const order = this.random.shuffle([...one.data.keys()])
    for (const [i, at] of order.entries()) one.data[at] = 0.1 + 0.06 * i
    return one
  }
  indices(below: number, ...shape: number[]): t.Tensor {
    const length = shape.reduce((n, size) => n * size, 1)
    const data = BigInt64Array.from({ length }, () => BigInt(this.random.int(below)))
    return t.constant(data, shape)
  }
}

const unary =
  (body: Body, values: 'any' | 'positive' | 'apart' = 'any'): Check =>
  (draw) => ({ given: [draw[values](...draw.shape())], body })

const binary =
  (body: Body): Check =>
  (draw) => {
    const [a, b] = draw.pair()
    return { given: [draw.positive(...a), draw.positive(...b)], body }
  }

/** Along an axis of a tensor that has one. */
const along =
  (body: (x: t.Tensor, axis: number, draw: Draw) => t.Tensor, values: 'any' | 'apart' = 'any'): Check =>
  (draw) => {
    const shape = draw.shape(1)
    const axis = draw.axis(shape)
    return { given: [draw[values](...shape)], body: (x) => body(x, axis, draw) }
  }

const convolution =
  (transposed: boolean): Check =>
  (draw) => {
    const groups = draw.int(1, 2)
    const [batch, channels, out, size] = [
      draw.int(1, 2),
      draw.int(1, 2),
      draw.int(1, 2) * groups,
      draw.int(1, 3),
    ]
    const options = {
      groups,
      stride: draw.int(1, 3),
      dilation: draw.int(1, 2),
      padding: [draw.int(0, 1), draw.int(0, 1)] as const,
    }
    const time = draw.int(6, 9)
    const weight = draw.any(out, channels, size)
    return transposed
      ? { given: [draw.any(batch, out, time), weight], body: (x, w) => t.convTranspose1d(x, w, options) }
      : { given: [draw.any(batch, channels * groups, time), weight], body: (x, w) => t.conv1d(x, w, options) }
  }

/** Without a product of the operation's value with something, gradients of linear ones would be constant. */
const bent = (y: t.Tensor) => t.mul(y, t.add(y, 0.5))

const CHECKS: Record<string, Check> = {
  neg: unary(t.neg),
  abs: unary(t.abs, 'positive'),
  exp: unary(t.exp),
  log: unary(t.log, 'positive'),
  sqrt: unary(t.sqrt, 'positive'),
  reciprocal: unary(t.reciprocal, 'positive'),
  tanh: unary(t.tanh),
  sigmoid: unary(t.sigmoid),
  erf: unary(t.erf),
  sin: unary(t.sin),
  cos: unary(t.cos),
  relu: unary((x) => t.relu(t.sub(x, 0.07)), 'apart'),
  silu: unary(t.silu),
  gelu: (draw) => unary((x) => t.gelu(x, draw.int(0, 1) ? 'erf' : 'tanh'))(draw),
  quickGelu: unary(t.quickGelu),
  softplus: unary(t.softplus),
  logSigmoid: unary(t.logSigmoid),
  leakyRelu: unary((x) => t.leakyRelu(t.sub(x, 0.43), 0.2), 'apart'),
  softsign: unary(t.softsign, 'positive'),
  square: unary(t.square),
  clip: unary((x) => t.clip(x, 0.43, 0.73), 'apart'),
  cast: unary((x) => t.cast(bent(x), 'float32')),
  add: binary(t.add),
  sub: binary(t.sub),
  mul: binary(t.mul),
  div: binary(t.div),
  pow: binary(t.pow),
  maximum: (draw) => {
    const [a, b] = draw.pair()
    return {
      given: [draw.apart(...a), draw.any(...b)],
      body: (x, y) => t.maximum(x, t.mul(t.add(t.sign(y), 2), 0.37)),
    }
  },
  minimum: (draw) => {
    const [a, b] = draw.pair()
    return {
      given: [draw.apart(...a), draw.any(...b)],
      body: (x, y) => t.minimum(t.mul(t.add(t.sign(y), 2), 0.37), x),
    }
  },
  where: (draw) => {
    const [a, b] = draw.pair()
    const choice = draw.apart(...draw.pair()[0].slice(-1), 1)
    return {
      given: [draw.any(...a), draw.any(...b)],
      body: (x, y) => t.where(t.greater(t.constant(choice.data, choice.shape), 0.15), t.mul(x, x), bent(y)),
    }
  },
  sum: along((x, axis, draw) => bent(t.sum(x, [axis], { keep: draw.int(0, 1) === 1 }))),
  mean: along((x, axis, draw) => bent(t.mean(x, draw.int(0, 1) ? [axis] : undefined))),
  max: along((x, axis) => bent(t.max(x, [axis])), 'apart'),
  min: along((x, axis) => bent(t.min(x, [axis], { keep: true })), 'apart'),
  variance: along((x, axis) => t.variance(x, [axis])),
  logSumExp: along((x, axis) => t.logSumExp(x, axis)),
  expand: (draw) => {
    const shape = draw.shape()
    const small = shape.map((size) => (draw.random.float() < 0.5 ? 1 : size)).slice(draw.int(0, shape.length))
    return { given: [draw.any(...small)], body: (x) => bent(t.expand(x, shape)) }
  },
  reshape: unary((x) => bent(t.reshape(x, [-1]))),
  unsqueeze: along((x, axis) => bent(t.unsqueeze(x, axis))),
  squeeze: along((x, axis) => bent(t.squeeze(t.unsqueeze(x, axis), axis))),
  transpose: (draw) => {
    const shape = draw.shape(2, 4)
    const order = draw.random.shuffle([...shape.keys()])
    return {
      given: [draw.any(...shape)],
      body: (x) => bent(t.transpose(x, draw.int(0, 1) ? order : undefined)),
    }
  },
  slice: along((x, axis, draw) => {
    const size = x.shape.at(axis) as number
    const start = draw.int(0, size - 1)
    return bent(t.slice(x, axis, start, draw.int(start + 1, size), draw.int(1, 3)))
  }),
  concat: (draw) => {
    const shape = draw.shape(1)
    const axis = draw.axis(shape)
    const other = shape.map((size, i) => (i === (axis + shape.length) % shape.length ? draw.int(1, 3) : size))
    return {
      given: [draw.any(...shape), draw.any(...other)],
      body: (a, b) => bent(t.concat([a, b, a], axis)),
    }
  },
  stack: unary((x) => bent(t.stack([x, t.sin(x)], 0))),
  tile: along((x, axis, draw) => bent(t.tile(x, axis, draw.int(1, 3)))),
  split: along((x, axis, draw) => {
    const size = x.shape.at(axis) as number
    const first = draw.int(1, size)
    const parts = t.split(x, first < size ? [first, size - first] : [size], axis)
    // The last piece may have no use at all.
    return draw.int(0, 1) ? bent(parts[0]!) : t.concat(parts.map(bent), axis)
  }),
  pad: along((x, axis, draw) => bent(t.pad(x, axis, draw.int(0, 2), draw.int(0, 2)))),
  flip: along((x, axis) => bent(t.cumSum(t.flip(x, axis), axis))),
  gather: along((x, axis, draw) => {
    return bent(t.gather(x, draw.indices(x.shape.at(axis) as number, ...draw.shape(0, 2)), axis))
  }),
  gatherElements: along((x, axis, draw) => {
    const shape = x.shape.map((size, i) =>
      i === (axis + x.rank) % x.rank ? draw.int(1, 3) : (size as number),
    )
    return bent(t.gatherElements(x, draw.indices(x.shape.at(axis) as number, ...shape), axis))
  }),
  scatterRows: (draw) => {
    const [rows, width] = [draw.int(2, 4), draw.int(1, 3)]
    const adds = draw.int(0, 1) === 1
    const picked = draw.random.shuffle(Array.from({ length: rows }, (_, i) => i)).slice(0, 2)
    // Equal indices only where they are added.
    const indices = t.constant(BigInt64Array.from(adds ? [1, 1] : picked, BigInt), [2])
    return {
      given: [draw.any(rows, width), draw.any(2, width)],
      body: (x, updates) => bent(t.scatterRows(x, indices, updates, adds ? 'add' : 'none')),
    }
  },
  scatterElements: (draw) => {
    const [rows, width] = [draw.int(1, 3), draw.int(2, 4)]
    const adds = draw.int(0, 1) === 1
    const indices = draw.indices(width, rows, 1)
    return {
      given: [draw.any(rows, width), draw.any(rows, 1)],
      body: (x, updates) => bent(t.scatterElements(x, indices, updates, -1, adds ? 'add' : 'none')),
    }
  },
  topK: along(
    (x, axis, draw) => bent(t.topK(x, draw.int(1, x.shape.at(axis) as number), axis).values),
    'apart',
  ),
  cumSum: along((x, axis, draw) => {
    return bent(t.cumSum(x, axis, { exclusive: draw.int(0, 1) === 1, reverse: draw.int(0, 1) === 1 }))
  }),
  tril: (draw) => ({ given: [draw.any(...draw.shape(2))], body: (x) => bent(t.tril(x, draw.int(-1, 1))) }),
  triu: (draw) => ({ given: [draw.any(...draw.shape(2))], body: (x) => bent(t.triu(x, draw.int(-1, 1))) }),
  matmul: (draw) => {
    const [m, k, n] = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)]
    const [a, b] = draw.pair()
    return {
      given: [draw.any(...(draw.int(0, 1) ? a : []), m, k), draw.any(...(draw.int(0, 1) ? b : []), k, n)],
      body: t.matmul,
    }
  },
  softmax: along((x, axis) => t.softmax(x, axis)),
  logSoftmax: along((x, axis) => t.logSoftmax(x, axis)),
  negativeLogLikelihood: (draw) => {
    const shape = draw.shape(0, 2)
    const targets = draw.indices(4, ...shape)
    return { given: [draw.any(...shape, 4)], body: (x) => bent(t.negativeLogLikelihood(x, targets)) }
  },
  crossEntropy: (draw) => {
    const shape = draw.shape(1, 2)
    const targets = draw.indices(4, ...shape)
    const weights = draw.positive(...shape)
    return draw.int(0, 1)
      ? { given: [draw.any(...shape, 4)], body: (x) => t.crossEntropy(x, targets) }
      : { given: [draw.any(...shape, 4), weights], body: (x, w) => t.crossEntropy(x, targets, w) }
  },
  attention: (draw) => {
    const [queries, keys, width] = [draw.int(1, 3), draw.int(1, 3), draw.int(1, 3)]
    const batch = draw.shape(0, 2)
    const bias = draw.int(0, 1) ? [draw.any(queries, keys)] : []
    return {
      given: [...[queries, keys, keys].map((time) => draw.any(...batch, time, width)), ...bias],
      body: (q, k, v, bias) => t.attention(q!, k!, v!, { bias, ...(draw.int(0, 1) && { scale: 0.7 }) }),
    }
  },
  rotary: (draw) => {
    const [batch, time, half] = [draw.int(1, 2), draw.int(1, 3), draw.int(1, 2)]
    const angles = draw.any(batch, time, 1, half)
    return {
      given: [draw.any(batch, time, draw.int(1, 2), 2 * half)],
      body: (x) => {
        const a = t.constant(angles.data, angles.shape)
        return bent(t.rotary(x, t.cos(a), t.sin(a)))
      },
    }
  },
  rmsNorm: (draw) => {
    const shape = draw.shape(1)
    return {
      given: [draw.positive(...shape), draw.any(shape.at(-1)!)],
      body: (x, gain) => bent(t.rmsNorm(x, gain)),
    }
  },
  layerNorm: (draw) => {
    const shape = [...draw.shape(0, 2), draw.int(3, 4)]
    const vector = () => draw.any(shape.at(-1)!)
    return draw.int(0, 1)
      ? { given: [draw.apart(...shape), vector()], body: (x, gain) => t.layerNorm(x, gain, null, 0.1) }
      : {
          given: [draw.apart(...shape), vector(), vector()],
          body: (x, gain, bias) => t.layerNorm(x, gain, bias, 0.1),
        }
  },
  conv1d: convolution(false),
  convTranspose1d: convolution(true),
}

/** Whole numbers and truth values have no slope, steps have none almost everywhere. */
const WITHOUT_SLOPE: Record<string, Body> = {
  sign: t.sign,
  floor: t.floor,
  ceil: t.ceil,
  round: t.round,
  equal: (x) => t.equal(x, 0.5),
  less: (x) => t.less(x, 0.5),
  lessOrEqual: (x) => t.lessOrEqual(x, 0.5),
  greater: (x) => t.greater(x, 0.5),
  greaterOrEqual: (x) => t.greaterOrEqual(x, 0.5),
  and: (x) => t.and(t.less(x, 1), t.less(0, x)),
  or: (x) => t.or(t.less(x, 1), t.less(0, x)),
  not: (x) => t.not(t.less(x, 1)),
  isNaN: t.isNaN,
  mod: (x) => t.mod(t.cast(x, 'int32'), 3),
  argmax: (x) => t.argmax(x, 0),
  argmin: (x) => t.argmin(x, 0),
  all: (x) => t.all(t.less(x, 1), 0),
  any: (x) => t.any(t.less(x, 1), 0),
  oneHot: (x) => t.oneHot(t.cast(x, 'int64'), 3),
}

/** Take no tensor to be differentiated, or are checked as parts of all others. */
const NO_OPERATIONS = ['broadcastShapes', 'ONNX_TYPES', 'zeros', 'ones', 'range', 'dimSize', 'causalBias']
const INTERNAL = ['foldedElements', 'unbroadcast', 'convGradient', 'convTransposeGradient']

describe('gradients beside central differences, over random shapes', () => {
  test.each(Object.keys(CHECKS))('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1 << 28 }), async (seed) => {
        const draw = new Draw(seed)
        const { given, body } = CHECKS[name]!(draw)
        await expectSlope(given, body, { seen, random: new Random(seed + 1), step: 3e-3 })
      }),
      { numRuns: 6, seed: 7 },
    )
  })
})

test.each(Object.keys(WITHOUT_SLOPE))('%s lets no gradient through', async (name) => {
  const x = randomGiven(new Random(4), [3])
  const { data } = await evaluate([x], (x) => {
    const y = t.cast(WITHOUT_SLOPE[name]!(x), 'float32')
    const [gradient] = t.grad(t.sum(t.add(t.mul(t.sum(y), 2), t.mul(t.sum(x), 0))), [x])
    return gradient!
  })
  expect([...(data as Float32Array)]).toEqual([0, 0, 0])
})

describe('nothing is left out', () => {
  test('every operation has a check', () => {
    const rooms = [
      activations,
      attention,
      contract,
      conv,
      elementwise,
      indexOps,
      layout,
      masks,
      norms,
      reduce,
    ]
    const offered = rooms.flatMap((room) => Object.keys(room))
    const known = { ...CHECKS, ...WITHOUT_SLOPE }
    const others = new Set([...NO_OPERATIONS, ...INTERNAL])
    expect(offered.filter((name) => !(name in known) && !others.has(name))).toEqual([])
    const there = new Set(offered)
    expect(Object.keys(known).filter((name) => !there.has(name))).toEqual([])
  })

  test('every gradient rule has been used by one', () => {
    const withoutSlope = new Set<string>()
    t.trace({ x: t.float(3) }, ({ x }) => {
      for (const body of Object.values(WITHOUT_SLOPE)) collect(body(x).node, withoutSlope)
      return { x }
    })
    // Others are the grammar of differentiation itself (grad.test.ts).
    const control = new Set(['StopGradient', 'WithGradient', 'DimSize'])
    const unused = DIFFERENTIABLE.filter((op) => !seen.has(op) && !withoutSlope.has(op) && !control.has(op))
    expect(unused).toEqual([])
  })
})

function collect(node: t.Tensor['node'], into: Set<string>): void {
  into.add(node.op)
  for (const x of node.inputs) if (x) collect(x.node, into)
}
