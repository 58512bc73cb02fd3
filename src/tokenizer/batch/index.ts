// Many texts at once, over worker threads when there is enough work for them.
import { TesseraError, throwIfCancelled } from '../../core/index.ts'
import type { TokenizerSpec } from '../spec.ts'
import type { BatchOptions, EncodeOptions, Tokenizer } from '../types.ts'
import type { Pool } from './pool.ts'

/** Below this many UTF-16 units in all, handing work to threads costs more than it saves. */
const WORTH_THREADS = 1 << 19
/** Units of text in one task: large against the cost of a message, small against the whole. */
const TASK = 1 << 18

const pools = new WeakMap<TokenizerSpec, Pool>()

/**
 * Encodes each text as `tokenizer.encode` does, same order. Throws what `encode` throws, CANCELLED, and
 * ARGUMENT_INVALID for a number of threads out of range.
 */
export async function encodeBatch(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: BatchOptions,
): Promise<Uint32Array[]> {
  const { threads: wanted, signal, ...encodeOptions } = options
  if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 1 && wanted <= 256)) {
    throw new TesseraError('ARGUMENT_INVALID', `${wanted} threads`, {
      where: 'threads',
      hint: 'Ask for 1 to 256',
    })
  }
  throwIfCancelled(signal)
  let units = 0
  for (const text of texts) units += text.length
  const threads = await threadsFor(units, texts.length, wanted)
  if (threads <= 1) return encodeHere(tokenizer, texts, encodeOptions, signal)
  return encodeInThreads(tokenizer, texts, encodeOptions, signal, threads)
}

async function threadsFor(units: number, texts: number, wanted: number | undefined): Promise<number> {
  if (typeof process === 'undefined' || !process.versions?.node) return 1
  if (wanted === undefined && units < WORTH_THREADS) return 1
  const { threadsAvailable } = await import(/* @vite-ignore */ './pool.ts')
  if (!threadsAvailable) return 1
  const { availableParallelism } = await import(/* @vite-ignore */ 'node:os')
  return Math.min(texts, wanted ?? availableParallelism())
}

function encodeHere(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: EncodeOptions,
  signal: AbortSignal | undefined,
): Uint32Array[] {
  return texts.map((text) => {
    throwIfCancelled(signal)
    return tokenizer.encode(text, options)
  })
}

async function encodeInThreads(
  tokenizer: Tokenizer,
  texts: readonly string[],
  options: EncodeOptions,
  signal: AbortSignal | undefined,
  threads: number,
): Promise<Uint32Array[]> {
  let pool = pools.get(tokenizer.spec)
  if (!pool) {
    const { Pool } = await import(/* @vite-ignore */ './pool.ts')
    pool = new Pool(tokenizer.spec)
    pools.set(tokenizer.spec, pool)
  }
  pool.grow(threads)
  const size = Math.max(
    1,
    Math.min(TASK, Math.ceil(texts.reduce((sum, text) => sum + text.length, 0) / threads / 4)),
  )
  const out: Promise<Uint32Array[]>[] = []
  for (let from = 0; from < texts.length;) {
    let to = from
    let units = 0
    while (to < texts.length && units < size) units += texts[to++]!.length
    throwIfCancelled(signal)
    out.push(pool.run(texts.slice(from, to), options))
    from = to
  }
  const all = Promise.all(out)
  if (!signal) return (await all).flat()
  let onAbort = () => {}
  const cancelled = new Promise<never>((_, reject) => {
    onAbort = () => reject(new TesseraError('CANCELLED', 'The work was cancelled', { cause: signal.reason }))
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return (await Promise.race([all, cancelled])).flat()
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
