// Cold start: from a fresh process to the first ids with o200k_base, in time and in memory.
// One process per run, in shuffled turns; Node's own start is not counted.
import { Random } from '../src/core/index.ts'
import { type BenchOptions, type BenchRow, type ChildResult, inChild, median } from './harness.ts'

export const packages: string[] = ['gpt-tokenizer', 'tiktoken', 'ai-tokenizer', 'js-tiktoken']

const TEXT = 'The first token is the one a user waits for.'

/** Each loads as its documentation says, and encodes one sentence. */
const starts: Record<string, () => Promise<ArrayLike<number>>> = {
  tessera: async () => {
    const { loadTokenizer } = await import('../src/tokenizer/index.ts')
    return (await loadTokenizer('o200k_base')).encode(TEXT)
  },
  'gpt-tokenizer': async () => {
    const { encode } = await import('gpt-tokenizer/encoding/o200k_base')
    return encode(TEXT)
  },
  tiktoken: async () => {
    const { get_encoding } = await import('tiktoken')
    return get_encoding('o200k_base').encode(TEXT)
  },
  'ai-tokenizer': async () => {
    const { Tokenizer } = await import('ai-tokenizer')
    return new Tokenizer(await import('ai-tokenizer/encoding/o200k_base')).encode(TEXT)
  },
  'js-tiktoken': async () => {
    const { getEncoding } = await import('js-tiktoken')
    return getEncoding('o200k_base').encode(TEXT)
  },
}

/** Runs in the child. The number of ids shows that the work was done. */
export async function start(name: string): Promise<number> {
  return (await starts[name]!()).length
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const names = Object.keys(starts)
  const runs: Record<string, ChildResult<number>[]> = Object.fromEntries(names.map((name) => [name, []]))
  const random = new Random(1)
  for (let round = 0; round < (full ? 11 : 5); round++) {
    for (const name of random.shuffle([...names])) {
      const result = await inChild<number>(import.meta.url, 'start', name)
      if (result) runs[name]!.push(result)
    }
  }
  const lengths = new Set(names.map((name) => runs[name]![0]!.value))
  if (lengths.size !== 1) throw new Error('The contestants disagree about the ids')

  const row = (metric: string, unit: string, value: (result: ChildResult<number>) => number): BenchRow => {
    const medians = names.map((name) => [name, median(runs[name]!.map(value))] as const)
    const { tessera, ...peers } = Object.fromEntries(medians)
    return { case: 'o200k_base', metric, unit, ours: tessera!, peers, higherIsBetter: false }
  }
  return [
    row('cpu', 'ms', (result) => result.cpuMs),
    row('wall', 'ms', (result) => result.wallMs),
    row('memory', 'MB', (result) => (result.rssAfter - result.rssBefore) / 1e6),
    row('peak memory', 'MB', (result) => (result.rssPeak - result.rssBefore) / 1e6),
  ]
}
