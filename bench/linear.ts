// Worst cases: CPU time with o200k_base on text that has no word boundaries, and how it grows.
// Linear = 4 times the length costs 4 times the time (the limit is 5); quadratic = 16 times.
import { Random } from '../src/core/index.ts'
import { loadTokenizer } from '../src/tokenizer/index.ts'
import { type BenchOptions, type BenchRow, collectGarbage, inChild, median, note, timed } from './harness.ts'

export const packages: string[] = ['gpt-tokenizer', 'tiktoken']

const SHORT = 25_000
const LONG = 100_000
/** A quadratic peer is stopped here, and its place in the row stays empty. */
const PATIENCE_MS = { short: 3_000, full: 60_000 }

const repeat = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)

function generate(length: number, character: () => number): string {
  let text = ''
  while (text.length < length) text += String.fromCodePoint(character())
  return text
}

type Generate = (length: number, random: Random) => string

/** Text of about `length` UTF-16 units; `random` makes it new each time where the case allows. */
const cases: Record<string, Generate> = {
  'letter a': (length) => repeat('a', length),
  'spaces then x': (length) => `${repeat(' ', length - 1)}x`,
  newlines: (length) => repeat('\n', length),
  digits: (length, random) => generate(length, () => 48 + random.int(10)),
  'one emoji': (length) => repeat('🙂', length),
  'random emoji': (length, random) => generate(length, () => 0x1f300 + random.int(0x2c0)),
  'random CJK': (length, random) => generate(length, () => 0x4e00 + random.int(0x5200)),
  'unbroken Thai': (length, random) => generate(length, () => 0x0e01 + random.int(0x3a)),
  'combining marks': (length, random) => `a${generate(length - 1, () => 0x0300 + random.int(0x70))}`,
  'random letters': (length, random) => generate(length, () => 97 + random.int(26)),
  'Latin-1 noise': (length, random) => generate(length, () => random.int(256)),
}

/** Not text: given to `encode` as bytes. */
function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(256))
}

const peers: Record<string, () => Promise<(text: string) => ArrayLike<number>>> = {
  'gpt-tokenizer': async () => (await import('gpt-tokenizer/encoding/o200k_base')).encode,
  tiktoken: async () => {
    const encoding = (await import('tiktoken')).get_encoding('o200k_base')
    return (text) => encoding.encode_ordinary(text)
  },
}

interface Request {
  peer: string
  name: string
  length: number
}

/** Runs in a child, which can be stopped. Returns CPU ms of one encode. */
export async function peerMilliseconds({ peer, name, length }: Request): Promise<number> {
  const encode = await peers[peer]!()
  encode('Warm up: a few words, 123, and a line.\n')
  const text = cases[name]!(length, new Random(7))
  return (await timed(() => encode(text))).cpuMs
}

export default async function run({ full }: BenchOptions): Promise<BenchRow[]> {
  const tokenizer = await loadTokenizer('o200k_base')
  const rounds = full ? 15 : 5
  const inputs: Record<string, (length: number, random: Random) => string | Uint8Array> = {
    ...cases,
    'random bytes': randomBytes,
  }
  const random = new Random(1)
  const times = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const name of random.shuffle(Object.keys(inputs))) {
      for (const length of [SHORT, LONG]) {
        // Another length each round: nothing that remembers the whole text can help.
        const input = inputs[name]!(length - round, random)
        collectGarbage('major')
        const { cpuMs } = await timed(() => tokenizer.encode(input))
        const key = `${name} ${length}`
        if (round > 0) times.set(key, [...(times.get(key) ?? []), cpuMs])
      }
    }
  }

  const rows: BenchRow[] = []
  for (const name of Object.keys(inputs)) {
    const short = median(times.get(`${name} ${SHORT}`)!)
    const long = median(times.get(`${name} ${LONG}`)!)
    const theirs = name in cases ? await peerTimes(name, SHORT, full) : {}
    const theirsLong = full && name in cases ? await peerTimes(name, LONG, full) : {}
    rows.push(
      { case: name, metric: 'cpu 25k', unit: 'ms', ours: short, peers: theirs, higherIsBetter: false },
      { case: name, metric: 'cpu 100k', unit: 'ms', ours: long, peers: theirsLong, higherIsBetter: false },
      { case: name, metric: 'growth', unit: '×', ours: long / short, peers: {}, higherIsBetter: false },
    )
  }
  return rows
}

async function peerTimes(name: string, length: number, full: boolean): Promise<Record<string, number>> {
  const times: Record<string, number> = {}
  const timeoutMs = full ? PATIENCE_MS.full : PATIENCE_MS.short
  for (const peer of full ? Object.keys(peers) : ['gpt-tokenizer']) {
    const result = await inChild<number>(
      import.meta.url,
      'peerMilliseconds',
      { peer, name, length },
      { timeoutMs },
    )
    if (result) times[peer] = result.value
    else note(`${name}, ${length} characters: ${peer} stopped after ${timeoutMs / 1000} s`)
  }
  return times
}
