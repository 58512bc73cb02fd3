// Inference: one token, eight tokens and a prompt of 512 through a model of SmolLM2-135M's shape, beside llama.cpp (node-llama-cpp), in fp32, int8 and int4.
// Both compute the same random weights on one thread in one process, in turns; figures are medians of the process's CPU
// time. `T=8` is what checking eight drafted tokens costs: logits of every row, and the best token of each.
// llama.cpp's files are F32, Q8_0 and Q4_0, its cache is in 16 bits and ours in 32. Before anything is timed the
// logits of both are compared. Contexts are filled beforehand: what they hold takes no part in the time.
// Memory and load time are of a process of its own, up to its first token. The first run writes the model's
// files (about 1 GB) to .cache/bench and takes longer.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LlamaContextSequence, Token } from 'node-llama-cpp'
import { Random } from '../src/core/index.ts'
import { type Cache, type GgufType, loadModel, type Model, type PrecisionName } from '../src/model/index.ts'
import { inChild, note, race, type BenchOptions, type BenchRow } from './harness.ts'
import { config, ggufFile, randomCheckpoint } from './smollm.ts'

export const packages: string[] = ['node-llama-cpp', 'onnxruntime-node']

const PEER = 'node-llama-cpp'
const THREADS = 1
const PROMPT = 512
const CONTEXT = 128
const TYPES: Record<PrecisionName, GgufType> = { fp32: 'f32', int8: 'q8_0', int4: 'q4_0' }
const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url))

interface Engines {
  precision: PrecisionName
  model: Model
  cache: Cache
  /** A cache or sequence that holds `CONTEXT` and more tokens. */
  sequence: LlamaContextSequence
  close(): Promise<void>
}

function tokensOf(random: Random, count: number): number[] {
  // Not the special ones.
  return Array.from({ length: count }, () => 300 + random.int(config.vocabSize - 300))
}

function ours(precision: PrecisionName): Promise<Model> {
  return loadModel(randomCheckpoint(), { precision, threads: THREADS, cacheFolder: folder })
}

async function theirs(precision: PrecisionName, contextSize: number) {
  const { getLlama } = await import('node-llama-cpp')
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: 'error' as never,
    maxThreads: THREADS,
  })
  const model = await llama.loadModel({ modelPath: await ggufFile(folder, TYPES[precision]), gpuLayers: 0 })
  const context = await model.createContext({
    contextSize,
    batchSize: PROMPT,
    threads: THREADS,
    flashAttention: true,
  })
  return { sequence: context.getSequence(), dispose: () => llama.dispose() }
}

/** Evaluates tokens and gives the best next one of the last `rows`. */
async function llamaStep(
  sequence: LlamaContextSequence,
  ids: readonly number[],
  rows: number,
): Promise<number> {
  const results = await sequence.controlledEvaluate(
    ids.map((id, i) =>
      i < ids.length - rows ? (id as Token) : [id as Token, { generateNext: { token: true } }],
    ),
  )
  return results.at(-1)?.next.token ?? -1
}

async function ourStep(model: Model, cache: Cache, ids: readonly number[], rows: number): Promise<number> {
  const { logits } = await model.step({ ids, cache, want: { logits: rows === 1 ? 'last' : 'all' } })
  let best = 0
  for (let row = 0; row < rows; row++) {
    const from = row * config.vocabSize
    best = from
    for (let i = from; i < from + config.vocabSize; i++) if (logits![i]! > logits![best]!) best = i
    best -= from
  }
  return best
}

async function open(precision: PrecisionName): Promise<Engines> {
  const model = await ours(precision)
  const { sequence, dispose } = await theirs(precision, 4096 + 1024)
  const cache = model.cache({ capacity: 4096 + PROMPT })
  return {
    precision,
    model,
    cache,
    sequence,
    async close() {
      cache.release()
      await model.release()
      await dispose()
    },
  }
}

/** Throws when the two programs do not compute the same model. */
async function compare({ precision, model, sequence }: Engines): Promise<void> {
  const ids = tokensOf(new Random(5), 40)
  const results = await sequence.controlledEvaluate([
    ...ids.slice(0, -1).map((id) => id as Token),
    [ids.at(-1)! as Token, { generateNext: { logits: true } }],
  ])
  await sequence.clearHistory()
  const { logits } = await model.step({ ids })
  const known = results.at(-1)!.next.logits!
  let [off, size] = [0, 0]
  for (const [token, value] of known) {
    off += (value - logits![token]!) ** 2
    size += value ** 2
  }
  const error = Math.sqrt(off / size)
  note(`${precision}: logits differ from llama.cpp's by ${(100 * error).toFixed(2)} % (root mean square)`)
  const allowed = { fp32: 0.01, int8: 0.06, int4: 0.6 }[precision]
  if (!(error < allowed)) throw new Error(`${precision}: the two programs compute different models`)
}

/** Both hold `length` tokens then. */
async function fill({ precision, model, cache, sequence }: Engines, length: number): Promise<void> {
  const ids = tokensOf(new Random(length), CONTEXT)
  cache.truncate(0)
  await model.step({ ids, cache, want: { logits: 'none' } })
  const piece = cache.fork()
  while (cache.length < length) cache.append(piece)
  piece.release()
  const state = join(folder, `context-1-${length}.${precision}.state`)
  if (existsSync(state)) await sequence.loadStateFromFile(state, { acceptRisk: true })
  else {
    await sequence.clearHistory()
    for (let at = 0; at < length; at += CONTEXT) await llamaStep(sequence, ids, 0)
    if (length > CONTEXT) await sequence.saveStateToFile(state)
  }
  if (sequence.nextTokenIndex !== length || cache.length !== length)
    throw new Error('A context was not filled')
}

interface Case {
  context: number
  time: number
  rows: number
  rounds: number
}

async function measure(engines: Engines, { context, time, rows, rounds }: Case): Promise<BenchRow> {
  const { precision, model, cache, sequence } = engines
  const random = new Random(time)
  const timings = await race<number[]>({
    contestants: {
      tessera: async (ids) => {
        const best = await ourStep(model, cache, ids, rows)
        cache.truncate(context)
        return best
      },
      [PEER]: async (ids) => {
        const best = await llamaStep(sequence, ids, rows)
        await sequence.eraseContextTokenRanges([{ start: context, end: context + ids.length }])
        return best
      },
    },
    // What has been computed once is warm; a long prompt needs no long warm-up.
    input: (round) => tokensOf(random, round === 0 ? Math.min(time, 64) : time),
    rounds,
  })
  const name = time === PROMPT ? `prefill ${PROMPT} ${precision}` : `T=${time} ${precision}`
  return {
    case: context > CONTEXT ? `${name}, context ${context}` : name,
    metric: 'speed',
    unit: 'tokens/CPU-s',
    ours: (1000 * time) / timings.tessera!.cpuMs,
    peers: { [PEER]: (1000 * time) / timings[PEER]!.cpuMs },
    higherIsBetter: true,
  }
}

/** In a process of its own: from nothing to the first token. */
export async function startOurs(precision: PrecisionName): Promise<number> {
  const model = await ours(precision)
  return ourStep(model, model.cache(), [300], 1)
}

export async function startTheirs(precision: PrecisionName): Promise<number> {
  const { sequence } = await theirs(precision, 512)
  return llamaStep(sequence, [300], 1)
}

async function starts(precision: PrecisionName): Promise<BenchRow[]> {
  const mine = await inChild(import.meta.url, 'startOurs', precision)
  const other = await inChild(import.meta.url, 'startTheirs', precision)
  const row = (metric: string, unit: string, ours: number, peer: number): BenchRow => ({
    case: `start ${precision}`,
    metric,
    unit,
    ours,
    peers: { [PEER]: peer },
    higherIsBetter: false,
  })
  return [
    row('load and first token', 'ms', mine!.wallMs, other!.wallMs),
    row('memory', 'MB', (mine!.rssAfter - mine!.rssBefore) / 1e6, (other!.rssAfter - other!.rssBefore) / 1e6),
    row('peak memory', 'MB', mine!.rssPeak / 1e6, other!.rssPeak / 1e6),
  ]
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const precision of ['int8', 'int4', 'fp32'] as const) {
    const engines = await open(precision)
    await compare(engines)
    const main = precision === 'int8'
    await fill(engines, CONTEXT)
    for (const time of full ? [1, 2, 4, 8, 16] : [1, 8]) {
      rows.push(
        await measure(engines, {
          context: CONTEXT,
          time,
          rows: time,
          rounds: full ? 40 : time === 1 ? 25 : 11,
        }),
      )
    }
    for (const context of main || full ? [1024, 4096] : []) {
      await fill(engines, context)
      for (const time of full ? [1, 8] : [1]) {
        rows.push(await measure(engines, { context, time, rows: time, rounds: full ? 25 : 9 }))
      }
    }
    engines.cache.truncate(0)
    await engines.sequence.clearHistory()
    rows.push(await measure(engines, { context: 0, time: PROMPT, rows: 1, rounds: full ? 5 : main ? 3 : 1 }))
    await engines.close()
  }
  for (const precision of ['int8', 'int4', 'fp32'] as const) rows.push(...(await starts(precision)))
  return rows
}
