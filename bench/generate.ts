// Generation: tokens per second of the public `generate`, sampling, text and constraints included, beside the bare steps of the same model.
// A model of SmolLM2-135M's shape (49,152 ids, random weights, int8) with GPT-2's vocabulary goes on for 32 tokens from a
// context of 128, on one thread; both do 33 steps (the last one puts the last token into the cache). Masks: what
// the first state of a constraint costs for a large vocabulary, and what a state that is known costs.
import { fileURLToPath } from 'node:url'
import { compileConstraint, generate, type GenerateOptions } from '../src/decode/index.ts'
import { type Cache, loadModel, type Model } from '../src/model/index.ts'
import { loadTokenizer } from '../src/tokenizer/index.ts'
import { type BenchOptions, type BenchRow, consume, median, race } from './harness.ts'
import { randomCheckpoint } from './smollm.ts'

export const packages: string[] = ['onnxruntime-node']

const CONTEXT = 128
const TOKENS = 32
const folder = fileURLToPath(new URL('../../.cache/bench/', import.meta.url))

/** No end token comes, so that all go equally far. */
const endless = { stopTokens: [0], logitBias: { 0: -Infinity }, maxTokens: TOKENS }
const CASES: Record<string, GenerateOptions> = {
  greedy: { maxTokens: TOKENS },
  'temperature, top-k, top-p, min-p': {
    ...endless,
    temperature: 0.9,
    topK: 50,
    topP: 0.95,
    minP: 0.02,
    seed: 1,
  },
  'temperature, top-p of all ids': { ...endless, temperature: 1, topP: 0.95, seed: 1 },
  'penalties, stop strings, log-probabilities': {
    ...endless,
    temperature: 0.9,
    topP: 0.95,
    repetitionPenalty: 1.1,
    frequencyPenalty: 0.2,
    stop: ['\n\nQ:', '<end>'],
    logprobs: 5,
    seed: 1,
  },
  'a regular expression': { ...endless, temperature: 0.9, constraint: { regex: '[^"]*' }, seed: 1 },
}

async function measure(
  model: Model,
  cache: Cache,
  [name, options]: [string, GenerateOptions],
  rounds: number,
): Promise<BenchRow> {
  const own = async (id: number) => {
    const { ids } = await generate(model, [id], { ...options, cache }).result
    if (ids.length !== TOKENS) throw new Error(`${name}: ${ids.length} tokens in place of ${TOKENS}`)
    consume(ids)
    cache.truncate(CONTEXT)
  }
  const bare = async (id: number) => {
    for (let i = 0; i <= TOKENS; i++) consume((await model.step({ ids: [id + i], cache })).logits)
    cache.truncate(CONTEXT)
  }
  const timings = await race({ contestants: { tessera: own, bare }, input: (round) => 300 + round, rounds })
  return {
    case: name,
    metric: 'speed',
    unit: 'tokens/CPU-s',
    ours: (1000 * TOKENS) / timings.tessera!.cpuMs,
    peers: { 'Model.step': (1000 * TOKENS) / timings.bare!.cpuMs },
    higherIsBetter: true,
  }
}

async function masks(): Promise<BenchRow[]> {
  const tokenizer = await loadTokenizer('qwen3')
  const schema = {
    properties: { name: { type: 'string' }, city: { type: 'string' }, age: { type: 'integer', minimum: 0 } },
    required: ['name', 'city', 'age'],
  }
  // The tree of the vocabulary is made once for a tokenizer.
  compileConstraint({ choice: ['a'] }, tokenizer)
  const [compile, first, known, alike]: number[][] = [[], [], [], []]
  const timed = <T>(into: number[], work: () => T): T => {
    const from = process.cpuUsage()
    const value = work()
    const { user, system } = process.cpuUsage(from)
    into.push((user + system) / 1000)
    return value
  }
  const opening = tokenizer.encode('{"name":"', { template: false })
  for (let round = 0; round < 12; round++) {
    const constraint = timed(compile!, () => compileConstraint({ schema }, tokenizer))
    let state = constraint.start
    for (const id of opening) state = state.next(id)
    consume(timed(first!, () => state.mask()))
    consume(timed(known!, () => state.mask()))
    // The same inside of another property.
    let other = state
    for (const id of tokenizer.encode('x", "city":"', { template: false })) other = other.next(id)
    consume(timed(alike!, () => other.mask()))
  }
  const row = (name: string, times: number[]): BenchRow => ({
    case: name,
    metric: 'time, 151,669 ids',
    unit: 'CPU-ms',
    ours: median(times),
    peers: {},
    higherIsBetter: false,
  })
  return [
    row('compile a JSON schema', compile!),
    row('mask inside a string, new state', first!),
    row('mask inside another string', alike!),
    row('mask, known state', known!),
  ]
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const rows = await masks()
  const tokenizer = await loadTokenizer('gpt2')
  const checkpoint = { ...randomCheckpoint(), tokenizer }
  const model = await loadModel(checkpoint, { precision: 'int8', threads: 1, cacheFolder: folder })
  const cache = model.cache({ capacity: CONTEXT + TOKENS + 2 })
  const prompt = Array.from({ length: CONTEXT }, (_, i) => 300 + i)
  await model.step({ ids: prompt, cache, want: { logits: 'none' } })
  for (const one of Object.entries(CASES)) rows.push(await measure(model, cache, one, full ? 25 : 7))
  cache.release()
  await model.release()
  return rows
}
