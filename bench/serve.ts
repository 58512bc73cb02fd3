// Serving: tokens per second and time to the first token with 1, 8 and 32 clients, beside bare steps of the model and a server that answers one at a time.
// A Llama of 5.8 M parameters with random weights (as in train-step) behind `tessera serve`, a process of its own
// with 2 threads; clients stream over loopback, each with a prompt of 64 tokens that nobody has sent before and 64
// tokens of answer. `model.step` is the same work without a server, in one process and one cache: prompts one after
// the other, then steps with all lanes, the likeliest token each. Time to first token is the median over clients who
// come all at once. CPU is processor time of the serving process, all threads, for each token of answer: other work on
// the machine changes it little. `known prefix`: a prompt of 512 tokens, alone, of which 448 were sent before.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Random } from '../src/core/index.ts'
import { checkpointOf, familyOf, loadModel, saveCheckpoint } from '../src/model/index.ts'
import { Parameters } from '../src/tensor/index.ts'
import { trainBpe } from '../src/tokenizer/index.ts'
import { slice } from './corpora.ts'
import { inChild, median, note, type BenchOptions, type BenchRow } from './harness.ts'

export const packages: string[] = ['onnxruntime-node']

const CLIENTS = [1, 8, 32]
const PROMPT = 64
const ANSWER = 64
const VOCAB = 4096
const THREADS = 2

async function makeModel(folder: string): Promise<void> {
  const tokenizer = await trainBpe([slice('prose', 1_000_000, 0)], { vocabSize: VOCAB })
  const description = {
    architectures: ['LlamaForCausalLM'],
    vocab_size: VOCAB,
    hidden_size: 256,
    num_hidden_layers: 6,
    num_attention_heads: 4,
    intermediate_size: 688,
    tie_word_embeddings: true,
    max_position_embeddings: 1024,
  }
  const family = familyOf(description)
  const config = family.config(description)
  const parameters = Parameters.initialised(family.parameters(config), 1)
  await saveCheckpoint(folder, checkpointOf(family, config, parameters, tokenizer))
}

const random = new Random(5)
const freshIds = (count: number) => Array.from({ length: count }, () => random.int(VOCAB))

interface Server {
  base: string
  process: ChildProcess
}

async function startServer(folder: string, lanes: number): Promise<Server> {
  const words = ['serve', '--model', folder, '--port', '0', '--threads', `${THREADS}`, '--json']
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const settings = ['--max-batch', `${lanes}`, '--queue', '256', '--drain', '0']
  const child = spawn(process.execPath, [main, ...words, ...settings], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { base: (JSON.parse(line) as { url: string }).url, process: child }
}

/** One streamed answer; milliseconds to its first token. */
async function client({ base }: Server, prompt: readonly number[], tokens: number): Promise<number> {
  const from = performance.now()
  const response = await fetch(`${base}v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt, max_tokens: tokens, temperature: 0, ignore_eos: true, stream: true }),
  })
  if (response.status !== 200) throw new Error(`Status ${response.status}: ${await response.text()}`)
  let first = 0
  let text = ''
  for await (const part of response.body!) {
    if (first === 0) first = performance.now() - from
    text += Buffer.from(part).toString()
  }
  if (!text.includes('"finish_reason":"length"'))
    throw new Error(`The answer ended early: ${text.slice(-300)}`)
  return first
}

interface Measured {
  tokensPerSecond: number
  firstMs: number
  /** Of the serving process, for each token of answer. */
  cpuMs: number
}

async function cpuSeconds({ base }: Server): Promise<number> {
  const page = await (await fetch(`${base}metrics`)).text()
  return Number(/^tessera_cpu_seconds ([\d.]+)$/m.exec(page)![1])
}

async function crowd(server: Server, clients: number): Promise<Measured> {
  const prompts = Array.from({ length: clients }, () => freshIds(PROMPT))
  const cpu = await cpuSeconds(server)
  const from = performance.now()
  const firsts = await Promise.all(prompts.map((prompt) => client(server, prompt, ANSWER)))
  const seconds = (performance.now() - from) / 1000
  const tokens = clients * ANSWER
  const cpuMs = (1000 * ((await cpuSeconds(server)) - cpu)) / tokens
  return { tokensPerSecond: tokens / seconds, firstMs: median(firsts), cpuMs }
}

type Bare = Omit<Measured, 'firstMs'>

/** The same work without a server, for `inChild`. */
export async function bareSteps({ folder, lanes }: { folder: string; lanes: number }): Promise<Bare> {
  const model = await loadModel(folder, { threads: THREADS })
  const argmax = (logits: Float32Array, lane: number) => {
    let best = 0
    const row = logits.subarray(lane * VOCAB, (lane + 1) * VOCAB)
    for (let id = 0; id < VOCAB; id++) if (row[id]! > row[best]!) best = id
    return best
  }
  const measured: Bare[] = []
  for (let round = 0; round < 4; round++) {
    const cache = model.cache({ lanes, capacity: PROMPT + ANSWER })
    const prompts = Array.from({ length: lanes }, () => freshIds(PROMPT))
    const timed = async (work: () => Promise<void>) => {
      const from = performance.now()
      const cpu = process.cpuUsage()
      await work()
      const { user, system } = process.cpuUsage(cpu)
      return { wall: performance.now() - from, cpu: (user + system) / 1000 }
    }
    const firsts: number[] = []
    const reading = await timed(async () => {
      for (const ids of prompts) {
        const { logits } = await model.step({ ids, cache: model.cache({ capacity: PROMPT }) })
        firsts.push(argmax(logits!, 0))
      }
    })
    // The lanes' own prompts go in together here, untimed: they were read above.
    await model.step({ ids: prompts, cache, want: { logits: 'none' } })
    const writing = await timed(async () => {
      let rows = firsts.map((id) => [id])
      for (let i = 1; i < ANSWER; i++) {
        const { logits } = await model.step({ ids: rows, cache })
        rows = rows.map((_, lane) => [argmax(logits!, lane)])
      }
    })
    if (round > 0) {
      const tokens = lanes * ANSWER
      const seconds = (reading.wall + writing.wall) / 1000
      measured.push({ tokensPerSecond: tokens / seconds, cpuMs: (reading.cpu + writing.cpu) / tokens })
    }
    cache.release()
  }
  await model.release()
  return {
    tokensPerSecond: median(measured.map((one) => one.tokensPerSecond)),
    cpuMs: median(measured.map((one) => one.cpuMs)),
  }
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const rounds = full ? 9 : 3
  const folder = await mkdtemp(join(tmpdir(), 'tessera-bench-'))
  try {
    await makeModel(folder)
    const batching = await startServer(folder, 32)
    const single = await startServer(folder, 1)
    const rows: BenchRow[] = []
    for (const clients of CLIENTS) {
      note(`${clients} clients`)
      const ours: Measured[] = []
      const theirs: Measured[] = []
      for (let round = 0; round <= rounds; round++) {
        const turns: [Server, Measured[]][] = random.shuffle([
          [batching, ours],
          [single, theirs],
        ])
        for (const [server, list] of turns) {
          const measured = await crowd(server, clients)
          if (round > 0) list.push(measured)
        }
      }
      const bare = await inChild<Bare>(import.meta.url, 'bareSteps', { folder, lanes: clients })
      const of = (list: Measured[], key: keyof Measured) => median(list.map((one) => one[key]))
      rows.push(
        {
          case: `${clients} clients`,
          metric: 'throughput',
          unit: 'tokens/s',
          ours: of(ours, 'tokensPerSecond'),
          peers: {
            'model.step': bare!.value.tokensPerSecond,
            '--max-batch 1': of(theirs, 'tokensPerSecond'),
          },
          higherIsBetter: true,
        },
        {
          case: `${clients} clients`,
          metric: 'CPU',
          unit: 'ms/token',
          ours: of(ours, 'cpuMs'),
          peers: { 'model.step': bare!.value.cpuMs, '--max-batch 1': of(theirs, 'cpuMs') },
          higherIsBetter: false,
        },
        {
          case: `${clients} clients`,
          metric: 'first token',
          unit: 'ms',
          ours: of(ours, 'firstMs'),
          peers: { '--max-batch 1': of(theirs, 'firstMs') },
          higherIsBetter: false,
        },
      )
    }
    rows.push(await knownPrefix(batching, rounds))
    for (const { process } of [batching, single]) process.kill('SIGTERM')
    return rows
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function knownPrefix(server: Server, rounds: number): Promise<BenchRow> {
  const known: number[] = []
  const unknown: number[] = []
  for (let round = 0; round <= 2 * rounds; round++) {
    const beginning = freshIds(448)
    const first = await client(server, [...beginning, ...freshIds(64)], 1)
    const second = await client(server, [...beginning, ...freshIds(64)], 1)
    if (round === 0) continue
    unknown.push(first)
    known.push(second)
  }
  return {
    case: 'known prefix',
    metric: 'first token',
    unit: 'ms',
    ours: median(known),
    peers: { 'unknown prefix': median(unknown) },
    higherIsBetter: false,
  }
}
