// Ours against ours: one batch over worker threads, on one thread, and, as the machine's own limit, halved between
// two processes that know nothing of each other and work at the same moment. What `two processes` gains over one
// thread is what the machine has to give (cores that share a cache or a clock give less than twice; and two
// word caches each have to meet the common words): it is what threads are to be compared with.
//
// Every contestant has processes of its own, for the same reason as in contestant.ts: on one heap, whoever came
// second would find the words of the other in the cache. Wall time, of the slower process where there are two.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Random } from '../src/core/index.ts'
import { loadTokenizer } from '../src/tokenizer/index.ts'
import { slice, type DocumentKind } from './corpora.ts'
import { collectGarbage, median, megabytesPerSecond, note, timed, type BenchRow } from './harness.ts'

/** Bytes of each kind in a batch: as much as leaves rounds enough of the smallest corpus. */
const BYTES: Record<DocumentKind, number> = { prose: 1_200_000, code: 1_200_000, multilingual: 600_000 }
const TOTAL = Object.values(BYTES).reduce((sum, bytes) => sum + bytes, 0)
/** UTF-16 units of a document. */
const DOCUMENT = 4000
const ROUNDS = 6
const WARM_UP_MS = 2000

/** Which process this is: of `parts` processes that share a batch, number `part`. */
interface Share {
  threads: number
  part: number
  parts: number
}
type Order = { prepare: number } | { go: true; atLeastMs: number }

export async function batchRow(): Promise<BenchRow> {
  const threads = availableParallelism()
  note('o200k_base batch')
  const one: Share = { threads: 1, part: 0, parts: 1 }
  const contestants: Record<string, ChildProcess[]> = {
    tessera: [await start({ ...one, threads })],
    'one thread': [await start(one)],
    'two processes': [
      await start({ threads: 1, part: 0, parts: 2 }),
      await start({ threads: 1, part: 1, parts: 2 }),
    ],
  }
  const names = Object.keys(contestants)
  const wallMs: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]))
  const random = new Random(1)
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of random.shuffle([...names])) {
      const processes = contestants[name]!
      await Promise.all(processes.map((child) => ask(child, { prepare: round })))
      const order: Order = { go: true, atLeastMs: round === 0 ? WARM_UP_MS : 0 }
      const times = await Promise.all(processes.map((child) => ask(child, order)))
      if (round > 0) wallMs[name]!.push(Math.max(...times))
    }
  }
  for (const child of Object.values(contestants).flat()) child.kill()
  const speed = (name: string) => megabytesPerSecond(TOTAL, median(wallMs[name]!))
  return {
    case: `o200k_base batch, ${threads} threads`,
    metric: 'encodeBatch',
    unit: 'MB/s',
    ours: speed('tessera'),
    peers: { 'one thread': speed('one thread'), 'two processes': speed('two processes') },
    higherIsBetter: true,
  }
}

async function start(share: Share): Promise<ChildProcess> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(share)], { execArgv: ['--expose-gc'] })
  await once(child, 'message')
  return child
}

async function ask(child: ChildProcess, order: Order): Promise<number> {
  const answer = once(child, 'message') as Promise<[number]>
  child.send(order)
  return (await answer)[0]
}

async function work({ threads, part, parts }: Share): Promise<void> {
  const tokenizer = await loadTokenizer('o200k_base')
  let texts: string[] = []
  const encode = () => tokenizer.encodeBatch(texts, { threads })
  const obey = async (order: Order): Promise<number> => {
    if ('prepare' in order) {
      texts = documents(order.prepare).filter((_, index) => index % parts === part)
      collectGarbage('minor')
      return 0
    }
    const first = await timed(encode)
    for (let spent = first.wallMs; spent < order.atLeastMs;) spent += (await timed(encode)).wallMs
    return first.wallMs
  }
  process.on('message', (order: Order) => void obey(order).then((ms) => process.send!(ms)))
  process.on('disconnect', () => process.exit())
  process.send!(0)
}

/** The kinds in turn, cut into documents of the same length. */
function documents(round: number): string[] {
  const kinds = Object.entries(BYTES) as [DocumentKind, number][]
  return kinds.flatMap(([kind, bytes]) => {
    const text = slice(kind, bytes, round)
    return Array.from({ length: Math.ceil(text.length / DOCUMENT) }, (_, at) =>
      text.slice(at * DOCUMENT, (at + 1) * DOCUMENT),
    )
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await work(JSON.parse(process.argv[2]!) as Share)
