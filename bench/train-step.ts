// Training: a step of a 5.8 M-parameter GPT, beside the bare matrix products of that step in plain ONNX Runtime, and the same step in jax-js.
// A step is forward, backward, clipping and AdamW: 6·N·P + 12·N·T·d·L floating point operations for N tokens and P
// parameters in products (the tied embedding counts once, gains do not), attention in full though its mask is causal;
// what else a step computes is not counted. `ort-matmul` multiplies matrices of exactly those shapes, one MatMul for
// each product, and gives back one number of each. All run in turns in one process, ours and the products several
// steps at a time (the trainer's stepsPerRun), jax-js one; the losses must agree first.
import { cpus } from 'node:os'
import { Random } from '../src/core/index.ts'
import { type DecoderConfig, familyOf, trainingLogits } from '../src/model/index.ts'
import {
  adamW,
  concat,
  crossEntropy,
  type Feed,
  float,
  type InputSpec,
  ints,
  matmul,
  Parameters,
  reshape,
  Session,
  slice,
  type Tensor,
  trace,
  Trainer,
} from '../src/tensor/index.ts'
import { note, race, type BenchOptions, type BenchRow } from './harness.ts'
import { jaxStep } from './train-step-jax.ts'

export const packages: string[] = ['onnxruntime-node', '@jax-js/jax']

const BATCH = 4
const TIME = 256
const RATE = 1e-3
const STEPS_PER_RUN = 4
const description = {
  architectures: ['LlamaForCausalLM'],
  vocab_size: 4096,
  hidden_size: 256,
  num_hidden_layers: 6,
  num_attention_heads: 4,
  intermediate_size: 688,
  tie_word_embeddings: true,
  rms_norm_eps: 1e-5,
  max_position_embeddings: TIME,
}
const family = familyOf(description)
const config: DecoderConfig = family.config(description)

/** `count` products `[batch, m, k] × [batch, k, n]`. */
interface Product {
  batch: number
  m: number
  k: number
  n: number
  count: number
}

/** Every matrix product of a step: each layer's forward ones, and two backward for each. */
function products(c: DecoderConfig): Product[] {
  const threeOf = (batch: number, m: number, k: number, n: number, count: number): Product[] => [
    { batch, m, k, n, count },
    { batch, m, k: n, n: k, count },
    { batch, m: k, k: m, n, count },
  ]
  const rows = BATCH * TIME
  const attending = BATCH * c.heads
  return [
    ...threeOf(1, rows, c.dim, 3 * c.dim, c.layers),
    ...threeOf(1, rows, c.dim, c.dim, c.layers),
    ...threeOf(1, rows, c.dim, 2 * c.hidden, c.layers),
    ...threeOf(1, rows, c.hidden, c.dim, c.layers),
    ...threeOf(1, rows, c.dim, c.vocabSize, 1),
    ...threeOf(attending, TIME, c.headDim, TIME, c.layers),
    ...threeOf(attending, TIME, TIME, c.headDim, c.layers),
  ]
}

function operations(list: readonly Product[]): number {
  return list.reduce((sum, { batch, m, k, n, count }) => sum + 2 * batch * m * k * n * count, 0)
}

/** A session of these products and nothing else. Every right-hand matrix is one of its own, as in the step. */
async function bareProducts(list: readonly Product[], threads: number): Promise<() => Promise<unknown>> {
  const inputs: Record<string, InputSpec> = {}
  const program = (() => {
    const pairs = list.flatMap(({ batch, m, k, n, count }, i) => {
      inputs[`a${i}`] = float(batch, m, k)
      return Array.from({ length: count }, (_, j) => {
        inputs[`b${i}.${j}`] = float(batch, k, n)
        return [`a${i}`, `b${i}.${j}`] as const
      })
    })
    return trace(inputs, (x: Record<string, Tensor>) => {
      const corner = (y: Tensor) => reshape(slice(slice(slice(y, 0, 0, 1), 1, 0, 1), 2, 0, 1), [1])
      return {
        y: concat(
          pairs.map(([a, b]) => corner(matmul(x[a]!, x[b]!))),
          0,
        ),
      }
    })
  })()
  const session = await Session.open(program, { threads })
  const random = new Random(2)
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => {
      const length = (shape as number[]).reduce((size, dim) => size * dim, 1)
      return [name, Float32Array.from({ length }, () => random.float() - 0.5)]
    }),
  )
  return () => session.run(feeds)
}

interface Batch {
  ids: Int32Array
  targets: Int32Array
}

/** Random tokens: what they are makes no difference to the work. */
function batchesOf(round: number): Batch[] {
  const random = new Random(round + 1)
  return Array.from({ length: STEPS_PER_RUN }, () => {
    const tokens = Int32Array.from({ length: BATCH * TIME + 1 }, () => random.int(config.vocabSize))
    return { ids: tokens.slice(0, -1), targets: tokens.slice(1) }
  })
}

function feedsOf({ ids, targets }: Batch): Record<string, Feed> {
  return { ids: BigInt64Array.from(ids, BigInt), targets: BigInt64Array.from(targets, BigInt) }
}

/**
 * Medians of milliseconds a step, everybody on so many threads; jax-js has one. On one thread it is CPU time, which
 * a busy machine changes least.
 */
async function measure(threads: number, rounds: number, jax: boolean): Promise<Record<string, number>> {
  const fresh = () => Parameters.initialised(family.parameters(config), 1)
  const trainer = await Trainer.open(
    fresh(),
    { ids: ints(BATCH, TIME), targets: ints(BATCH, TIME) },
    (weights, { ids, targets }) => crossEntropy(trainingLogits(family, config, weights, ids!), targets!),
    { optimiser: adamW(), schedule: () => RATE, threads, stepsPerRun: STEPS_PER_RUN },
  )
  const bare = await bareProducts(products(config), threads)
  const contestants: Record<string, (batches: readonly Batch[]) => Promise<unknown>> = {
    tessera: (batches) => trainer.trainSeveral(batches.map(feedsOf)),
    'ort-matmul': async (batches) => {
      for (const _ of batches) await bare()
    },
  }
  if (jax) {
    const other = await jaxStep(config, fresh(), [BATCH, TIME], RATE)
    const batches = batchesOf(0)
    const ours = await trainer.trainSeveral(batches.map(feedsOf))
    for (const [step, batch] of batches.entries()) {
      const { loss } = ours[step]!
      const theirs = await other.train(batch.ids, batch.targets)
      if (!(Math.abs(loss - theirs) < 1e-3)) throw new Error(`Losses of step ${step}: ${loss}, ${theirs}`)
    }
    contestants['@jax-js/jax'] = ([batch]) => other.train(batch!.ids, batch!.targets)
  }
  const timings = await race({ contestants, input: batchesOf, rounds, warmup: 1 })
  const steps = (name: string) => (name === '@jax-js/jax' ? 1 : STEPS_PER_RUN)
  for (const [name, { wallMs, cpuMs }] of Object.entries(timings)) {
    const [wall, cpu] = [wallMs, cpuMs].map((time) => (time / steps(name)).toFixed(0))
    note(`${threads} threads, ${name}: ${wall} ms a step, ${cpu} ms of CPU`)
  }
  await trainer.release()
  return Object.fromEntries(
    Object.entries(timings).map(([name, { wallMs, cpuMs }]) => [
      name,
      (threads === 1 ? cpuMs : wallMs) / steps(name),
    ]),
  )
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const work = operations(products(config)) / 1e9
  note(`${work.toFixed(1)} GFLOP for a step of ${BATCH * TIME} tokens`)
  const rows: BenchRow[] = []
  const cores = cpus().length
  for (const threads of cores > 1 ? [1, cores] : [1]) {
    const { tessera, ...peers } = await measure(threads, full ? 20 : 7, threads === 1)
    const per = threads === 1 ? 'CPU-s' : 's'
    const row = (unit: string, amount: number, names: readonly string[]): BenchRow => {
      const rate = (milliseconds: number) => (amount / milliseconds) * 1000
      const known = names.filter((name) => name in peers)
      return {
        case: threads === 1 ? 'gpt 5.8M' : `gpt 5.8M, ${threads} threads`,
        metric: 'train step',
        unit: `${unit}/${per}`,
        ours: rate(tessera!),
        peers: Object.fromEntries(known.map((name) => [name, rate(peers[name]!)])),
        higherIsBetter: true,
      }
    }
    rows.push(row('tokens', BATCH * TIME, ['@jax-js/jax']), row('GFLOP', work, Object.keys(peers)))
  }
  return rows
}
