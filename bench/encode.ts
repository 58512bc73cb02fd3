// Encoding, counting and decoding on one thread, on fresh text: MB of UTF-8 per CPU-second.
// `batch` is wall time: it is about using more than one core.
//
// What is measured is the steady state on text that nobody has seen. Each contestant has a process of its own
// (contestant.ts) with one vocabulary in it, as in most programs; they work in turns, in an order shuffled each
// round, on the very same slices. Before the measured rounds of a case all work through the same warm-up slices
// of the same kind of text, each slice again until a minimum of time is over: whoever is quick has then been
// compiled as long as whoever is slow, and whoever remembers words (ours, gpt-tokenizer, ai-tokenizer and both
// Hugging Face packages do) has met the common ones. No slice comes twice, `count` gets other slices than `encode`,
// and everybody decodes the ids that it has made, in the form in which its own `encode` returns them. Figures
// are medians of the process's CPU time, in which threads and garbage collection count.
import { Random } from '../src/core/index.ts'
import { batchRow } from './batch.ts'
import { METRICS, startContestant, type Contestant, type Metric } from './contestant.ts'
import { slice, type CorpusKind } from './corpora.ts'
import { contestants, type Vocabulary } from './encoders.ts'
import { megabytesPerSecond, median, note, type BenchOptions, type BenchRow } from './harness.ts'

export const packages: string[] = [
  'gpt-tokenizer',
  'ai-tokenizer',
  'tiktoken',
  '@anysphere/tiktoken-node',
  'js-tiktoken',
  'tokenizers',
  '@huggingface/tokenizers',
]

const KINDS: readonly CorpusKind[] = ['prose', 'code', 'multilingual', 'short']
const VOCABULARIES: readonly Vocabulary[] = ['o200k_base', 'llama3', 'qwen3', 'gemma3']

/** How much text, and how often. The slowest peers take most of the time of a run. */
interface Plan {
  /** Bytes of a slice, by vocabulary: fewer where peers are slow. */
  bytes: Record<Vocabulary, number>
  /** Smaller slices where corpora are small or a peer pays dearly for each call. */
  most: Record<CorpusKind, number>
  /** Slices before the measured ones, and the time that a contestant spends at least on each metric of each. */
  warmup: number
  warmupMs: number
  rounds: number
}

const PLAN: Plan = {
  bytes: { o200k_base: 300_000, llama3: 100_000, qwen3: 100_000, gemma3: 60_000 },
  most: { prose: Infinity, code: Infinity, multilingual: 150_000, short: 50_000 },
  warmup: 4,
  warmupMs: 25,
  rounds: 5,
}
const FULL: Plan = {
  bytes: { o200k_base: 400_000, llama3: 400_000, qwen3: 400_000, gemma3: 200_000 },
  most: { prose: Infinity, code: Infinity, multilingual: 200_000, short: 100_000 },
  warmup: 4,
  warmupMs: 100,
  rounds: 7,
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const plan = full ? FULL : PLAN
  const rows: BenchRow[] = []
  for (const vocabulary of VOCABULARIES) {
    const names = contestants(vocabulary, full)
    const all = await Promise.all(names.map((name) => startContestant(name, vocabulary)))
    for (const kind of KINDS) rows.push(...(await compare(vocabulary, kind, all, plan)))
    for (const contestant of all) contestant.end()
  }
  rows.push(await batchRow())
  return rows
}

async function compare(
  vocabulary: Vocabulary,
  kind: CorpusKind,
  all: readonly Contestant[],
  { bytes, most, warmup, warmupMs, rounds }: Plan,
): Promise<BenchRow[]> {
  note(`${vocabulary} ${kind}`)
  const size = Math.min(bytes[vocabulary], most[kind])
  const texts = (index: number): readonly string[] => {
    const text = slice(kind, size, index)
    return typeof text === 'string' ? [text] : text
  }
  const random = new Random(1)
  const cpuMs: Record<Metric, Record<string, number[]>> = { encode: {}, count: {}, decode: {} }
  for (let round = 0; round < warmup + rounds; round++) {
    const warming = round < warmup
    const turn = {
      encode: texts(2 * round),
      count: texts(2 * round + 1),
      atLeastMs: warming ? warmupMs : 0,
    }
    let ids = -1
    for (const contestant of random.shuffle([...all])) {
      const result = await contestant.turn(turn)
      if (ids >= 0 && result.ids !== ids)
        note(`  ${contestant.name}: ${result.ids} ids, the one before ${ids}`)
      ids = result.ids
      if (warming) continue
      for (const metric of METRICS) {
        const timing = result.timings[metric]
        if (timing) (cpuMs[metric][contestant.name] ??= []).push(timing.cpuMs)
      }
    }
  }
  const rows: BenchRow[] = []
  for (const metric of METRICS) {
    const { tessera, ...peers } = Object.fromEntries(
      Object.entries(cpuMs[metric]).map(([who, times]) => [who, megabytesPerSecond(size, median(times))]),
    )
    if (Object.keys(peers).length === 0) continue
    rows.push({
      case: `${vocabulary} ${kind}`,
      metric,
      unit: 'MB/CPU-s',
      ours: tessera!,
      peers,
      higherIsBetter: true,
    })
  }
  return rows
}
