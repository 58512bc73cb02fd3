// One batch over several threads, of which the calling one is the first (Node only). All take the next task
// from one list: whoever is quick, or was there first, does more of the work. While the others start, the
// calling thread is at work already, and between two tasks it lets the event loop run.
import type { TokenizerSpec } from '../spec.ts'
import type { EncodeOptions, Tokenizer } from '../types.ts'
import { TesseraError } from '../../core/index.ts'
import { breath } from '../pace.ts'
import { Pool, type EncodingThread } from './pool.ts'

/** Units of text in a task: at most a few ms of work, at least much more than a message costs. */
const LARGEST = 1 << 18
const SMALLEST = 1 << 14
/** A task is this part of what one thread still has to do: the last ones are small, so all end together. */
const PART = 3
/** Tasks that a thread holds: it goes on with the next while this one is too busy to hear of the last. */
const AHEAD = 2

const pools = new WeakMap<TokenizerSpec, Pool>()

/** As `encodeBatch`, with at least two threads and one text. */
export async function encodeInThreads(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: EncodeOptions,
  signal: AbortSignal | undefined,
  threads: number,
): Promise<Uint32Array[]> {
  let pool = pools.get(tokenizer.spec)
  if (!pool) pools.set(tokenizer.spec, (pool = new Pool(tokenizer.spec)))
  const starts = taskStarts(texts, threads)
  const count = starts.length - 1
  const rows: Uint32Array[] = Array.from({ length: texts.length })
  const lent = pool.borrow(threads - 1)
  let taken = 0
  let done = 0
  let onAbort = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = (error: unknown) => {
        taken = count
        reject(error)
      }
      const finish = (task: number, made: readonly Uint32Array[]) => {
        const from = starts[task]!
        for (let i = 0; i < made.length; i++) rows[from + i] = made[i]!
        if (++done === count) resolve()
      }
      const textsOf = (task: number) => texts.slice(starts[task], starts[task + 1])
      const lend = async (thread: EncodingThread) => {
        while (taken < count) {
          const task = taken++
          finish(task, await thread.run(textsOf(task), options))
        }
      }
      const encodeHere = async () => {
        while (taken < count) {
          const task = taken++
          finish(
            task,
            textsOf(task).map((text) => tokenizer.encode(text, options)),
          )
          await breath()
        }
      }
      onAbort = () => stop(new TesseraError('CANCELLED', 'The work was cancelled', { cause: signal!.reason }))
      signal?.addEventListener('abort', onAbort, { once: true })
      for (const thread of lent) {
        for (let i = 0; i < AHEAD; i++) thread.ready.then(() => lend(thread)).catch(stop)
      }
      // The first tasks go to threads that are ready, whose promises are heard before.
      void Promise.resolve().then(encodeHere).catch(stop)
    })
  } finally {
    signal?.removeEventListener('abort', onAbort)
    pool.giveBack()
  }
  return rows
}

/** Where each task starts in the list of texts; the last entry is the number of texts. */
function taskStarts(texts: readonly string[], threads: number): number[] {
  let rest = 0
  for (const text of texts) rest += text.length
  const starts = [0]
  for (let at = 0; at < texts.length;) {
    const size = Math.min(LARGEST, Math.max(SMALLEST, rest / threads / PART))
    let units = 0
    // Empty texts cost something too.
    while (at < texts.length && units < size) units += texts[at++]!.length + 1
    rest -= units
    starts.push(at)
  }
  return starts
}
